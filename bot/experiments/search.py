"""The history of experiments: jobs found, sorted by what came of them, compared, and exported."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from bot.access import Action, Caller, Place
from bot.authority import Authority
from bot.errors import Invalid
from bot.experiments.filters import Filters
from bot.experiments.interfaces import ExperimentStore, FoundJob, JobOutcome
from bot.experiments.run_metrics import summaries
from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, all_metrics, assess
from bot.jobs.estimate import counted_cost
from bot.jobs.figures import quantities
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.overview import AssessedJob
from bot.jobs.training_time import training_seconds
from bot.providers.protocol import Checkpoint, Hyperparameters, Metrics

PAGE: Final = 10
FEWEST_COMPARED, MOST_COMPARED = 2, 6
_AT_ONCE: Final = 50
# By the name of a sort: the figure of the validation file counts more than that of the batches.
FIGURES: Final[dict[str, str]] = {"loss": "loss", "accuracy": "mean_token_accuracy", "reward": "mean_reward"}
_HIGHEST_FIRST: Final = frozenset({"accuracy", "reward", "cost", "time"})


class JobPage(msgspec.Struct, frozen=True):
    """Page `number` (from 1) of `pages`, of `count` jobs. `outcomes` by job id, where they are known."""

    filters: Filters
    jobs: Sequence[AssessedJob]
    outcomes: dict[str, JobOutcome]
    number: int
    pages: int
    count: int


class Experiment(msgspec.Struct, frozen=True):
    """`sha256` of its data set, and of that which validated it."""

    job: Job
    outcome: JobOutcome
    sha256: str = ""
    validation_sha256: str = ""


class Comparison(msgspec.Struct, frozen=True):
    """`settings` and `results`: a row each, its name and a value for each of `experiments`; of settings only those that
    differ."""

    experiments: Sequence[Experiment]
    settings: Sequence[tuple[str, Sequence[object]]]
    results: Sequence[tuple[str, Sequence[float | None]]]


class JobSearch:
    def __init__(self, store: ExperimentStore, jobs: JobStore, authority: Authority) -> None:
        self._store = store
        self._jobs = jobs
        self._authority = authority

    async def page(self, caller: Caller, filters: Filters, number: int = 1) -> JobPage:
        """Of the jobs that the caller may see; the last page where there are fewer. Raises Denied."""
        found = await self._found(caller, filters, caller.answers_in)
        pages = max(1, -(-len(found) // PAGE))
        number = max(1, min(number, pages))
        ids = [one.id for one in found[(number - 1) * PAGE : number * PAGE]]
        shown = [await self._assessed(job) for job in await self._store.jobs(ids)]
        return JobPage(filters, shown, await self._store.outcomes(ids), number, pages, len(found))

    async def compare(self, caller: Caller, filters: Filters) -> Comparison:
        """The first six of them beside each other. Raises Denied; Invalid where there are fewer than two."""
        found = await self._found(caller, filters, caller.answers_in)
        if len(found) < FEWEST_COMPARED:
            raise Invalid("too_few_to_compare")
        experiments = await self._experiments(found[:MOST_COMPARED])
        return Comparison(experiments, differing(experiments), results(experiments))

    async def export(self, caller: Caller, filters: Filters) -> list[Experiment]:
        """All that everybody may see where the caller is. Raises Denied; Invalid where there is none."""
        await self._store_outcomes()
        found = await self._found(caller, filters, caller.posts_in)
        if not found:
            raise Invalid("no_jobs_to_export")
        return await self._experiments(found)

    async def _found(self, caller: Caller, filters: Filters, place: Place) -> list[FoundJob]:
        await self._authority.require(caller, Action.USE)
        if filters.sort != "date":
            await self._store_outcomes()
        found = [
            one
            for one in await self._store.search(filters)
            if self._authority.allows(caller, Action.SEE, one.resource, place)
        ]
        return in_order(found, filters)

    async def _assessed(self, job: Job) -> AssessedJob:
        # Of the others a list shows no figures.
        if job.state != states.SUCCEEDED:
            return AssessedJob(job, UNASSESSED)
        return AssessedJob(job, assess(job, await self._jobs.metrics(job.id), await self._jobs.checkpoints(job.id)))

    async def _experiments(self, found: Sequence[FoundJob]) -> list[Experiment]:
        ids = [one.id for one in found]
        jobs, known = await self._store.jobs(ids), await self._store.outcomes(ids)
        datasets = [one for job in jobs for one in (job.dataset_id, job.validation_dataset_id) if one]
        hashes = await self._store.hashes(datasets)
        return [
            Experiment(
                job,
                known.get(job.id) or await self._outcome(job),
                hashes.get(job.dataset_id or "", ""),
                hashes.get(job.validation_dataset_id or "", ""),
            )
            for job in jobs
        ]

    async def _store_outcomes(self) -> None:
        """Of jobs that have ended since it was done last."""
        while ids := await self._store.without_outcome(_AT_ONCE):
            jobs = await self._store.jobs(ids)
            await self._store.store_outcomes({job.id: await self._outcome(job) for job in jobs})

    async def _outcome(self, job: Job) -> JobOutcome:
        return outcome(job, await self._jobs.metrics(job.id), await self._jobs.checkpoints(job.id))


def outcome(job: Job, metrics: Sequence[Metrics], checkpoints: Sequence[Checkpoint] = ()) -> JobOutcome:
    """What has come of it so far. `metrics` and `checkpoints` in any order."""
    told = all_metrics(metrics, checkpoints)
    figures: dict[str, float] = {}
    for one in summaries(job.method, told):
        if one.training:
            figures[f"train_{one.quantity}"] = one.training.value
        if one.validation:
            figures[f"valid_{one.quantity}"] = one.validation.value
            figures[f"best_{one.quantity}"] = one.best
            figures[f"best_{one.quantity}_step"] = one.best_step
    return JobOutcome(figures, counted_cost(job), training_seconds(job, job.finished_at or time.time()))


def in_order(found: Sequence[FoundJob], filters: Filters) -> list[FoundJob]:
    """`found`: the newest first. Jobs of which nothing is known come last, either way round."""
    if filters.sort == "date":
        return list(reversed(found)) if filters.backwards else list(found)
    sign = -1 if (filters.sort in _HIGHEST_FIRST) is not filters.backwards else 1
    known = {place: by for place, one in enumerate(found) if (by := sorted_by(one.outcome, filters))}
    order = sorted((part == "train", sign * value, place) for place, (part, value) in known.items())
    return [*(found[place] for _, _, place in order), *(one for place, one in enumerate(found) if place not in known)]


def sorted_by(outcome: JobOutcome | None, filters: Filters) -> tuple[str, float] | None:
    """By which figure a job is sorted: whether of validation ("valid") or of training alone ("train"), else "", and its
    value. Those that were validated come before the others: the two cannot be compared."""
    if outcome is None:
        return None
    if filters.sort in FIGURES:
        for part in ("valid", "train"):
            value = outcome.figures.get(f"{part}_{FIGURES[filters.sort]}")
            if value is not None:
                return part, value
        return None
    value = {"cost": outcome.usd, "time": outcome.seconds}.get(filters.sort)
    return None if value is None else ("", value)


def settings(one: Experiment) -> dict[str, object]:
    """What it was trained with, by the names that people write."""
    job, chosen = one.job, one.job.hyperparameters
    named = {
        "provider": job.provider,
        "model": job.base_model,
        "method": job.method,
        "file": job.file_name or job.training_file,
        "data": one.sha256[:12],
        "validation": one.validation_sha256[:12] or job.validation_file,
        **{_WRITTEN.get(name, name): getattr(chosen, name) for name in Hyperparameters.__struct_fields__},
        "seed": job.seed,
        "suffix": job.suffix,
        "parent": job.parent,
        "grader": msgspec.json.encode(job.grader, order="sorted").decode() if job.grader else None,
        "wandb": job.wandb,
    }
    return named | {f"metadata.{key}": value for key, value in sorted(job.metadata.items())}


_WRITTEN: Final = {
    "n_epochs": "epochs",
    "batch_size": "batch",
    "learning_rate_multiplier": "lr",
    "reasoning_effort": "effort",
    "compute_multiplier": "compute",
}


def differing(experiments: Sequence[Experiment]) -> list[tuple[str, Sequence[object]]]:
    """The settings that are not the same in all of them."""
    each = [settings(one) for one in experiments]
    names = dict.fromkeys(name for one in each for name in one)
    rows = [(name, [None if one.get(name) == "" else one.get(name) for one in each]) for name in names]
    return [(name, values) for name, values in rows if len(set(values)) > 1]


def results(experiments: Sequence[Experiment]) -> list[tuple[str, Sequence[float | None]]]:
    """Figures, tokens, seconds and US dollars, as far as any of them has one."""
    told = [all_results(one) for one in experiments]
    names = dict.fromkeys(name for one in told for name, value in one.items() if value is not None)
    return [(name, [one.get(name) for one in told]) for name in names]


def all_results(one: Experiment) -> dict[str, float | None]:
    figures = {name: one.outcome.figures.get(name) for name in figure_names(one)}
    return {
        **figures,
        "trained_tokens": one.job.trained_tokens,
        "seconds": one.outcome.seconds,
        "usd": one.outcome.usd,
    }


def figure_names(one: Experiment) -> list[str]:
    """In a steady order."""
    order = [*quantities(one.job.method, ()), *("mean_token_accuracy", "reward_accuracy", "reward_margin")]
    known = [f"{part}_{name}{end}" for name in dict.fromkeys(order) for part, end in _PARTS]
    return [name for name in (*known, *one.outcome.figures) if name in one.outcome.figures]


_PARTS: Final = (("train", ""), ("valid", ""), ("best", ""), ("best", "_step"))


def export_table(experiments: Sequence[Experiment]) -> tuple[list[str], list[list[str | int | float]]]:
    """Columns and rows, one a job: who, when, which data, all settings, and what came of it."""
    rows = [_row(one) for one in experiments]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return columns, [[_cell(row.get(name)) for name in columns] for row in rows]


def _row(one: Experiment) -> dict[str, object]:
    job = one.job
    return {
        "job": job.id,
        "provider_job": job.provider_job_id,
        "state": job.state,
        "requester": job.requester,
        "channel": job.origin.channel,
        "created": _moment(job.created_at),
        "started": _moment(job.started_at),
        "finished": _moment(job.finished_at),
        "dataset": job.dataset_id,
        "sha256": one.sha256,
        "training_file": job.training_file,
        "validation_dataset": job.validation_dataset_id,
        "validation_sha256": one.validation_sha256,
        "validation_file": job.validation_file,
        **{name: value for name, value in settings(one).items() if name not in ("data", "validation")},
        "fine_tuned_model": job.fine_tuned_model,
        "estimated_usd": job.estimated_cost,
        **all_results(one),
    }


def _moment(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec="seconds")[:19]


def _cell(value: object) -> str | int | float:
    return value if isinstance(value, str | int | float) else "" if value is None else str(value)
