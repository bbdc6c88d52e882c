"""What would become of a sweep, before it is started."""

from bot.jobs.settings import JobSettings
from bot.providers.protocol import Hyperparameters
from bot.sweeps.grid import Configuration
from bot.sweeps.sweeps import Plan
from handlers.start.blocks.question import Pairing
from handlers.sweeps.plan import plan_message
from tests.parts import a_job


def test_a_validation_file_is_told_by_its_name() -> None:
    two = [
        Configuration({"epochs": n}, JobSettings(provider="", model="m", hyperparameters=Hyperparameters()))
        for n in "12"
    ]
    plan = Plan([a_job(), a_job()], 1.0, None)
    fixed = {"seed": "7", "validation": "ds-2"}
    for pairing, told in (
        (Pairing(typed="val.jsonl"), "seed `7` · validation `val.jsonl`"),
        (Pairing(validation="val.jsonl"), "Validation file: `val.jsonl`, which belongs to it."),
    ):
        shown = str(plan_message("train.jsonl", two, plan, "value", fixed=fixed, pairing=pairing).blocks[0].to_dict())
        assert told in shown
        assert "ds-2" not in shown
