"""The modal's fields, read."""

import pytest

from bot.jobs.settings import JobSettings
from bot.models.trainable import TrainableModel
from bot.providers.protocol import Hyperparameters
from handlers.start.form import model_value, read_form, wrong


def values(**fields: str | None) -> dict[str, dict[str, dict[str, object]]]:
    """As Slack sends them: menus as `selected_option`, inputs as `value`."""
    menus = {"model", "validation"}
    return {
        name: {name: {"selected_option": {"value": text}} if name in menus else {"value": text}}
        for name, text in fields.items()
    }


def test_an_untouched_form_leaves_everything_to_the_provider() -> None:
    form = values(model="openai|gpt-4.1-mini", epochs="auto", batch=None, lr="", suffix=None, validation="none")
    assert read_form(form) == JobSettings(provider="openai", model="gpt-4.1-mini")
    assert wrong(form) == {}


def test_a_filled_form_is_read_field_by_field() -> None:
    form = values(model="trainer|org/model:x", epochs=" 3 ", seed="7", validation="ds-2")
    assert read_form(form) == JobSettings("trainer", "org/model:x", Hyperparameters(3), seed=7, validation="ds-2")


def test_what_is_wrong_stands_under_its_field() -> None:
    assert wrong(values(model=None, epochs="0", validation="none")) == {
        "model": "Choose a base model.",
        "epochs": "Epochs are a whole number from 1 to 50, or auto.",
    }


def test_a_model_id_too_long_for_a_menu_is_found_again_by_its_hash() -> None:
    model = TrainableModel("ft:" + "m" * 300, "openai", "Long")
    value = model_value(model)
    assert len(value) <= 150
    assert read_form(values(model=value), [model]) == JobSettings("openai", model.id)
    refused = read_form(values(model=value), [TrainableModel("gpt", "openai", "Other")])
    assert isinstance(refused, dict)
    assert [error.kind for error in refused.values()] == ["base_model_missing"]


def test_without_the_models_a_long_id_passes_so_that_the_other_fields_can_be_checked() -> None:
    value = model_value(TrainableModel("m" * 300, "openai", "Long"))
    assert wrong(values(model=value)) == {}
    assert list(wrong(values(model=value, epochs="0"))) == ["epochs"]


def test_the_same_model_at_two_providers_is_two_choices() -> None:
    one, two = TrainableModel("gpt", "openai", "GPT"), TrainableModel("gpt", "azure", "GPT")
    assert read_form(values(model=model_value(two)), [one, two]) == JobSettings("azure", "gpt")


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"grader": "", "validation": "none"}, {"grader", "validation"}),
        ({"grader": "", "validation": "ds-2"}, {"grader"}),
        ({"validation": "none"}, set()),
    ],
)
def test_where_a_grader_is_asked_for_it_is_needed_and_so_is_a_validation_file(
    fields: dict[str, str], missing: set[str]
) -> None:
    assert set(wrong(values(model="openai|m", **fields))) == missing
