"""All that is known of a job and of what its model was made of, as far as it may be shown where it is asked for."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.collections.collection import Collection, CollectionStore
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.errors import Denied
from bot.evaluations.evaluation import Evaluation, EvaluationStore
from bot.evaluations.result import Result
from bot.evaluations.run import RunState
from bot.jobs.assessment import Assessment, RankedCheckpoint, assess, rank
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.providers.protocol import Metrics

# Longer chains are cut at their beginning; a circle ends, too.
_MOST_GENERATIONS: Final = 50
_EVENTS_LOOKED_AT: Final = 2_000
_EVALUATIONS_LOOKED_AT: Final = 50


class Source(msgspec.Struct, frozen=True):
    """A data set, with the training sets that its examples came from. `hidden`: it is of a private channel, and not for
    those who see the report; then nothing else is said of it."""

    dataset: Dataset | None
    collections: Sequence[Collection] = ()
    hidden: bool = False


class Evaluated(msgspec.Struct, frozen=True):
    """A finished evaluation of one of the job's models, and what came of it."""

    evaluation: Evaluation
    result: Result | None = None


class Trainer(msgspec.Struct, frozen=True):
    """What a provider told of its software, and where the base model's weights came from."""

    origin: str = ""
    weights: dict[str, str] = {}
    code: dict[str, str] = {}


class JobReport(msgspec.Struct, frozen=True):
    """`data`: the training file, then what each was made of, back to the first. `parents`: the jobs that made the
    models from which this one went on, the latest first. `names`: whether people are named."""

    job: Job
    metrics: Sequence[Metrics]
    assessment: Assessment
    checkpoints: Sequence[RankedCheckpoint]
    data: Sequence[Source]
    validation: Source | None
    parents: Sequence[Job]
    evaluations: Sequence[Evaluated]
    trainer: Trainer
    names: bool


class JobReports:
    def __init__(
        self,
        lookup: JobLookup,
        jobs: JobStore,
        datasets: DatasetStore,
        collections: CollectionStore,
        evaluations: EvaluationStore,
        authority: Authority,
    ) -> None:
        self._lookup = lookup
        self._jobs = jobs
        self._datasets = datasets
        self._collections = collections
        self._evaluations = evaluations
        self._authority = authority

    async def of(self, caller: Caller, word: str, *, names: bool = False) -> JobReport:
        """Of the job that a person calls `word`, to be posted where they are; with `names`, of people, too, which only
        the job's owner may ask for. Raises Ambiguous, NotFound, Denied; Invalid without a word.
        """
        job = await self._lookup.named(caller, word, Action.SEE)
        job = await self._lookup.get(caller, job.id, Action.SEE, to_post=True)
        if names and caller.user != job.requester:
            await self._authority.refuse(caller, Action.SEE, job.id, Denied("names_by_owner"))
        metrics, checkpoints = await self._jobs.metrics(job.id), await self._jobs.checkpoints(job.id)
        return JobReport(
            job=job,
            metrics=metrics,
            assessment=assess(job, metrics, checkpoints),
            checkpoints=rank(job, metrics, checkpoints),
            data=await self._lineage(caller, job.dataset_id),
            validation=await self._source(caller, job.validation_dataset_id),
            parents=await self._parents(caller, job),
            evaluations=await self._evaluated(caller, job, [one.model for one in checkpoints]),
            trainer=await self._trainer(job),
            names=names,
        )

    async def _lineage(self, caller: Caller, dataset_id: str | None) -> list[Source]:
        found: list[Source] = []
        while dataset_id is not None and len(found) < _MOST_GENERATIONS:
            source = await self._source(caller, dataset_id)
            if source is None:
                break
            found.append(source)
            dataset_id = source.dataset.derived_from if source.dataset else None
        return found

    async def _source(self, caller: Caller, dataset_id: str | None) -> Source | None:
        dataset = await self._datasets.get(dataset_id) if dataset_id else None
        if dataset is None:
            return None
        if not self._authority.allows(caller, Action.SEE, dataset.resource, caller.posts_in):
            return Source(None, hidden=True)
        collections = [
            one
            for one in await self._collections.collections_in([dataset.id])
            if self._authority.allows(caller, Action.SEE, one.resource, caller.posts_in)
        ]
        return Source(dataset, collections)

    async def _parents(self, caller: Caller, job: Job) -> list[Job]:
        found: list[Job] = []
        model: str | None = job.base_model
        while model is not None and len(found) < _MOST_GENERATIONS:
            made = (await self._jobs.models([model])).get(model)
            if made is None or not self._authority.allows(caller, Action.SEE, made.resource, caller.posts_in):
                break
            found.append(made)
            model = made.base_model
        return found

    async def _evaluated(self, caller: Caller, job: Job, checkpoints: Sequence[str]) -> list[Evaluated]:
        models = {model for model in (job.fine_tuned_model, *checkpoints) if model}
        latest = await self._evaluations.latest(job.origin.channel, _EVALUATIONS_LOOKED_AT)
        found = []
        for one in latest:
            shown = self._authority.allows(caller, Action.SEE, one.resource, caller.posts_in)
            if shown and one.state == RunState.FINISHED and models & set(one.models):
                encoded = await self._evaluations.result(one.id)
                found.append(Evaluated(one, msgspec.json.decode(encoded, type=Result) if encoded else None))
        return found

    async def _trainer(self, job: Job) -> Trainer:
        """By the event in which our own trainer tells it."""
        for event in await self._jobs.events(job.id, _EVENTS_LOOKED_AT):
            if event.data and '"lineage"' in event.data:
                try:
                    told = msgspec.json.decode(event.data, type=_Told).lineage
                except msgspec.DecodeError:
                    continue
                return Trainer(told.base.origin, told.base.sha256, {str(k): str(v) for k, v in told.code.items()})
        return Trainer()


class _Base(msgspec.Struct):
    origin: str = ""
    sha256: dict[str, str] = {}


class _Lineage(msgspec.Struct):
    base: _Base = msgspec.field(default_factory=_Base)
    code: dict[str, Any] = {}


class _Told(msgspec.Struct):
    lineage: _Lineage
