"""A job as experiment trackers have it: a run with settings, figures by step, and what came of it. Values."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec

from bot.jobs import states
from bot.jobs.estimate import real_cost
from bot.jobs.job import Job
from bot.providers.protocol import Metrics

_FIGURES: Final = tuple(
    name for name in Metrics.__struct_fields__ if name not in {"step", "total_steps", "not_finite", "elapsed_seconds"}
)


class Tracker(StrEnum):
    WANDB = "wandb"
    MLFLOW = "mlflow"


class Measured(msgspec.Struct, frozen=True):
    """The figures of one step; `at` in seconds since the epoch."""

    step: int
    at: float
    figures: dict[str, float]


class Run(msgspec.Struct, frozen=True):
    """`id` is our job's. `settings` are known from the beginning, and never change; `summary` does. `ended`: nothing
    more comes."""

    id: str
    name: str
    state: str
    began: float
    ended: float | None
    settings: dict[str, str]
    summary: dict[str, str | float]
    measured: tuple[Measured, ...] = ()

    @property
    def succeeded(self) -> bool:
        return self.state == states.SUCCEEDED


class Progress(msgspec.Struct, frozen=True):
    """How much a tracker has been told: up to `step` (-1: nothing), and `told`, a word for the rest of it."""

    step: int = -1
    told: str = ""
    failures: int = 0


class Due(msgspec.Struct, frozen=True):
    """A job that a tracker has not been told all of, as far as one can see from here."""

    job_id: str
    progress: Progress


class TrackingStore(Protocol):
    async def due(self, tracker: str, now: float, *, private: bool, limit: int) -> Sequence[Due]:
        """Jobs that were sent to a provider and of which the tracker may not have heard the end; those of private
        channels only where `private`."""

    async def told(self, tracker: str, job_id: str, progress: Progress, *, next_look: float, over: bool) -> None:
        """`over`: it has been told the end."""


def run_of(job: Job, metrics: Sequence[Metrics], after: int) -> Run:
    """With the figures of all steps after that one."""
    numbers = job.hyperparameters
    chosen: dict[str, Any] = {
        "provider": job.provider,
        "provider_job": job.provider_job_id,
        "base_model": job.base_model,
        "method": job.method,
        "seed": job.seed,
        "suffix": job.suffix,
        "training_file": job.file_name,
        "dataset": job.dataset_id,
        "validation_dataset": job.validation_dataset_id,
        "parent_model": job.parent,
        "requester": job.requester,
        "channel": job.origin.channel,
        **{f"metadata.{name}": value for name, value in job.metadata.items()},
    }
    resolved = {f"hyperparameters.{name}": value for name, value in msgspec.structs.asdict(numbers).items()}
    summary: dict[str, str | float | None] = {
        "state": job.state,
        "fine_tuned_model": job.fine_tuned_model,
        "trained_tokens": job.trained_tokens,
        "estimated_cost_usd": job.estimated_cost,
        "cost_usd": real_cost(job),
        "error": job.error.code if job.error else None,
        **{name: str(value) for name, value in resolved.items() if value is not None},
    }
    began = job.started_at or job.created_at
    return Run(
        id=job.id,
        name=job.fine_tuned_model or job.suffix or job.file_name or job.id,
        state=job.state,
        began=job.created_at,
        ended=job.finished_at if job.state in states.ENDED else None,
        settings={name: str(value) for name, value in chosen.items() if value is not None},
        summary={name: value for name, value in summary.items() if value is not None},
        measured=tuple(
            Measured(one.step, began + (one.elapsed_seconds or one.step), figures)
            for one in metrics
            if one.step > after and (figures := _figures(one))
        ),
    )


def _figures(metrics: Metrics) -> dict[str, float]:
    return {name: float(value) for name in _FIGURES if (value := getattr(metrics, name)) is not None}
