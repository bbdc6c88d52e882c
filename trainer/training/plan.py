"""What a training worker is told to do, and the numbers that "auto" stands for."""

from __future__ import annotations

import msgspec


class Plan(msgspec.Struct, frozen=True):
    """Everything a training worker needs; paths are absolute. `adapter` is the fine-tuned model to go on from.
    None for `n_epochs`, `batch_size` or `learning_rate_multiplier` means "auto".
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
    seed: int
    validation_file: str | None = None
    adapter: str | None = None
    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None


class Hyperparameters(msgspec.Struct, frozen=True):
    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float


def auto_batch_size(examples: int) -> int:
    """About 0.2 % of the examples, as hosted services choose, but at least 2 (a step on two examples takes less
    than two steps on one) and at most 32."""
    return max(2, min(32, round(examples * 0.002)))


def micro_batch(batch_size: int, at_most: int = 8) -> int:
    """The largest part of a batch that divides it and fits: the rest of the batch is accumulated."""
    return next(size for size in range(min(batch_size, at_most), 0, -1) if batch_size % size == 0)
