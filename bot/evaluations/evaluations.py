"""Evaluating models: what it will take, starting, pausing, going on, cancelling, and choosing a channel's model."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.conversations.chat_models import ChatModels
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.overlaps import Overlaps
from bot.errors import Conflict, Invalid, NotFound
from bot.evaluations.control import control_items
from bot.evaluations.controls import RunControls
from bot.evaluations.evaluation import (
    DEFAULT_N,
    MOST_DAYS,
    MOST_MODELS,
    MOST_N,
    MOST_SAMPLES,
    Caveat,
    DrawnItem,
    Evaluation,
    EvaluationRequest,
    EvaluationStore,
    Plan,
    Repeat,
)
from bot.evaluations.grading import reads_logprobs
from bot.evaluations.model_answers import EmbeddingModel
from bot.evaluations.pace import FIRST, OWN_AT_A_TIME
from bot.evaluations.result import Result
from bot.evaluations.run import RunState
from bot.evaluations.statistics import detectable
from bot.evaluations.survey import Survey, answer_key, prompt_hash, survey
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job, Origin
from bot.jobs.lookup import JobLookup
from bot.models.catalogue import Catalogue
from bot.providers.chat import Parameters, Usage
from bot.spending.model_use import ModelSpending
from bot.worker_processes import Pool, WorkerPools
from graders.errors import GraderError
from graders.grader import judges, needs_embeddings
from graders.grading import unavailable
from graders.judging import one_family
from graders.named import NAMED
from graders.reading import as_json, grader_of
from training_files.catalog import base_of

_FEW: Final = 50
_LATEST: Final = 50
# Of an answer of a model on own hardware.
_TIMES_LONGEST: Final = 4
_FEWEST_TOKENS: Final = 64
_MOST_TOKENS: Final = 2_048
# Of a question of the control set, and of an answer to it, about.
_CONTROL_TOKENS: Final = 40
# Of what a judge is told beside question and answer, and of what it says, about.
_JUDGE_TOKENS: Final = 300
_VERDICT_TOKENS: Final = 60


class _Planned(msgspec.Struct, frozen=True):
    plan: Plan
    evaluation: Evaluation
    drawn: tuple[DrawnItem, ...]


class Evaluations(RunControls[Evaluation]):
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
        embeddings: EmbeddingModel | None = None,
    ) -> None:
        """`trusted`: the sources of Python graders that may run."""
        super().__init__(Evaluation.kind, evaluations, catalogue, spending, authority)
        self._evaluations = evaluations
        self._models = models
        self._jobs = jobs
        self._job_lookup = job_lookup
        self._datasets = datasets
        self._dataset_lookup = dataset_lookup
        self._file_store = file_store
        self._pools = pools
        self._tokenizers = tokenizers
        self._trusted = trusted
        self._embeddings = embeddings
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
        """What it will take, and what it can show. Nothing is asked, nothing is kept.

        Raises Invalid, Denied, NotFound, Conflict, ProviderError, TrainingFileError.
        """
        return (await self._planned(caller, origin, request)).plan

    async def start(self, caller: Caller, origin: Origin, request: EvaluationRequest) -> Evaluation:
        """The models are asked from now on. A retry of the caller's request gets the same evaluation. Raises like
        `plan`, and OverBudget."""
        known = await self._evaluations.get(_id_of(caller))
        if known is not None:
            return known
        planned = await self._planned(caller, origin, request)
        evaluation = planned.evaluation
        await self._authority.require(caller, Action.EVALUATE, evaluation.resource, caller.posts_in)
        await self.require_budget(caller, evaluation)
        started = entry(caller, Action.EVALUATE, evaluation.id, details=f"{len(evaluation.models)} x {evaluation.n}")
        return await self._evaluations.open(evaluation, planned.drawn, started)

    async def latest(self, caller: Caller, limit: int = _LATEST) -> list[Evaluation]:
        """Of the caller's channel, the latest first. Raises Denied."""
        await self._authority.require(caller, Action.USE)
        found = await self._evaluations.latest(caller.channel, limit)
        return [one for one in found if self._authority.allows(caller, Action.SEE, one.resource)]

    async def result(self, caller: Caller, evaluation_id: str) -> Result:
        """What came of it. Raises Denied, NotFound; Conflict while it has not finished."""
        known = await self.known(caller, evaluation_id, Action.SEE)
        result = await self._evaluations.result(known.id)
        if result is None:
            raise Conflict("run_state", kind=known.kind, state=known.state)
        return msgspec.json.decode(result, type=Result)

    async def promote(self, caller: Caller, evaluation_id: str, model: str) -> None:
        """Make `model` the one that the channel is offered first. Raises Denied, NotFound, Conflict."""
        known = await self.known(caller, evaluation_id, Action.PROMOTE)
        if model not in known.models:
            raise NotFound("no_such_model", model=model)
        await self._models.require(caller, model)
        promoted = entry(caller, Action.PROMOTE, model, details=known.id)
        await self._evaluations.set_current_model(caller.channel, model, caller.user, caller.at, promoted)

    async def repeat(self, caller: Caller, evaluation_id: str, days: int | None) -> Evaluation:
        """Have it repeated every so many days (1 to 90), with answers that are asked for anew, and people told of what
        has changed; None ends that. Raises Denied, NotFound, Invalid; Conflict for one that has not finished."""
        known = await self.known(caller, evaluation_id, Action.DECIDE)
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise Invalid("how_many_days", "days", most=MOST_DAYS)
        if days is not None and known.state is not RunState.FINISHED:
            raise Conflict("run_state", kind=known.kind, state=known.state)
        wanted = Repeat(known.id, days, caller.at + days * 86_400.0, known.id) if days is not None else None
        changed = entry(caller, "repeat evaluation", known.id, details="off" if days is None else f"{days} d")
        await self._evaluations.set_repeat(known.id, wanted, changed)
        return known

    async def repeated(self, caller: Caller, evaluation_id: str) -> Repeat | None:
        """How it is repeated; None where it is not. Raises Denied, NotFound."""
        return await self._evaluations.repeat((await self.known(caller, evaluation_id, Action.SEE)).id)

    # The plan

    async def _planned(self, caller: Caller, origin: Origin, request: EvaluationRequest) -> _Planned:
        await self._authority.require(caller, Action.EVALUATE)
        models = tuple(dict.fromkeys(request.models))
        if not 1 <= len(models) <= MOST_MODELS:
            raise Invalid("how_many_evaluated", "models", most=MOST_MODELS)
        if request.n is not None and not 1 <= request.n <= MOST_N:
            raise Invalid("how_many_items", "n", most=MOST_N)
        if not 1 <= request.samples <= MOST_SAMPLES:
            raise Invalid("how_many_samples", "samples", most=MOST_SAMPLES)
        for model in models:
            await self._models.require(caller, model)
        job = await self._job(caller, request, models)
        dataset = await self._dataset(caller, request, job)
        seed = request.seed
        if seed is None:  # of the file: whatever is asked of it next, what has been answered need not be paid for again
            seed = int.from_bytes(hashlib.sha256(dataset.sha256.encode()).digest()[:6])
        with self._file_store.reading(dataset) as path:
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
        grader, grader_name = self._grader(request, read, dataset, job)
        asked = grader_of(grader)
        for judge in judges(asked):
            await self._models.require(caller, judge)
        most_tokens = min(max(_TIMES_LONGEST * read.longest_answer, _FEWEST_TOKENS), _MOST_TOKENS)
        own = [
            model for model in models if self._spending.is_free(model, (await self._catalogue.provider_of(model)).name)
        ]
        evaluation = Evaluation(
            id=_id_of(caller),
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
            most_tokens=dict.fromkeys(own, most_tokens if read.longest_answer else _MOST_TOKENS),
            logprobs=reads_logprobs(asked),
            job_id=job.id if job else None,
        )
        drawn = read.drawn
        if request.control or (request.control is None and len(own) == len(models)):
            evaluation = msgspec.structs.replace(evaluation, control=True)
            drawn = (*drawn, *_control(len(drawn)))
        return _Planned(await self._told(evaluation, read, drawn, dataset, job), evaluation, drawn)

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
            fault = unavailable(grader, embeddings=self._embeddings is not None, trusted=self._trusted)
            if fault is not None:
                raise Invalid(fault.kind, "grader", **fault.values)
            return as_json(grader), request.grader_name or grader.name
        if not read.has_reference:
            raise Invalid("no_references", "grader")
        return as_json(NAMED[read.suits]), read.suits

    async def _told(
        self, evaluation: Evaluation, read: Survey, drawn: Sequence[DrawnItem], dataset: Dataset, job: Job | None
    ) -> Plan:
        n, samples, all_answers = len(read.drawn), evaluation.samples, len(drawn) * evaluation.samples
        missing, cached, usd, free, unpriced = 0, 0, 0.0, True, []
        seconds: float | None = 0.0
        for model in evaluation.models:
            provider = await self._catalogue.provider_of(model)
            keys = await asyncio.to_thread(_keys, evaluation, model, provider.name, drawn)
            there = len(await self._evaluations.known_answers(keys))
            cached += all_answers - len(keys) + there
            missing += len(keys) - there
            each = await self._evaluations.seconds_per_answer(model)
            at_a_time = OWN_AT_A_TIME if self._spending.is_free(model, provider.name) else FIRST
            seconds = None if each is None or seconds is None else seconds + each * (len(keys) - there) / at_a_time
            free = free and self._spending.is_free(model, provider.name)
            share, base = (len(keys) - there) / len(drawn), base_of(model)
            control = _CONTROL_TOKENS * (len(drawn) - n)
            used = Usage(
                round((read.prompt_tokens[base] + control) * share), round((read.answer_tokens[base] + control) * share)
            )
            price = self._spending.cost(used, model, provider.name)
            usd += price or 0.0
            if price is None:
                unpriced.append(model)
        for judge in judges(grader_of(evaluation.grader)):
            provider = await self._catalogue.provider_of(judge)
            read_tokens = max(read.prompt_tokens.values()) + max(read.answer_tokens.values()) + _JUDGE_TOKENS * n
            told = Usage(read_tokens, _VERDICT_TOKENS * n)
            price = self._spending.cost(told, judge, provider.name)
            usd += (price or 0.0) * len(evaluation.models) * samples
            free = free and self._spending.is_free(judge, provider.name)
            if price is None:
                unpriced.append(judge)
        if self._embeddings is not None and needs_embeddings(grader_of(evaluation.grader)):
            name, provider = self._embeddings.name, self._embeddings.provider
            texts = len(evaluation.models) * samples + 1  # each answer, and the reference once
            price = self._spending.cost(Usage(max(read.answer_tokens.values()) * texts, 0), name, provider.name)
            usd += price or 0.0
            free = free and self._spending.is_free(name, provider.name)
            if price is None:
                unpriced.append(name)
        return Plan(
            models=evaluation.models,
            dataset_id=dataset.id,
            file_name=dataset.name,
            grader=evaluation.grader,
            grader_name=evaluation.grader_name,
            task=read.task,
            labels=read.labels,
            n=n,
            n_in_file=read.n_in_file,
            samples=samples,
            answers=missing,
            cached=cached,
            usd=None if unpriced else usd,
            seconds=seconds,
            free=free,
            control=evaluation.control,
            job_id=evaluation.job_id,
            detectable=detectable(n),
            caveats=tuple(await self._caveats(evaluation, read, dataset, job, unpriced)),
        )

    async def _caveats(
        self, evaluation: Evaluation, read: Survey, dataset: Dataset, job: Job | None, unpriced: Sequence[str]
    ) -> list[Caveat]:
        told = []
        if len(read.drawn) < _FEW:
            told.append(Caveat("few", {"n": len(read.drawn)}))
        if job is not None and (overlap := await self._overlap(job, dataset)):
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
        if unpriced:
            told.append(Caveat("unknown_price", {"models": list(unpriced)}))
        return told

    async def _overlap(self, job: Job, dataset: Dataset) -> int:
        """How many examples of the file that is evaluated on were trained on, too."""
        trained = await self._datasets.get(job.dataset_id) if job.dataset_id else None
        if trained is None or trained.deleted_at is not None or not self._file_store.path(trained.sha256).exists():
            return 0
        if trained.sha256 == dataset.sha256:
            return dataset.report.examples if dataset.report else 1
        if self._overlaps.is_due(trained, dataset):
            await self._overlaps.count(trained, dataset)
        return self._overlaps.known(trained, dataset)


def _keys(evaluation: Evaluation, model: str, provider: str, drawn: Sequence[DrawnItem]) -> set[str]:
    """Of all answers that are wanted of the model."""
    asked = {control: evaluation.asked_how(model, control=control) for control in (False, True)}
    return {
        answer_key(provider, model, item.prompt, asked[item.control], evaluation.sample_number(sample))
        for item in drawn
        for sample in range(evaluation.samples)
    }


def _control(first: int) -> list[DrawnItem]:
    """The control set, numbered from there."""
    return [
        DrawnItem(number, one.item.line, 0, prompt_hash(one.item), slices=one.item.slices, control=True)
        for number, one in enumerate(control_items(), first)
    ]


def _id_of(caller: Caller) -> str:
    return "eval-" + hashlib.sha256(caller.key.encode()).hexdigest()[:12]
