from collections.abc import Callable
from typing import Any

import pytest

from bot.datasets.dataset import Dataset
from bot.jobs.job import Hyperparameters
from handlers.blocks.start_modal import ModelOption, StartForm, start_modal

MINI = ModelOption("gpt-4.1-mini", "openai", "GPT-4.1 mini", 5.0)
SMOL = ModelOption("smol", "trainer", "SmolLM2", 0.0)


def inputs(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}


def test_what_matters_comes_first_and_the_rest_under_a_heading(make_dataset: Callable[..., Dataset]) -> None:
    view = start_modal(dataset=make_dataset(), models=[MINI]).to_dict()
    order = [block.get("block_id") or block["type"] for block in view["blocks"]]
    assert order == ["section", "model", "suffix", "epochs", "validation", "header", "batch", "lr", "seed"]
    assert view["blocks"][5]["text"]["text"] == "Advanced, fine to leave as they are"
    assert view["callback_id"] == "start_job"


def test_each_model_shows_what_training_it_would_cost(make_dataset: Callable[..., Dataset]) -> None:
    unknown = ModelOption("x", "trainer", "X")
    groups = inputs(start_modal(dataset=make_dataset(), models=[MINI, SMOL, unknown]).to_dict())["model"][
        "option_groups"
    ]
    assert [group["label"]["text"] for group in groups] == ["openai", "trainer"]
    # 1,300 billed tokens x 8 epochs x $5 per million
    assert groups[0]["options"][0]["description"]["text"] == "$0.05"
    assert [option["description"]["text"] for option in groups[1]["options"]] == [
        "free (your own hardware)",
        "unknown price",
    ]


def test_a_file_of_the_provider_shows_the_price_and_not_an_estimate() -> None:
    view = start_modal(dataset=None, file_id="file-abc", models=[MINI]).to_dict()
    assert "`file-abc`" in view["blocks"][0]["text"]["text"]
    assert inputs(view)["model"]["options"][0]["description"]["text"] == "$5.00 per million tokens"


def test_the_settings_of_an_earlier_job_are_filled_in(make_dataset: Callable[..., Dataset]) -> None:
    kept = StartForm("trainer", "smol", Hyperparameters(5, 2, 0.5), "support", 7, "ds-2")
    view = start_modal(
        dataset=make_dataset(),
        models=[MINI, SMOL],
        defaults=kept,
        datasets_for_validation=[make_dataset(id="ds-2", name="validation.jsonl")],
    ).to_dict()
    fields = inputs(view)
    assert fields["model"]["initial_option"]["value"] == "trainer|smol"
    assert fields["validation"]["initial_option"]["text"]["text"] == "validation.jsonl"
    texts = {name: fields[name]["initial_value"] for name in ("epochs", "batch", "lr", "suffix", "seed")}
    assert texts == {"epochs": "5", "batch": "2", "lr": "0.5", "suffix": "support", "seed": "7"}


def test_without_any_model_the_modal_says_what_to_do_and_cannot_be_sent(
    make_dataset: Callable[..., Dataset],
) -> None:
    view = start_modal(dataset=make_dataset(), models=[]).to_dict()
    assert "submit" not in view
    assert "administrator" in view["blocks"][1]["text"]["text"]


def test_a_private_metadata_that_slack_would_refuse_is_refused_here(
    make_dataset: Callable[..., Dataset],
) -> None:
    with pytest.raises(ValueError, match="3000"):
        start_modal(dataset=make_dataset(), models=[MINI], private_metadata="x" * 3001)
