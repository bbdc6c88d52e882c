import pytest

from bot.providers.protocol import Hyperparameters
from handlers.start.start_form import (
    ModelOption,
    StartForm,
    misplaced,
    model_value,
    parse_field,
    read_start_modal,
    read_words,
    words_of,
)


def values(**fields: str | None) -> dict[str, dict[str, dict[str, object]]]:
    """As Slack sends them: menus as `selected_option`, inputs as `value`."""
    menus = {"model", "validation"}
    return {
        name: {name: {"selected_option": {"value": text}} if name in menus else {"value": text}}
        for name, text in fields.items()
    }


def test_an_untouched_form_leaves_everything_to_the_provider() -> None:
    form = read_start_modal(
        values(model="openai|gpt-4.1-mini", epochs="auto", batch=None, lr="", seed=None, suffix=None, validation="none")
    )
    assert form == StartForm(provider="openai", model="gpt-4.1-mini")


def test_a_filled_form_is_read_field_by_field() -> None:
    form = read_start_modal(
        values(
            model="trainer|org/model:x",
            epochs=" 3 ",
            batch="8",
            lr="0,3",
            seed="7",
            suffix="support-2",
            validation="ds-2",
        )
    )
    assert form == StartForm("trainer", "org/model:x", Hyperparameters(3, 8, 0.3), "support-2", 7, "ds-2")


def test_every_wrong_field_gets_its_own_sentence_at_its_own_place() -> None:
    errors = read_start_modal(
        values(model=None, epochs="0", batch="257", lr="-1", seed="-7", suffix="my model", validation="none")
    )
    assert isinstance(errors, dict)
    assert list(errors) == ["model", "suffix", "epochs", "batch", "lr", "seed"]
    assert errors["epochs"] == "Epochs are a whole number from 1 to 50, or auto."
    assert errors["batch"] == "The batch size is a whole number from 1 to 256, or auto."


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("epochs", "1", 1),
        ("epochs", "50", 50),
        ("epochs", "AUTO", "auto"),
        ("batch", "256", 256),
        ("lr", "1e-5", 1e-5),
        ("lr", "auto", "auto"),
        ("seed", "0", 0),
        ("seed", "2147483647", 2147483647),
        ("seed", "", None),
        ("suffix", "a" * 64, "a" * 64),
        ("suffix", "", None),
        ("validation", "ds-1", "ds-1"),
        ("model", " gpt-4.1-mini ", "gpt-4.1-mini"),
        ("method", "", ""),
        ("method", "SFT", "supervised"),
        ("method", "dpo", "dpo"),
        ("beta", "0.1", 0.1),
        ("effort", "default", "auto"),
        ("effort", "low", "low"),
        ("compute", "10", 10.0),
        ("grader", "", None),
        ("wandb", " my-project ", "my-project"),
        ("metadata", "team = support,\n ticket=a=b", {"team": "support", "ticket": "a=b"}),
    ],
)
def test_good_words_are_taken(name: str, text: str, value: object) -> None:
    assert parse_field(name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("epochs", "51"),
        ("epochs", "2.5"),
        ("epochs", "1_0"),
        ("epochs", "٣"),
        ("epochs", "9" * 5000),
        ("batch", "0"),
        ("lr", "0"),
        ("lr", "nan"),
        ("lr", "inf"),
        ("lr", "fast"),
        ("seed", "2147483648"),
        ("seed", "1.5"),
        ("suffix", "a" * 65),
        ("suffix", "ünlü"),
        ("suffix", "../etc"),
        ("suffix", "a\n"[:1] + "\nb"),
        ("validation", "x" * 300),
        ("model", ""),
        ("model", "two words"),
        ("method", "ppo"),
        ("beta", "2.5"),
        ("beta", "0"),
        ("effort", "maximal"),
        ("compute", "11"),
        ("grader", "exact"),
        ("wandb", "team/project"),
        ("metadata", "team"),
        ("metadata", "team="),
        ("metadata", f"{'k' * 65}=v"),
        ("metadata", f"k={'v' * 513}"),
        ("metadata", ",".join(f"k{i}=v" for i in range(16))),
    ],
)
def test_wrong_words_are_refused_with_a_sentence(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        parse_field(name, text)


def test_a_setting_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(ValueError, match="model, method, suffix, epochs"):
        parse_field("temperature", "1")


def test_the_commands_words_are_read_by_the_same_rules() -> None:
    assert read_words({"model": "m", "epochs": "3", "file": "x"}) == StartForm("", "m", Hyperparameters(n_epochs=3))
    assert read_words({"model": "m", "epochs": "many"}) == {
        "epochs": "Epochs are a whole number from 1 to 50, or auto."
    }


def test_a_model_id_too_long_for_a_menu_is_found_again_by_its_hash() -> None:
    model = ModelOption("ft:" + "m" * 300, "openai", "Long")
    value = model_value(model)
    assert len(value) <= 150
    form = read_start_modal(values(model=value), [model])
    assert isinstance(form, StartForm)
    assert (form.provider, form.model) == ("openai", model.id)
    other = ModelOption("gpt", "openai", "Other")
    assert read_start_modal(values(model=value), [other]) == {"model": "Choose a base model."}


def test_without_the_models_a_long_id_passes_so_that_the_other_fields_can_be_checked() -> None:
    value = model_value(ModelOption("m" * 300, "openai", "Long"))
    assert isinstance(read_start_modal(values(model=value)), StartForm)
    assert read_start_modal(values(model=value, epochs="0")) == {
        "epochs": "Epochs are a whole number from 1 to 50, or auto."
    }


def test_the_same_model_at_two_providers_is_two_choices() -> None:
    one, two = ModelOption("gpt", "openai", "GPT"), ModelOption("gpt", "azure", "GPT")
    form = read_start_modal(values(model=model_value(two)), [one, two])
    assert isinstance(form, StartForm)
    assert form.provider == "azure"


def test_the_words_of_a_form_read_as_that_form_again() -> None:
    form = StartForm(
        "",
        "m",
        Hyperparameters(3, 8, 0.3, beta=0.1, reasoning_effort="low", compute_multiplier=2.0, eval_interval=5),
        suffix="support",
        seed=0,
        validation="ds-2",
        method="dpo",
        grader={"type": "string_check", "name": "g", "input": "a", "reference": "b", "operation": "eq"},
        wandb="project",
        metadata={"team": "support", "ticket": "42"},
    )
    assert read_words(words_of(form)) == form
    assert words_of(StartForm("", "m")) == {"model": "m"}


def test_settings_of_another_method_are_named() -> None:
    form = StartForm("", "m", Hyperparameters(beta=0.1, eval_samples=2), grader={"type": "python"})
    assert misplaced(form, "dpo") == ("eval_samples and grader are no setting of DPO fine-tuning; leave that out.")
    assert misplaced(StartForm("", "m", Hyperparameters(beta=0.1)), "supervised") == (
        "beta is no setting of supervised fine-tuning; leave that out."
    )
    assert misplaced(StartForm("", "m", Hyperparameters(3)), "supervised") is None


def test_where_a_grader_is_asked_for_it_is_needed_and_so_is_a_validation_file() -> None:
    errors = read_start_modal(values(model="openai|m", grader="", validation="none"))
    assert isinstance(errors, dict)
    assert set(errors) == {"grader", "validation"}
