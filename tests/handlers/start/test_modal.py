from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from bot.datasets.dataset import Dataset
from bot.jobs.estimate import TrainingNeeds, TrainingTime
from bot.jobs.settings import JobSettings, words_of
from bot.models.retirement import Retirement
from bot.models.trainable import TrainableModel
from bot.providers.interface import RemoteMemory
from bot.providers.protocol import Hyperparameters
from handlers.start.blocks.modal import start_modal
from tests.parts import a_dataset, a_report
from texts.formats import full_day

MINI = TrainableModel("gpt-4.1-mini", "openai", "GPT-4.1 mini", 5.0)
SMOL = TrainableModel("smol", "trainer", "SmolLM2", 0.0)
LLAMA = TrainableModel("meta-llama/Llama-3.1-8B-Instruct", "nebius", "Llama")
TUNED = TrainableModel("ft:gpt-4.1-mini:acme:old:1", "openai", "old", 5.0, tuned=True)


def inputs(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}


def said(view: dict[str, Any]) -> str:
    texts = [block.get("text") or block.get("elements", [{}])[0] for block in view["blocks"]]
    return "\n".join(text.get("text", "") for text in texts)


def shown(dataset: Dataset | None, words: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
    return start_modal(dataset=dataset, **{"models": [MINI], "words": words, **more}).to_dict()


def of_method(method: str) -> Dataset:
    return a_dataset(report=a_report(method=method))


def test_what_matters_comes_first_and_the_rest_under_a_heading() -> None:
    view = shown(of_method("supervised"))
    order = [block.get("block_id") or block["type"] for block in view["blocks"]]
    first = ["section", "model", "section", "suffix", "epochs", "validation"]
    assert order == [*first, "header", "batch", "lr", "seed", "wandb", "metadata"]
    assert view["blocks"][6]["text"]["text"] == "Advanced, fine to leave as they are"
    assert view["callback_id"] == "start_job"


@pytest.mark.parametrize(("models", "told"), [([MINI, SMOL], True), ([SMOL], False)])
def test_what_the_price_is_of_is_said_only_where_there_is_one(models: list[TrainableModel], told: bool) -> None:
    for dataset in (of_method("supervised"), None):
        view = shown(dataset, models=models, file_id=None if dataset else "file-abc")
        hint = next(block["hint"]["text"] for block in view["blocks"] if block.get("block_id") == "model")
        assert ("The price is what training costs." in hint) == told


def test_only_the_fields_of_the_files_method_are_asked() -> None:
    assert not {"beta", "grader", "effort", "method"} & set(inputs(shown(of_method("supervised"))))
    assert "beta" in inputs(shown(of_method("dpo")))
    reinforcement = inputs(shown(of_method("reinforcement")))
    assert {"grader", "effort", "compute", "eval_interval", "eval_samples"} <= set(reinforcement)
    assert "beta" not in reinforcement


def test_only_what_the_models_provider_takes_is_asked() -> None:
    assert not {"wandb", "metadata"} & set(inputs(shown(of_method("supervised"), models=[LLAMA])))
    tuned_here = TrainableModel("SmolLM2-135M-Instruct", "trainer", "SmolLM2", 0.0)
    assert "wandb" in inputs(shown(of_method("supervised"), models=[tuned_here]))


def test_for_a_file_that_we_have_not_read_the_model_says_which_methods_there_are() -> None:
    view = shown(None, {"method": "dpo"}, file_id="file-abc", models=[MINI, LLAMA])
    assert [option["value"] for option in inputs(view)["method"]["options"]] == ["supervised", "dpo"]
    assert "beta" in inputs(view)
    other = shown(None, {"method": "dpo", "model": LLAMA.id}, file_id="file-abc", models=[MINI, LLAMA])
    assert not {"method", "beta"} & set(inputs(other))


def test_a_file_whose_name_makes_none_for_the_model_says_to_give_it_one() -> None:
    def hint(view: dict[str, Any]) -> str:
        return next(block["hint"]["text"] for block in view["blocks"] if block.get("block_id") == "suffix")

    assert "so give it one here" in hint(shown(a_dataset(name="客服对话.jsonl")))
    assert "after the file" in hint(shown(a_dataset(name="support.jsonl")))
    assert "so give it one here" not in hint(shown(None, file_id="file-abc"))


def test_each_model_shows_what_training_it_would_cost() -> None:
    unknown = TrainableModel("x", "trainer", "X")
    groups = inputs(shown(a_dataset(), models=[MINI, SMOL, unknown]))["model"]["option_groups"]
    assert [group["label"]["text"] for group in groups] == ["openai", "trainer"]
    # 1,300 billed tokens x 8 epochs x $5 per million
    assert groups[0]["options"][0]["description"]["text"].startswith("$0.05")
    assert [option["description"]["text"] for option in groups[1]["options"]] == [
        "free (your own hardware)",
        "unknown price",
    ]


def test_until_when_a_model_trains_and_answers_stands_beside_the_price() -> None:
    ends = Retirement(date.today() + timedelta(9), date.today() + timedelta(1))
    leaving = msgspec.structs.replace(MINI, retirement=ends)
    words = said(shown(a_dataset(), models=[leaving]))
    first, last = full_day(ends.training_ends or date.max), full_day(ends.shutdown_date or date.max)
    assert f"openai takes no more jobs on this model from {first}. On {last}, 9 days from now, it stops" in words
    assert "⏳" not in said(shown(a_dataset()))


def test_a_provider_that_trains_no_more_for_this_organisation_is_told_of_before_it_is_asked_again() -> None:
    assert "⚠️ openai has said since <!date" in said(shown(a_dataset(), refused_since=1_700_000_000.0))


def test_the_estimate_follows_what_is_chosen() -> None:
    assert "$0.05 · time not known yet · 10,400 billed tokens in 8 epochs (auto)" in said(shown(a_dataset()))
    chosen = said(
        shown(a_dataset(), {"epochs": "20", "model": "gpt-4.1-mini"}, needs=TrainingNeeds(TrainingTime(2700)))
    )
    assert "$0.13 · about 45 min of training · 26,000 billed tokens in 20 epochs" in chosen
    measured, tried = (
        said(shown(a_dataset(), needs=TrainingNeeds(TrainingTime(2700, trainings)))) for trainings in (3, 0)
    )
    assert "about 45 min of training (measured on 3 trainings there)" in measured
    assert "about 45 min of training (by a few steps tried there)" in tried
    assert "*Estimate:* shown as soon as the epochs are" in said(shown(a_dataset(), {"epochs": "many"}))


def test_the_memory_stands_beside_the_time_and_what_does_not_fit_is_said_with_what_would() -> None:
    fits = RemoteMemory(3_100_000_000, total=24_000_000_000, fits=True)
    assert "· 3.1 GB of 24 GB memory ·" in said(shown(a_dataset(), needs=TrainingNeeds(memory=fits)))
    too_large = RemoteMemory(31_000_000_000, 24_000_000_000, False, longest=1500, models=("gpt-4.1-mini", "not-here"))
    words = said(shown(a_dataset(), needs=TrainingNeeds(memory=too_large)))
    assert "takes at least 31 GB of memory, and the machine has 24 GB" in words
    assert "Choose a smaller base model (gpt-4.1-mini), or shorten the examples to 1,500 tokens." in words


def test_on_ones_own_hardware_nothing_is_billed() -> None:
    words = said(shown(a_dataset(), {"model": SMOL.id}, models=[SMOL]))
    assert "10,400 tokens in 8 epochs" in words
    assert "billed" not in words


def test_reinforcement_on_ones_own_hardware_is_free_and_takes_nobody_knows_how_long() -> None:
    view = shown(of_method("reinforcement"), {"model": SMOL.id}, models=[SMOL])
    assert (
        "*Estimate:* free (your own hardware). How long reinforcement fine-tuning takes shows after its first steps."
        in said(view)
    )
    assert inputs(view)["model"]["options"][0]["description"]["text"].startswith("free (your own hardware)")
    assert "billed by the hour" in said(shown(of_method("reinforcement")))


def test_what_stands_in_the_way_of_the_job_stands_under_its_estimate() -> None:
    blocks = shown(a_dataset(), preview="*Needs approval:* …")["blocks"]
    texts = [block.get("text", {}).get("text", "") for block in blocks]
    assert texts.index("*Needs approval:* …") == next(n for n, t in enumerate(texts) if "*Estimate:*" in t) + 1


def test_a_file_of_the_provider_shows_the_price_and_not_an_estimate() -> None:
    view = shown(None, file_id="file-abc")
    assert "`file-abc`" in said(view)
    assert "$5.00 per million tokens. How many tokens the file has, only the provider knows." in said(view)
    assert inputs(view)["model"]["options"][0]["description"]["text"].startswith("$5.00 per million tokens")


def test_the_settings_of_an_earlier_job_are_filled_in() -> None:
    asked = Hyperparameters(5, 2, 0.5, beta=0.2)
    kept = JobSettings("trainer", "smol", asked, "support", 7, "ds-2", metadata={"team": "a", "ticket": "42"})
    view = shown(
        of_method("dpo"),
        words_of(kept),
        models=[MINI, SMOL],
        datasets_for_validation=[a_dataset(id="ds-2", name="validation.jsonl")],
    )
    fields = inputs(view)
    assert fields["model"]["initial_option"]["value"] == "trainer|smol"
    assert fields["validation"]["initial_option"]["text"]["text"] == "validation.jsonl"
    texts = {name: fields[name]["initial_value"] for name in ("epochs", "batch", "lr", "suffix", "seed", "beta")}
    assert texts == {"epochs": "5", "batch": "2", "lr": "0.5", "suffix": "support", "seed": "7", "beta": "0.2"}
    assert fields["metadata"]["initial_value"] == "team=a, ticket=42"


def test_what_was_split_off_validates_unless_the_person_chose_otherwise() -> None:
    training, part = a_dataset(validation="ds-2"), a_dataset(id="ds-2")
    fields = inputs(shown(training, datasets_for_validation=[part]))
    assert fields["validation"]["initial_option"]["value"] == "ds-2"
    fields = inputs(shown(training, {"validation": "none"}, datasets_for_validation=[part]))
    assert fields["validation"]["initial_option"]["value"] == "none"


def test_going_on_from_a_fine_tuned_model_advises_a_lower_rate() -> None:
    assert "lower the learning rate" not in said(shown(a_dataset(), models=[MINI, TUNED]))
    view = shown(a_dataset(), {"model": TUNED.id}, models=[MINI, TUNED])
    assert "lower the learning rate multiplier to a half or a quarter" in said(view)
    groups = inputs(view)["model"]["option_groups"]
    assert [group["label"]["text"] for group in groups] == ["openai", "Continue from a fine-tuned model"]


def test_the_training_file_can_be_chosen_where_there_are_several() -> None:
    other = a_dataset(id="ds-2", name="more.jsonl")
    menu = inputs(shown(a_dataset(), files=[a_dataset(), other]))["file"]
    assert [option["value"] for option in menu["options"]] == ["ds-1", "ds-2"]
    assert menu["initial_option"]["value"] == "ds-1"


def test_without_any_model_the_modal_says_what_to_do_and_cannot_be_sent() -> None:
    view = shown(a_dataset(), models=[])
    assert "submit" not in view
    assert "administrator" in view["blocks"][0]["text"]["text"]


def test_a_private_metadata_that_slack_would_refuse_is_refused_here() -> None:
    with pytest.raises(ValueError, match="3000"):
        shown(a_dataset(), private_metadata="x" * 3001)
