"""Whether a job has room on this machine: the memory and disk that are free now. Imports torch."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import torch

from trainer.errors import TrainingFailed
from trainer.hardware import device, dtype
from trainer.training.data import Pair, Task, Tokens
from trainer.training.memory import (
    MemoryPlan,
    disk_needed,
    find_roomy_plan,
    free_disk,
    free_memory,
    shape_of,
    total_memory,
)
from trainer.training.messages import NeedsDevices
from trainer.training.plan import GPUS, SIDE_BY_SIDE, Hyperparameters, Plan, answer_room
from trainer.training.ranks import Ranks


def plan_memory(
    plan: Plan,
    numbers: Hyperparameters,
    examples: list[Tokens] | list[Pair] | list[Task],
    answers: int = 1,
    ranks: Ranks | None = None,
) -> MemoryPlan | NeedsDevices:
    """How to train within the memory and disk there are, with so many `answers` to each example; the same for all
    `ranks`. Where more devices are needed, how many. Raises TrainingFailed where there is no way."""
    ranks = ranks or Ranks()
    shape = shape_of(Path(plan.weights))
    longest = max(example.length for example in examples) + answer_room(plan)
    on, free = device(), ranks.least(free_bytes())
    if on.type == "cpu":
        free //= ranks.size  # they share it
    how: dict[str, Any] = {
        "longest": longest,
        "batch_size": numbers.batch_size * answers,
        "rank": plan.lora_rank,
        "number_bytes": dtype(on).itemsize,
        "free": free,
        "reference": plan.method == "dpo",
        "can_quantize": on.type == "cuda" and importlib.util.find_spec("bitsandbytes") is not None,
    }
    may_ask = plan.method in SIDE_BY_SIDE and GPUS not in plan.metadata
    most = plan.most_devices if may_ask else ranks.size
    memory = find_roomy_plan(shape, devices=ranks.size, most_devices=most, **how)
    if memory is None:
        each = f" for each of {ranks.size} processes" if ranks.size > 1 else ""
        raise TrainingFailed(
            f"There is not enough memory to train {plan.base} on examples of up to {longest} tokens: even one at a "
            f"time needs more than the {free / 2**30:.1f} GB that are free{each}. Use a smaller base model or shorter "
            "examples, or end other programs and start the job again.",
            code="not_enough_memory",
            param="model",
        )
    wanted, room = disk_needed(shape, plan.lora_rank), free_disk(Path(plan.output))
    if wanted > room:
        raise TrainingFailed(
            f"There is not enough disk space for this job: {wanted >> 20} MB are needed where models are kept, "
            f"{room >> 20} MB are free. Delete models or files and start the job again.",
            code="disk_full",
        )
    return memory if memory.devices == ranks.size else NeedsDevices(memory.devices)


def free_bytes() -> int:
    """Of the device's memory."""
    return torch.cuda.mem_get_info()[0] if device().type == "cuda" else free_memory()


def total_bytes() -> int:
    """Of the device's memory, whatever is in it."""
    return torch.cuda.mem_get_info()[1] if device().type == "cuda" else total_memory()
