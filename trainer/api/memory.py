"""Whether a training would fit in this machine's memory, said before it is asked for."""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import Any

import msgspec

from trainer.api.services import Services
from trainer.base_models import BaseModel
from trainer.machine import machine
from trainer.training.memory import Shape, find_plan, find_roomy_plan, longest_trainable, needed, shape_of
from trainer.training.plan import SIDE_BY_SIDE, Method, micro_batch, share


class Memory(msgspec.Struct, frozen=True):
    """Bytes `needed` at the peak on each of so many `devices`, of the `total` of one; None where nobody knows. Where it
    does not fit: the `longest` example of which one at a time would, and other base `models` for the same file."""

    needed: int | None = None
    total: int | None = None
    fits: bool | None = None
    longest: int | None = None
    models: tuple[str, ...] = ()
    devices: int = 1


def judged(
    services: Services,
    base: BaseModel,
    method: Method,
    *,
    whole: bool,
    batch: int,
    longest: int,
    devices: int | None = None,
) -> Memory:
    """By all that each device has, as if nothing else ran on it: a training that does not fit then never will. Without
    `devices`, on as many GPUs as it would have."""
    shape = _shape(services, base)
    if method not in SIDE_BY_SIDE:
        devices = 1
    if shape is None:
        return Memory(devices=devices or 1)
    rank = 0 if whole else base.lora_rank
    latest = services.store.latest_pace(machine())
    # Until it is known what this machine computes in, four bytes a number.
    number_bytes = 2 if latest is not None and latest.device.endswith("bfloat16") else 4
    of_step = partial(needed, shape, rank=rank, number_bytes=number_bytes, reference=method == "dpo")
    read = min(longest, base.context_length)
    on_gpus = latest is not None and latest.device.startswith("cuda")
    most = services.supervisor.most_devices if on_gpus else 1
    if latest is None or latest.memory is None or (most is None and devices is None):
        rows = share(batch, devices or 1)
        return Memory(of_step(tokens=micro_batch(rows) * read), devices=devices or 1)
    # Processes on a processor share its memory.
    total = latest.memory if on_gpus else latest.memory // (devices or 1)
    most = most or 1
    how: dict[str, Any] = {
        "number_bytes": number_bytes,
        "free": total,
        "reference": method == "dpo",
        "can_quantize": on_gpus and importlib.util.find_spec("bitsandbytes") is not None,
    }
    find = partial(find_plan, devices=devices) if devices else partial(find_roomy_plan, most_devices=most)
    plan = find(shape, longest=read, batch_size=batch, rank=rank, **how)
    if plan is not None:
        return Memory(plan.bytes, total, fits=True, devices=plan.devices)
    spread = devices or most
    least = of_step(tokens=read, checkpointing=True, four_bit=bool(rank and how["can_quantize"] and spread == 1))
    if rank and spread > 1:
        least = min(least, of_step(tokens=read, checkpointing=True, shards=spread))
    others = [
        other.id
        for other in services.catalogue.bases.values()
        if (its := _shape(services, other)) is not None
        and find(its, longest=longest, batch_size=batch, rank=other.lora_rank, **how) is not None
    ]
    reaches = longest_trainable(shape, most=base.context_length, rank=rank, devices=spread, **how)
    return Memory(least, total, False, reaches, tuple(others), devices=spread)


def _shape(services: Services, base: BaseModel) -> Shape | None:
    """None where the weights are not here to be looked at."""
    weights = services.catalogue.fetched(base)
    return shape_of(weights) if weights is not None else None
