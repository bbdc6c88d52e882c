"""Planning an evaluation: which examples of which file are asked, of which models, and how they are graded; what that
takes, and what it can show."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.conversations.chat_models import ChatModels
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.overlaps import Overlaps
from bot.errors import Conflict, Invalid
from bot.evaluations.control import control_items
from bot.evaluations.cost import Cost, EvaluationCost
from bot.evaluations.evaluation import (
    DEFAULT_N,
    MOST_MODELS,
    MOST_N,
    MOST_SAMPLES,
    Caveat,
    DrawnItem,
    Evaluation,
    EvaluationRequest,
    EvaluationStore,
    Plan,
)
from bot.evaluations.grading import reads_logprobs
from bot.evaluations.model_answers import EmbeddingModel
from bot.evaluations.statistics import detectable
from bot.evaluations.survey import Survey, prompt_hash, survey
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job, Origin
from bot.jobs.lookup import JobLookup
from bot.models.catalogue import Catalogue
from bot.providers.chat import Parameters
from bot.spending.model_use import ModelSpending
from bot.worker_processes import Pool, WorkerPools
from graders.errors import GraderError
from graders.grader import judges
from graders.grading import unavailable
from graders.judging import one_family
from graders.named import NAMED
from graders.reading import as_json, grader_of
from training_files.catalog import base_of

_FEW: Final = 50
# Of an answer of a model on own hardware.
_TIMES_LONGEST: Final = 4
_FEWEST_TOKENS: Final = 64
_MOST_TOKENS: Final = 2_048


class Prepared(msgspec.Struct, frozen=True):
    """An evaluation as it would begin. `drawn`: with the items of the control set."""

    evaluation: Evaluation
    drawn: tuple[DrawnItem, ...]
    read: Survey
    dataset: Dataset
    job: Job | None


class EvaluationPlanning:
    def __init__(
        self,
        evaluations: EvaluationStore,
        models: ChatModels,
        catalogue: Catalogue,
        spending: ModelSpending,
        jobs: JobStore,
        job_lookup: JobLookup,
        datasets: DatasetStore,
        dataset_lookup: DatasetLookup,
        file_store: FileStore,
        pools: WorkerPools,
        authority: Authority,
        *,
        tokenizers: Path | None = None,
        trusted: frozenset[str] = frozenset(),
        embeddings: Mapping[str, EmbeddingModel] = MappingProxyType({}),
    ) -> None:
        """`trusted`: the sources of Python graders that may run."""
        self._models = models
        self._catalogue = catalogue
        self._spending = spending
        self._jobs = jobs
        self._job_lookup = job_lookup
        self._datasets = datasets
        self._dataset_lookup = dataset_lookup
        self._file_store = file_store
        self._pools = pools
        self._authority = authority
        self._tokenizers = tokenizers
        self._trusted = trusted
        self._embeds = bool(embeddings)
        self._cost = EvaluationCost(evaluations, catalogue, spending, embeddings)
        self._overlaps = Overlaps(file_store, pools)

    async def of_job(self, caller: Caller, word: str, *, checkpoints: bool = False) -> EvaluationRequest:
        """What evaluates the model of a finished job: base model (the baseline), parent, its model, with `checkpoints`
        those, too. Raises NotFound, Denied; Conflict where it has made no model yet."""
        job = await self._job_lookup.get(caller, word, Action.EVALUATE, to_post=True)
        if not job.fine_tuned_model or job.model_lost:
            raise Conflict("no_model_yet")
        made = [one.model for one in await self._jobs.checkpoints(job.id)] if checkpoints else []
        named = dict.fromkeys([base_of(job.base_model), *filter(None, [job.parent]), *made])
        before = [model for model in named if model != job.fine_tuned_model and await self._catalogue.exists(model)]
        # The baseline, and the latest checkpoints.
        kept = [*before[:1], *before[1:][-(MOST_MODELS - 2) :]]
        return EvaluationRequest((*kept, job.fine_tuned_model), job_id=job.id)

    async def plan(self, caller: Caller, origin: Origin, request: EvaluationRequest) -> Plan:
        """What it will take, and what it can show. Nothing is asked, nothing is kept. Raises like `prepare`."""
        prepared = await self.prepare(caller, origin, request)
        evaluation, read = prepared.evaluation, prepared.read
        cost = await self._cost.of(evaluation, read, prepared.drawn)
        return Plan(
            models=evaluation.models,
            dataset_id=evaluation.dataset_id,
            file_name=evaluation.file_name,
            grader=evaluation.grader,
            grader_name=evaluation.grader_name,
            task=evaluation.task,
            labels=evaluation.labels,
            n=evaluation.n,
            n_in_file=evaluation.n_in_file,
            samples=evaluation.samples,
            answers=cost.answers,
            cached=cost.cached,
            usd=None if cost.unpriced else cost.usd,
            seconds=cost.seconds,
            free=cost.free,
            control=evaluation.control,
            job_id=evaluation.job_id,
            detectable=detectable(evaluation.n),
            caveats=tuple(await self._caveats(prepared, cost)),
        )

    async def prepare(self, caller: Caller, origin: Origin, request: EvaluationRequest) -> Prepared:
        """Raises Invalid, Denied, NotFound, Conflict, ProviderError, TrainingFileError."""
        await self._authority.require(caller, Action.EVALUATE)
        models = _models(request)
        for model in models:
            await self._models.require(caller, model)
        job = await self._job(caller, request, models)
        dataset = await self._dataset(caller, request, job)
        seed = _seed(dataset) if request.seed is None else request.seed
        read = await self._read(dataset, request, seed, models)
        grader, grader_name = self._grader(request, read, dataset, job)
        asked = grader_of(grader)
        for judge in judges(asked):
            await self._models.require(caller, judge)
        own = [
            model for model in models if self._spending.is_free(model, (await self._catalogue.provider_of(model)).name)
        ]
        control = len(own) == len(models) if request.control is None else request.control
        evaluation = Evaluation(
            id=evaluation_id(caller),
            models=models,
            dataset_id=dataset.id,
            file_name=dataset.name,
            file=dataset.sha256,
            grader=grader,
            grader_name=grader_name,
            n=len(read.drawn),
            n_in_file=read.n_in_file,
            seed=seed,
            team=origin.team,
            channel=origin.channel,
            owner=caller.user,
            created_at=caller.at,
            samples=request.samples,
            # Several answers at temperature 0 would be one.
            parameters=Parameters(temperature=0.0 if request.samples == 1 else 1.0),
            task=read.task,
            labels=read.labels,
            formats={
                model: format
                for model in models
                if (format := (await self._models.starter(caller, model)).completion) is not None
            },
            private=origin.private,
            thread_ts=origin.thread_ts,
            # A small model may go on to the end of its context, for minutes. Others think in tokens that count, too.
            most_tokens=dict.fromkeys(own, _most_tokens(read)),
            logprobs=reads_logprobs(asked),
            job_id=job.id if job else None,
            control=control,
        )
        drawn = (*read.drawn, *_control(len(read.drawn))) if control else read.drawn
        return Prepared(evaluation, drawn, read, dataset, job)

    async def _job(self, caller: Caller, request: EvaluationRequest, models: Sequence[str]) -> Job | None:
        """The one that is evaluated: the one named, else that of the last model that we made."""
        if request.job_id is not None:
            return await self._job_lookup.get(caller, request.job_id, Action.EVALUATE, to_post=True)
        made = await self._jobs.models(models)
        return next((made[model] for model in reversed(models) if model in made), None)

    async def _dataset(self, caller: Caller, request: EvaluationRequest, job: Job | None) -> Dataset:
        if request.dataset_id is not None:
            return await self._dataset_lookup.get(caller, request.dataset_id, Action.SEE, to_post=True)
        for wanted in await self._validating(job) if job else []:
            dataset = await self._datasets.get(wanted)
            if dataset is None or dataset.deleted_at is not None:
                continue
            if self._authority.allows(caller, Action.SEE, dataset.resource, caller.posts_in):
                return dataset
        raise Invalid("which_file_to_evaluate", "dataset")

    async def _validating(self, job: Job) -> list[str]:
        """What validated the job, else what was split off its file."""
        trained = await self._datasets.get(job.dataset_id) if job.dataset_id else None
        return [one for one in (job.validation_dataset_id, trained.validation if trained else None) if one]

    async def _read(self, dataset: Dataset, request: EvaluationRequest, seed: int, models: Sequence[str]) -> Survey:
        async with self._file_store.reading(dataset) as path:
            read = await self._pools.run(
                survey,
                path,
                request.n or DEFAULT_N,
                seed,
                models,
                self._tokenizers,
                pool=Pool.of_work(dataset.bytes),
            )
        if not read.drawn:
            raise Invalid("no_prompts", "dataset", name=dataset.name)
        return read

    def _grader(
        self, request: EvaluationRequest, read: Survey, dataset: Dataset, job: Job | None
    ) -> tuple[dict[str, Any], str]:
        """That of the request, of the job where the file is one for reinforcement, else what suits the file."""
        given = request.grader
        if given is None and job is not None and (dataset.format == "reinforcement" or not read.has_reference):
            given = job.grader
        if given is not None:
            try:
                grader = grader_of(given)
            except GraderError as error:
                raise Invalid(error.kind, "grader", **error.values) from None
            fault = unavailable(grader, embeddings=self._embeds, trusted=self._trusted)
            if fault is not None:
                raise Invalid(fault.kind, "grader", **fault.values)
            return as_json(grader), request.grader_name or grader.name
        if not read.has_reference:
            raise Invalid("no_references", "grader")
        return as_json(NAMED[read.suits]), read.suits

    async def _caveats(self, prepared: Prepared, cost: Cost) -> list[Caveat]:
        evaluation, read, job = prepared.evaluation, prepared.read, prepared.job
        told = []
        if evaluation.n < _FEW:
            told.append(Caveat("few", {"n": evaluation.n}))
        if job is not None and (overlap := await self._overlap(job, prepared.dataset)):
            told.append(Caveat("overlap", {"count": overlap}))
        for judge in judges(grader_of(evaluation.grader)):
            for model in evaluation.models:
                if one_family(judge, model):
                    told.append(Caveat("judge_of_family", {"judge": judge, "model": model}))
        if evaluation.grader_name == "rouge_l":
            told.append(Caveat("no_exact_grader"))
        if read.unusable:
            told.append(Caveat("unusable", {"count": read.unusable}))
        if job is not None and job.validation_dataset_id == evaluation.dataset_id:
            told.append(Caveat("chose_checkpoints"))
        if cost.unpriced:
            told.append(Caveat("unknown_price", {"models": list(cost.unpriced)}))
        return told

    async def _overlap(self, job: Job, dataset: Dataset) -> int:
        """How many examples of the file that is evaluated on were trained on, too."""
        trained = await self._datasets.get(job.dataset_id) if job.dataset_id else None
        if trained is None or trained.deleted_at is not None or not self._file_store.has(trained.sha256):
            return 0
        if trained.sha256 == dataset.sha256:
            return dataset.report.examples if dataset.report else 1
        if self._overlaps.is_due(trained, dataset):
            await self._overlaps.count(trained, dataset)
        return self._overlaps.known(trained, dataset)


def evaluation_id(caller: Caller) -> str:
    """The same for a retry of the caller's request."""
    return "eval-" + hashlib.sha256(caller.key.encode()).hexdigest()[:12]


