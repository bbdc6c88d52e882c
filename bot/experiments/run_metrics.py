"""The metrics of one job, or of several beside each other: curves, what they come to, and what shows in them."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.datasets.overlaps import Overlaps
from bot.errors import Invalid
from bot.experiments.observations import Observation, observe
from bot.jobs.assessment import Assessment, all_metrics, assess
from bot.jobs.figures import Curve, Figure, Quantity, better, figures, quantities, training, validation
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.providers.protocol import Checkpoint, Metrics

MOST_JOBS: Final = 6


class Summary(msgspec.Struct, frozen=True):
    """One quantity of a run. `gap`: validation less training, where both were measured. `best`, at `best_step`: of
    validation, or of training where there is none."""

    quantity: Quantity
    training: Figure | None
    validation: Figure | None
    best: float
    best_step: int

    @property
    def gap(self) -> float | None:
        return self.validation.value - self.training.value if self.training and self.validation else None


class RunMetrics(msgspec.Struct, frozen=True):
    """`metrics` in any order, of events and checkpoints. `steps_per_epoch`: None where the provider did not tell enough
    to know."""

    job: Job
    metrics: Sequence[Metrics]
    checkpoints: Sequence[Checkpoint]
    summaries: Sequence[Summary]
    assessment: Assessment
    observations: Sequence[Observation]
    steps_per_epoch: float | None

    @property
    def is_measured(self) -> bool:
        return bool(self.summaries)


class MetricsOverview:
    def __init__(
        self,
        jobs: JobStore,
        lookup: JobLookup,
        datasets: DatasetStore,
        overlaps: Overlaps,
        authority: Authority,
    ) -> None:
        self._jobs = jobs
        self._lookup = lookup
        self._datasets = datasets
        self._overlaps = overlaps
        self._authority = authority

    async def of(self, caller: Caller, words: Sequence[str], *, to_post: bool = False) -> list[RunMetrics]:
        """Of the jobs that a person calls so, each once, in that order; with `to_post`, to be shown to all where the
        caller is. Raises NotFound, Ambiguous, Denied; Invalid without a word, and for more than six jobs."""
        named: dict[str, Job] = {}
        for word in words or ("",):
            job = await self._lookup.named(caller, word, Action.SEE, to_post=to_post)
            named[job.id] = job
        if len(named) > MOST_JOBS:
            raise Invalid("too_many_jobs", most=MOST_JOBS)
        return list(await asyncio.gather(*(self._run(caller, job) for job in named.values())))

    async def _run(self, caller: Caller, job: Job) -> RunMetrics:
        told, checkpoints = await self._jobs.metrics(job.id), await self._jobs.checkpoints(job.id)
        metrics = all_metrics(told, checkpoints)
        overlap, examples = await self._overlap(caller, job)
        assessment = assess(job, told, checkpoints)
        ruined = assessment.diagnosis is not None
        return RunMetrics(
            job,
            metrics,
            checkpoints,
            summaries(job.method, metrics),
            assessment,
            observe(job, metrics, ruined=ruined, overlap=overlap, examples=examples),
            steps_per_epoch(job, metrics),
        )

    async def _overlap(self, caller: Caller, job: Job) -> tuple[int, int]:
        """How many examples of the training file stand in the validation file, too, and how many there are; (0, 0)
        where we have not both."""
        train = await self._file(caller, job.dataset_id)
        valid = await self._file(caller, job.validation_dataset_id)
        if train is None or valid is None or train.report is None:
            return 0, 0
        if self._overlaps.is_due(train, valid):
            await self._overlaps.count(train, valid)
        return self._overlaps.known(train, valid), train.report.examples

    async def _file(self, caller: Caller, dataset_id: str | None) -> Dataset | None:
        found = await self._datasets.get(dataset_id) if dataset_id else None
        if found is None or found.deleted_at is not None:
            return None
        return found if self._authority.allows(caller, Action.SEE, found.resource) else None


def summaries(method: str, metrics: Sequence[Metrics]) -> list[Summary]:
    """Of each quantity that was measured, the most telling first."""
    at_the_end = {(one.quantity, one.part): one for one in figures(metrics, method)}
    found = []
    for quantity in quantities(method, metrics):
        train, valid = training(metrics, quantity), validation(metrics, quantity)
        curve = valid if valid.points else train
        if curve.points:
            step, best = _best(quantity, curve)
            trained, validated = at_the_end.get((quantity, "training")), at_the_end.get((quantity, "validation"))
            found.append(Summary(quantity, trained, validated, best, step))
    return found


def steps_per_epoch(job: Job, metrics: Sequence[Metrics]) -> float | None:
    total = max((one.total_steps or 0 for one in metrics), default=0)
    epochs = job.hyperparameters.n_epochs
    return total / epochs if total and isinstance(epochs, int) and epochs > 0 else None


def _best(quantity: Quantity, curve: Curve) -> tuple[int, float]:
    """(step, value); the first of several that are as good."""
    found = curve.points[0]
    for point in curve.points[1:]:
        if better(quantity, point[1], found[1]):
            found = point
    return found
