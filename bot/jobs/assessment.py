"""How a job's training went: its headline figures, what is wrong with it, and which checkpoint is best."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.jobs import states
from bot.jobs.diagnosis import Diagnosis, Problem, diagnose, lower_rate
from bot.jobs.figures import Figure, Quantity, figures, quantities
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.providers.protocol import Checkpoint, Metrics


class RankedCheckpoint(msgspec.Struct, frozen=True):
    """`measured`: what it is ranked by, the validation loss (`by`), or of reinforcement the validation reward; None if
    there is none. `best` of several."""

    checkpoint: Checkpoint
    figures: Sequence[Figure] = ()
    measured: float | None = None
    best: bool = False
    by: Quantity = "loss"


class Assessment(msgspec.Struct, frozen=True):
    """`better`: a checkpoint whose validation loss is lower than that of the finished model, where that overfitted."""

    figures: Sequence[Figure] = ()
    diagnosis: Diagnosis | None = None
    better: Checkpoint | None = None


UNASSESSED: Final = Assessment()
_DIAGNOSED: Final = frozenset({states.RUNNING, states.PAUSING, states.PAUSED, states.SUCCEEDED})


def assess(job: Job, metrics: Sequence[Metrics], checkpoints: Sequence[Checkpoint] = ()) -> Assessment:
    """`metrics` and `checkpoints`: all that are known of the job, in any order."""
    told = all_metrics(metrics, checkpoints)
    found = None
    if job.state in _DIAGNOSED:
        found = diagnose(told, job.method, ended=job.state == states.SUCCEEDED)
    better = None
    if found is not None and found.best_step is not None:
        best = next((one.checkpoint for one in rank(job, metrics, checkpoints) if one.best), None)
        better = best if best is not None and best.model != job.fine_tuned_model else None
    return Assessment(figures(told, job.method), found, better)


def rank(job: Job, metrics: Sequence[Metrics], checkpoints: Sequence[Checkpoint]) -> list[RankedCheckpoint]:
    """The lowest validation loss first (of reinforcement the highest reward), then those without one, the latest first.
    A training loss ranks nothing: it falls however much is only learned by heart."""
    told = all_metrics(metrics, checkpoints)
    quantity, ranked = quantities(job.method, told)[0], []
    for checkpoint in checkpoints:
        there = figures(told, job.method, upto=checkpoint.step)
        found = next((one for one in there if (one.quantity, one.part) == (quantity, "validation")), None)
        # The figure of the whole file belongs to the step at which it was measured, and to no later one.
        known = found is not None and (not found.whole or found.step == checkpoint.step)
        measured = found.value if found and known else None
        ranked.append(RankedCheckpoint(checkpoint, there, measured, by=quantity))
    sign = -1 if quantity == "mean_reward" else 1
    best_first = sorted(
        (one for one in ranked if one.measured is not None),
        key=lambda one: (sign * (one.measured or 0.0), -one.checkpoint.step),
    )
    unknown = sorted((one for one in ranked if one.measured is None), key=lambda one: -one.checkpoint.step)
    if len(best_first) > 1:
        best_first[0] = msgspec.structs.replace(best_first[0], best=True)
    return [*best_first, *unknown]


def checkpoint_figures(job: Job, metrics: Sequence[Metrics], checkpoint: Checkpoint) -> list[Figure]:
    """The figures at that checkpoint."""
    return figures(all_metrics(metrics, [checkpoint]), job.method, upto=checkpoint.step)


async def assessed(jobs: JobStore, job: Job) -> Assessment:
    """By what is stored."""
    return assess(job, await jobs.metrics(job.id), await jobs.checkpoints(job.id))


async def advised_rate(jobs: JobStore, job: Job) -> float | None:
    """The learning rate multiplier to start again with, where the run diverged, also one that was cancelled for it."""
    told = all_metrics(await jobs.metrics(job.id), await jobs.checkpoints(job.id))
    found = diagnose(told, job.method, ended=False)
    diverged = found is not None and found.problem is Problem.DIVERGED
    return lower_rate(job.hyperparameters.learning_rate_multiplier) if diverged else None


def all_metrics(metrics: Sequence[Metrics], checkpoints: Sequence[Checkpoint]) -> list[Metrics]:
    """Some providers tell figures with checkpoints only."""
    return [*(one.metrics for one in checkpoints if one.metrics is not None), *metrics]