def _models(request: EvaluationRequest) -> tuple[str, ...]:
    """Each once. Raises Invalid, also for another number that is out of bounds."""
    models = tuple(dict.fromkeys(request.models))
    if not 1 <= len(models) <= MOST_MODELS:
        raise Invalid("how_many_evaluated", "models", most=MOST_MODELS)
    if request.n is not None and not 1 <= request.n <= MOST_N:
        raise Invalid("how_many_items", "n", most=MOST_N)
    if not 1 <= request.samples <= MOST_SAMPLES:
        raise Invalid("how_many_samples", "samples", most=MOST_SAMPLES)
    return models


def _seed(dataset: Dataset) -> int:
    """Of the file: whatever is asked of it next, what has been answered need not be paid for again."""
    return int.from_bytes(hashlib.sha256(dataset.sha256.encode()).digest()[:6])


def _most_tokens(read: Survey) -> int:
    """Of an answer of a model on own hardware."""
    if not read.longest_answer:
        return _MOST_TOKENS
    return min(max(_TIMES_LONGEST * read.longest_answer, _FEWEST_TOKENS), _MOST_TOKENS)


def _control(first: int) -> list[DrawnItem]:
    """The control set, numbered from there."""
    return [
        DrawnItem(number, one.item.line, 0, prompt_hash(one.item), slices=one.item.slices, control=True)
        for number, one in enumerate(control_items(), first)
    ]
