"""Whether a training would fit in this machine's memory, said before it is asked for."""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import Any

import msgspec

from trainer.api.services import Services
from trainer.base_models import BaseModel
from trainer.machine import machine
from trainer.training.memory import Shape, find_plan, longest_trainable, needed, shape_of
from trainer.training.plan import Method, micro_batch


class Memory(msgspec.Struct, frozen=True):
    """Bytes `needed` at the peak, of the device's `total`; None where nobody knows. Where it does not fit: the
    `longest` example of which one at a time would, and other base `models` for the same file."""

    needed: int | None = None
    total: int | None = None
    fits: bool | None = None
    longest: int | None = None
    models: tuple[str, ...] = ()


def judged(services: Services, base: BaseModel, method: Method, *, whole: bool, batch: int, longest: int) -> Memory:
    """By all that the device has, as if nothing else ran on it: a training that does not fit then never will."""
    shape = _shape(services, base)
    if shape is None:
        return Memory()
    rank = 0 if whole else base.lora_rank
    latest = services.store.latest_pace(machine())
    # Until it is known what this machine computes in, four bytes a number.
    number_bytes = 2 if latest is not None and latest.device.endswith("bfloat16") else 4
    of_step = partial(needed, shape, rank=rank, number_bytes=number_bytes, reference=method == "dpo")
    read = min(longest, base.context_length)
    if latest is None or latest.memory is None:
        return Memory(of_step(tokens=micro_batch(batch) * read))
    on_cuda = latest.device.startswith("cuda")
    how: dict[str, Any] = {
        "number_bytes": number_bytes,
        "free": latest.memory,
        "reference": method == "dpo",
        "can_quantize": on_cuda and importlib.util.find_spec("bitsandbytes") is not None,
    }
    plan = find_plan(shape, longest=read, batch_size=batch, rank=rank, **how)
    if plan is not None:
        return Memory(plan.bytes, latest.memory, fits=True)
    least = of_step(tokens=read, checkpointing=True, four_bit=bool(how["can_quantize"] and rank))
    others = [
        other.id
        for other in services.catalogue.bases.values()
        if (its := _shape(services, other)) is not None
        and find_plan(its, longest=longest, batch_size=batch, rank=other.lora_rank, **how) is not None
    ]
    reaches = longest_trainable(shape, most=base.context_length, rank=rank, **how)
    return Memory(least, latest.memory, False, reaches, tuple(others))


def _shape(services: Services, base: BaseModel) -> Shape | None:
    """None where the weights are not here to be looked at."""
    weights = services.catalogue.fetched(base)
    return shape_of(weights) if weights is not None else None
