"""The values of OpenAI's fine-tuning protocol, as jobs and providers share them."""

from typing import Final, Literal

import msgspec

Auto = Literal["auto"]

SUPERVISED: Final = "supervised"
DPO: Final = "dpo"
REINFORCEMENT: Final = "reinforcement"


class Hyperparameters(msgspec.Struct, frozen=True, omit_defaults=True):
    """As in the protocol: a number, or "auto" (the provider chooses). `of_method` says which belong to a method."""

    n_epochs: int | Auto = "auto"
    batch_size: int | Auto = "auto"
    learning_rate_multiplier: float | Auto = "auto"
    beta: float | Auto = "auto"
    reasoning_effort: str = "auto"
    compute_multiplier: float | Auto = "auto"
    eval_interval: int | Auto = "auto"
    eval_samples: int | Auto = "auto"


_EVERY_METHOD: Final = ("n_epochs", "batch_size", "learning_rate_multiplier")
_OF_METHOD: Final = {
    DPO: ("beta",),
    REINFORCEMENT: ("reasoning_effort", "compute_multiplier", "eval_interval", "eval_samples"),
}


def of_method(method: str) -> tuple[str, ...]:
    """The names of the hyperparameters that a method of the protocol has (OpenAPI description 2.3.0)."""
    return _EVERY_METHOD + _OF_METHOD.get(method, ())


NO_ANSWER: Final = frozenset({"connection_error", "timeout", "unintelligible", "file_not_ready", "no_token"})
"""Codes of ours: nobody answered, or not to the end."""


TRAINING_NOT_AVAILABLE: Final = "training_not_available"
"""OpenAI's code for organisations for which it trains no more (read 2026-11-21)."""


class JobError(msgspec.Struct, frozen=True):
    """Why a job failed. `message` is the provider's own text: untrusted; with a code of NO_ANSWER, a `str(error)` of
    ours."""

    code: str | None
    message: str
    param: str | None = None


class Metrics(msgspec.Struct, frozen=True, omit_defaults=True):
    """The figures of one training step, under the protocol's names; unmeasured ones are None. The protocol has none for
    preferences: `reward_…` are named as TRL names them (a pair's margin, and the share of pairs with a positive one).
    Of reinforcement it has the mean reward that graders gave; `train_frac_reward_zero_std` (the share of prompts whose
    answers all scored the same) and `train_entropy` (nats a token) are TRL's, too.
    `not_finite`: a loss was infinite, or no number. `elapsed_seconds`: how long the job has trained until then.
    """

    step: int
    total_steps: int | None = None
    train_loss: float | None = None
    train_mean_token_accuracy: float | None = None
    valid_loss: float | None = None
    valid_mean_token_accuracy: float | None = None
    full_valid_loss: float | None = None
    full_valid_mean_token_accuracy: float | None = None
    train_reward_accuracy: float | None = None
    train_reward_margin: float | None = None
    valid_reward_accuracy: float | None = None
    valid_reward_margin: float | None = None
    full_valid_reward_accuracy: float | None = None
    full_valid_reward_margin: float | None = None
    train_mean_reward: float | None = None
    valid_mean_reward: float | None = None
    full_valid_mean_reward: float | None = None
    train_frac_reward_zero_std: float | None = None
    train_entropy: float | None = None
    not_finite: bool = False
    elapsed_seconds: float | None = None

    @property
    def of_preferences(self) -> bool:
        rewards = self.train_reward_accuracy, self.valid_reward_accuracy, self.full_valid_reward_accuracy
        return any(accuracy is not None for accuracy in rewards)

    @property
    def of_reinforcement(self) -> bool:
        rewards = self.train_mean_reward, self.valid_mean_reward, self.full_valid_mean_reward
        return any(reward is not None for reward in rewards)


class Checkpoint(msgspec.Struct, frozen=True):
    id: str
    model: str
    step: int
    metrics: Metrics | None = None
