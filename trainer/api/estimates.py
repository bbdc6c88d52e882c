"""How long a training would take, and whether it fits in memory: /v1/x/estimate, which the protocol does not have."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from trainer.api.memory import Memory, judged
from trainer.api.services import CurrentKey, ServicesDep
from trainer.jobs.pace import duration
from trainer.machine import machine
from trainer.training.plan import MOST_DEVICES, Method, auto_batch_size
from training_files import auto_epochs

router = APIRouter(prefix="/v1/x/estimate")

_TOKENS = 10**13


class EstimateObject(TypedDict):
    """`tokens` over all epochs. `seconds` from the beginning to the model, probably between `low_seconds` and
    `high_seconds`: "measured" on so many `trainings` here, "calibrated" by some steps, or null where that is "unknown".
    `calibrating`: steps are being measured now.

    `memory_bytes` at the peak on each of so many `gpus` (or the processor), of `memory_total_bytes` that it has in all,
    and whether it `fits` there; each null where that is not known. Where it does not: `longest_that_fits`, the tokens
    of an example of which one at a time would (0: not even the model), and `models_that_fit`, other base models for
    the same file."""

    object: Literal["estimate"]
    model: str
    method: str
    n_epochs: int
    batch_size: int
    steps: int
    tokens: int
    seconds: float | None
    low_seconds: float | None
    high_seconds: float | None
    basis: Literal["measured", "calibrated", "unknown"]
    trainings: int
    calibrating: bool
    gpus: int
    memory_bytes: int | None
    memory_total_bytes: int | None
    fits: bool | None
    longest_that_fits: int | None
    models_that_fit: list[str]


@router.get("")
async def estimate(
    services: ServicesDep,
    key: CurrentKey,
    model: str,
    tokens: Annotated[int, Query(ge=1, le=_TOKENS)],
    examples: Annotated[int, Query(ge=1, le=_TOKENS)],
    n_epochs: Annotated[int | None, Query(ge=1, le=50)] = None,
    batch_size: Annotated[int | None, Query(ge=1, le=256)] = None,
    longest: Annotated[int | None, Query(ge=1, le=_TOKENS)] = None,
    method: Method = "supervised",
    gpus: Annotated[int | None, Query(ge=1, le=MOST_DEVICES)] = None,
) -> EstimateObject:
    """`tokens`: of the training file, once through; `longest`: of its longest example. Without epochs or batch size
    those that "auto" stands for. Where this machine has not trained the model yet, it may begin to measure some steps:
    a moment later more is known. Without `gpus`, as many as the training would have; how long it takes on several is
    not known."""
    found = services.model(model, key)
    base, whole = found.base, found.whole is not None or found.base.lora_rank == 0
    epochs = n_epochs or auto_epochs(examples).count
    batch = batch_size or auto_batch_size(examples, method)
    steps = math.ceil(examples / batch) * epochs
    paces = services.store.paces(base=base.id, method=method, whole=whole, machine=machine())
    memory = Memory(devices=gpus or 1)
    if longest and method != "reinforcement":
        memory = judged(services, base, method, whole=whole, batch=batch, longest=longest, devices=gpus)
    # Reinforcement writes most of its tokens itself: how many, nobody knows beforehand.
    predictable = method != "reinforcement" and memory.devices == 1
    known = duration(paces, steps, tokens * epochs) if predictable else None
    begins = predictable and known is None and services.calibrations.begin(base, method, whole=whole)
    return {
        "object": "estimate",
        "model": found.id,
        "method": method,
        "n_epochs": epochs,
        "batch_size": batch,
        "steps": steps,
        "tokens": tokens * epochs,
        "seconds": round(known.seconds, 1) if known else None,
        "low_seconds": round(known.low, 1) if known else None,
        "high_seconds": round(known.high, 1) if known else None,
        "basis": ("measured" if known.trainings else "calibrated") if known else "unknown",
        "trainings": known.trainings if known else 0,
        "calibrating": begins,
        "gpus": memory.devices,
        "memory_bytes": memory.needed,
        "memory_total_bytes": memory.total,
        "fits": memory.fits,
        "longest_that_fits": memory.longest,
        "models_that_fit": list(memory.models),
    }
