"""What a plan of a move says."""

from bot.evaluations.run import Reason
from bot.jobs.settings import JobSettings
from bot.moves.examples import Examples, From
from bot.moves.move import MovedModel
from bot.moves.planning import MovePlan, MoveRequest, NotMoved
from handlers.moves.plan import plan_message
from tests.parts import a_dataset, a_job


def test_kept_checkpoints_do_not_count_as_models_of_one_move() -> None:
    moved = MovedModel("ft:a", "job-1", JobSettings("home", "base"), "ds-1")
    kept = NotMoved("ft:a:ckpt-step-10", Reason("checkpoint_not_moved", {"model": "ft:a"}))
    plan = MovePlan([moved], [a_job()], [kept], [Examples(From.VALIDATION, a_dataset(), 5)], later=3)
    said = str([block.to_dict() for block in plan_message(MoveRequest("home", "base"), plan, "v").blocks])
    assert "One move takes 50 models" in said
