"""The settings of a job at another provider."""

from bot.moves.mapping import mapped
from bot.providers.openai import OPENAI
from bot.providers.protocol import Hyperparameters
from bot.providers.trainer import TRAINER
from tests.parts import a_job


def test_what_means_the_same_everywhere_is_kept_and_the_rest_is_named_and_left_to_the_provider() -> None:
    job = a_job(
        requested_hyperparameters=Hyperparameters(n_epochs=3, batch_size=8, learning_rate_multiplier=1.8),
        suffix="support",
        validation_dataset_id="ds-2",
        wandb="models",
    )
    settings, left = mapped(job, "home", "SmolLM2", TRAINER)
    assert settings.hyperparameters == Hyperparameters(n_epochs=3)
    assert (settings.provider, settings.model, settings.suffix) == ("home", "SmolLM2", "support-home")
    assert settings.validation == "ds-2"
    assert set(left) == {"batch", "lr"} | (set() if TRAINER.reports_to_wandb else {"wandb"})


def test_nothing_is_said_to_be_left_out_where_nothing_was_chosen() -> None:
    _, left = mapped(a_job(), "home", "SmolLM2", OPENAI)
    assert left == ()


def test_the_beta_of_preferences_is_kept_and_that_of_other_methods_is_none() -> None:
    asked = Hyperparameters(beta=0.3)
    kept, _ = mapped(a_job(method="dpo", requested_hyperparameters=asked), "home", "SmolLM2", TRAINER)
    assert kept.hyperparameters.beta == 0.3


def test_a_successor_is_told_from_the_old_model_by_its_name_however_long_that_is() -> None:
    settings, _ = mapped(a_job(suffix="s" * 64), "trainer", "SmolLM2", TRAINER)
    assert settings.suffix == "s" * 56 + "-trainer"
    unnamed, _ = mapped(a_job(suffix=None, file_name="House voice.jsonl"), "trainer", "SmolLM2", TRAINER)
    assert unnamed.suffix == "House-voice-trainer"
