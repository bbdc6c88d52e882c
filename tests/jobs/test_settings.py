"""What a person may choose for a job, read from words."""

import pytest

from bot.errors import Invalid
from bot.jobs.settings import JobSettings, of_other_methods, read_setting, read_settings, settings_of, words_of
from bot.providers.protocol import Hyperparameters
from tests.parts import a_job
from texts.errors import sentence
from texts.language import Language, speaking


def test_what_is_not_said_is_left_to_the_provider() -> None:
    words = {"model": "gpt-4.1-mini", "epochs": "auto", "batch": "", "validation": "none"}
    assert read_settings(words) == JobSettings(provider="", model="gpt-4.1-mini")


def test_settings_are_read_one_by_one_and_other_words_are_ignored() -> None:
    words = {"model": "m", "epochs": " 3 ", "batch": "8", "lr": "0,3", "seed": "7", "suffix": "s-2", "file": "x"}
    assert read_settings(words | {"validation": "ds-2"}) == JobSettings(
        "", "m", Hyperparameters(3, 8, 0.3), "s-2", 7, "ds-2"
    )


def test_every_wrong_setting_is_told_by_its_name() -> None:
    wrong = read_settings({"epochs": "0", "batch": "257", "lr": "-1", "seed": "-7", "suffix": "my model"})
    assert isinstance(wrong, dict)
    assert list(wrong) == ["model", "suffix", "epochs", "batch", "lr", "seed"]
    assert [error.field for error in wrong.values()] == list(wrong)
    assert sentence(wrong["epochs"]) == "Epochs are a whole number from 1 to 50, or auto."
    assert sentence(wrong["seed"]).startswith("The seed is a whole number from 0 to 2147483647.")


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
    assert read_setting(name, text) == value


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
def test_wrong_words_are_refused_with_a_sentence_in_each_language(name: str, text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_setting(name, text)
    assert refusal.value.field == name
    for language, end in ((Language.ENGLISH, "."), (Language.CHINESE, "。")):
        with speaking(language):
            assert sentence(refusal.value).endswith(end)


def test_the_words_of_settings_read_as_the_same_settings() -> None:
    settings = JobSettings(
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
    assert read_settings(words_of(settings)) == settings
    assert words_of(JobSettings("", "m")) == {"model": "m"}


def test_an_earlier_job_is_asked_for_again_as_it_was_asked_for_but_for_the_seed() -> None:
    asked, chosen = Hyperparameters(n_epochs=2), Hyperparameters(2, 8, 1.5)
    job = a_job(hyperparameters=chosen, requested_hyperparameters=asked, seed=7, validation_file="file-2", method="dpo")
    assert settings_of(job) == JobSettings("acme", job.base_model, asked, validation="file-2")
    # The provider has the file, and nobody else says what it is for.
    assert settings_of(a_job(dataset_id=None, training_file="file-1", method="dpo")).method == "dpo"


def test_settings_of_another_method_are_named() -> None:
    settings = JobSettings("", "m", Hyperparameters(beta=0.1, eval_samples=2), grader={"type": "python"})
    assert of_other_methods(settings, "dpo") == ["eval_samples", "grader"]
    assert of_other_methods(settings, "reinforcement") == ["beta"]
    assert of_other_methods(JobSettings("", "m", Hyperparameters(3)), "supervised") == []
