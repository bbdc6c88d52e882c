"""The plan for a training worker, and the numbers for "auto"."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from trainer.errors import TrainingFailed
from training_files import auto_epochs

Method = Literal["supervised", "dpo", "reinforcement"]
SIDE_BY_SIDE: tuple[Method, ...] = ("supervised",)
"""What trains on several devices: the others' losses are not sums over tokens that ranks could share."""

Effort = Literal["default", "low", "medium", "high"]


class Reinforcement(msgspec.Struct, frozen=True):
    """What reinforcement takes besides: a grader's JSON, the format that answers are held to (as in chat completions),
    and numbers, None while they are "auto"."""

    grader: dict[str, Any]
    response_format: dict[str, Any] | None = None
    reasoning_effort: Effort = "default"
    compute_multiplier: float | None = None
    eval_interval: int | None = None
    eval_samples: int | None = None


class Plan(msgspec.Struct, frozen=True):
    """Everything a training worker needs; paths are absolute.

    `lora_rank` 0 trains all weights. `adapter` is the fine-tuned model to go on from. `output` receives the weights of
    each epoch; `state` is the private folder of what is needed to go on after an interruption, saved every
    `save_seconds` or so. It trains on so many `devices` of one machine, in a process for each; where they are too few,
    it may ask for up to `most_devices`. None for `n_epochs`, `batch_size`, `learning_rate_multiplier` or `beta` means
    "auto".
    """

    job_id: str
    base: str
    weights: str
    chat_template: str
    context_length: int
    learning_rate: float
    lora_rank: int
    lora_alpha: int
    training_file: str
    output: str
    state: str
    seed: int
    method: Method = "supervised"
    validation_file: str | None = None
    adapter: str | None = None
    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None
    beta: float | None = None
    reinforcement: Reinforcement | None = None
    save_seconds: float = 60.0
    metadata: dict[str, str] = {}
    traceparent: str | None = None
    devices: int = 1
    most_devices: int = 1

    @property
    def whole(self) -> bool:
        return self.lora_rank == 0

    def rate(self, multiplier: float) -> float:
        """The learning rate that a multiplier stands for. All weights take a tenth of an adapter's, the usual ratio."""
        return self.learning_rate * multiplier * (0.1 if self.whole else 1)


def requested_rank(metadata: dict[str, str] | None, default: int) -> int:
    """The adapter's rank that a job's metadata ask for, else the default. Raises TrainingFailed where it is none."""
    said = (metadata or {}).get(LORA_RANK)
    if said is None:
        return default
    if not said.isdecimal() or int(said) > MOST_RANK:
        raise TrainingFailed(
            f"The metadata {LORA_RANK} is a whole number from 1 to {MOST_RANK}, or 0 for training all weights, "
            f"not {said!r}.",
            code="invalid_metadata",
            param="metadata",
        )
    return int(said)


LORA_RANK = "lora_rank"
MOST_RANK = 256


def check_devices(devices: int, method: Method) -> None:
    """Raises TrainingFailed where such a job cannot train on so many devices."""
    if devices > 1 and method not in SIDE_BY_SIDE:
        raise TrainingFailed(
            f"Only supervised fine-tuning trains on several GPUs at once, not {method}. Start the job without {GPUS} "
            "in its metadata.",
            code="invalid_metadata",
            param="metadata",
        )


GPUS = "gpus"
"""The metadata that say on how many devices a job trains."""

MOST_DEVICES = 64
"""The most that a machine is taken to have."""


class Hyperparameters(msgspec.Struct, frozen=True):
    """The numbers a job trains with. `beta` counts for DPO only."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    beta: float


def chosen(plan: Plan, examples: int) -> Hyperparameters:
    """The plan's numbers, "auto" filled in by the rule for so many examples (docs/trainer.md, *What "auto" means*)."""
    return Hyperparameters(
        n_epochs=plan.n_epochs or auto_epochs(examples).count,
        batch_size=plan.batch_size or auto_batch_size(examples, plan.method),
        learning_rate_multiplier=plan.learning_rate_multiplier or auto_multiplier(plan.method),
        beta=plan.beta or AUTO_BETA,
    )


AUTO_BETA = 0.1
"""What the DPO paper (arXiv 2305.18290) and TRL use."""


def auto_batch_size(examples: int, method: Method = "supervised") -> int:
    """About 0.2 % of the examples, as hosted services choose, but at least 2 (a step on two examples takes less
    than two steps on one; 4 prompts for reinforcement, whose rewards vary by chance) and at most 32."""
    return max(4 if method == "reinforcement" else 2, min(32, round(examples * 0.002)))


def auto_multiplier(method: Method) -> float:
    """1: the rate belongs to the base model, and fits reinforcement too (docs/reinforcement.md). Preferences take a
    tenth of it: they move a model that speaks already, and at the full rate both answers' probabilities fall."""
    return 0.1 if method == "dpo" else 1.0


class RolloutNumbers(msgspec.Struct, frozen=True):
    """Of reinforcement: answers sampled for each prompt, what they are a multiple of, after how many steps the
    validation file is answered, and how often each of its prompts."""

    answers: int
    compute_multiplier: float
    eval_interval: int
    eval_samples: int


def rollout_numbers(asked: Reinforcement, total_steps: int) -> RolloutNumbers:
    """The numbers, "auto" filled in."""
    multiplier = asked.compute_multiplier or 1.0
    return RolloutNumbers(
        answers=max(2, round(ANSWERS * multiplier)),
        compute_multiplier=multiplier,
        eval_interval=min(asked.eval_interval or max(1, total_steps // 10), total_steps),
        eval_samples=asked.eval_samples or 1,
    )


def answer_room(plan: Plan) -> int:
    """The most tokens of an answer; 0 where none are sampled. Raises TrainingFailed where the metadata name no such
    number."""
    if plan.reinforcement is None:
        return 0
    most = plan.context_length // 2
    said = plan.metadata.get(MOST_TOKENS)
    if said is None:
        return min(_ROOM[plan.reinforcement.reasoning_effort], most)
    if not said.isdecimal() or not 1 <= int(said) <= most:
        raise TrainingFailed(
            f"The metadata {MOST_TOKENS} is a whole number from 1 to {most}, not {said!r}.",
            code="invalid_metadata",
            param="metadata",
        )
    return int(said)


ANSWERS = 8
"""Answers for each prompt at a `compute_multiplier` of 1: TRL's default."""

MOST_TOKENS = "max_completion_tokens"
# How long an answer may be, in tokens. Models that think before they answer need more of it for more effort.
_ROOM: dict[Effort, int] = {"low": 128, "default": 256, "medium": 256, "high": 512}


def share(batch_size: int, devices: int) -> int:
    """The rows of a batch that each of so many devices gets, some of them blanks where the batch cannot be divided."""
    return -(-batch_size // devices)


MOST_AT_ONCE = 8
"""Examples of a batch that one device computes side by side."""


def micro_batch(batch_size: int, at_most: int = MOST_AT_ONCE) -> int:
    """The largest part of a batch that divides it and fits: the rest of the batch is accumulated."""
    return next(size for size in range(min(batch_size, at_most), 0, -1) if batch_size % size == 0)
