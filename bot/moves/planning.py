"""Planning a move: which models, on which data, with which settings; what it costs, and what cannot be moved."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.errors import BotError, Invalid, NotFound
from bot.evaluations.grading import plain_values
from bot.evaluations.run import Reason
from bot.job_requests import JobRequest, JobRequests
from bot.jobs.admission import price_of
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job, Loss, Origin
from bot.jobs.submit import Submitter
from bot.models.catalogue import Catalogue
from bot.moves.data import MovedData
from bot.moves.examples import Examples, From, MoveExamples
from bot.moves.mapping import mapped
from bot.moves.move import MOST, MovedModel, move_id_for
from bot.providers.registry import Providers
from bot.spending.budget import NotAdmitted
from training_files import TrainingFileError


class MoveRequest(msgspec.Struct, frozen=True):
    """`models`: empty for all fine-tuned models that the caller may show here and that are at another provider.
    `shown`: the digest of the models in the plan that was agreed to; "" where none was shown."""

    provider: str
    base_model: str
    models: tuple[str, ...] = ()
    shown: str = ""


class NotMoved(msgspec.Struct, frozen=True):
    model: str
    why: Reason


class MovePlan(msgspec.Struct, frozen=True):
    """What would become of a move, if it were started now. `moved`, `jobs` (those of the successors) and `examples` (on
    which each is held against the old model) go together, the first to retire first. `usd`: of the training, `asking`:
    of the answers on the examples; None where nobody knows the price of one. `later`: so many models are too many for
    one move. `refused`: why it cannot be started.
    """

    moved: Sequence[MovedModel]
    jobs: Sequence[Job]
    not_moved: Sequence[NotMoved]
    examples: Sequence[Examples] = ()
    usd: float | None = 0.0
    asking: float | None = 0.0
    later: int = 0
    refused: NotAdmitted | None = None

    @property
    def digest(self) -> str:
        """Another one where other models would be moved."""
        return digest_of(self.moved)


class _Draft(msgspec.Struct, frozen=True):
    """Of one model: the job that made it, what becomes of it, the job of its successor, and on what they are held
    against each other."""

    source: Job
    moved: MovedModel
    job: Job
    examples: Examples


def digest_of(moved: Sequence[MovedModel]) -> str:
    return hashlib.sha256("\n".join(one.model for one in moved).encode()).hexdigest()[:12]


class MovePlanning:
    def __init__(
        self,
        jobs: JobStore,
        data: MovedData,
        examples: MoveExamples,
        requests: JobRequests,
        submitter: Submitter,
        catalogue: Catalogue,
        providers: Providers,
        authority: Authority,
    ) -> None:
        self._jobs = jobs
        self._data = data
        self._examples = examples
        self._requests = requests
        self._submitter = submitter
        self._catalogue = catalogue
        self._providers = providers
        self._authority = authority

    async def movable(self, caller: Caller, provider: str) -> list[str]:
        """The fine-tuned models that may be moved to that provider from here, also those that answer no more: the first
        to retire first. Raises Denied."""
        await self._authority.require(caller, Action.SUBMIT)
        made = await self._jobs.models()
        # What was moved there, or is on its way, need not be moved again.
        successors = [*made.values(), *await self._jobs.not_ended()]
        before = {job.parent for job in successors if job.provider == provider}
        return await self._by_date(
            [
                model
                for model, job in made.items()
                if model == job.fine_tuned_model
                and job.provider != provider
                and job.model_lost is not Loss.DELETED
                and not job.is_rehearsal
                and model not in before
                and self._authority.allows(caller, Action.CHAT, job.resource, caller.posts_in)
            ]
        )

    async def plan(self, caller: Caller, request: MoveRequest) -> MovePlan:
        """Nothing is stored but data sets that had to be fetched. Raises Denied, NotFound, ProviderError."""
        origin = Origin(caller.team, caller.channel, False)
        drafts, not_moved, later = await self._drafts(caller, request, origin, caller.key)
        jobs: Sequence[Job] = [draft.job for draft in drafts]
        examples = [draft.examples for draft in drafts]
        refused = None
        if jobs:
            try:
                jobs = await self._submitter.preview_together(jobs)
            except NotAdmitted as error:
                refused = error
        asking = [await self._asking(request, draft) for draft in drafts]
        known = [usd for usd in asking if usd is not None]
        return MovePlan(
            moved=[draft.moved for draft in drafts],
            jobs=jobs,
            not_moved=not_moved,
            examples=examples,
            usd=price_of(jobs),
            asking=sum(known) if len(known) == len(asking) else None,
            later=later,
            refused=refused,
        )

    async def drafted(
        self, caller: Caller, request: MoveRequest, origin: Origin, identity: str
    ) -> tuple[list[MovedModel], list[Job], list[NotMoved]]:
        """The models that can be moved, the jobs that make their successors, and the models that cannot be. What is
        held out of a training file is, from here on."""
        drafts, not_moved, _ = await self._drafts(caller, request, origin, identity, hold_out=True)
        return [draft.moved for draft in drafts], [draft.job for draft in drafts], not_moved

    async def _drafts(
        self, caller: Caller, request: MoveRequest, origin: Origin, identity: str, *, hold_out: bool = False
    ) -> tuple[list[_Draft], list[NotMoved], int]:
        await self._authority.require(caller, Action.SUBMIT)
        self._providers.named(request.provider)
        wanted = await self._by_date(request.models or await self.movable(caller, request.provider))
        if not wanted:
            raise NotFound("nothing_to_move", provider=request.provider)
        models, later = wanted[:MOST], len(wanted[MOST:])
        if not request.models:
            models += await self._kept_checkpoints(models)
        ends = await self._catalogue.retirements(models)
        made = await self._jobs.models(models)
        drafts: list[_Draft] = []
        not_moved: list[NotMoved] = []
        for model in models:
            try:
                source = await self._source(caller, request, made.get(model), model)
                draft = await self._successor(
                    caller, request, source, model, origin, f"{identity}/{model}", hold_out=hold_out
                )
            except (BotError, TrainingFileError) as error:
                not_moved.append(NotMoved(model, Reason(error.kind, plain_values(error.values))))
                continue
            day = ends[model].shutdown_date
            drafts.append(
                msgspec.structs.replace(
                    draft,
                    moved=msgspec.structs.replace(draft.moved, retires=day.isoformat() if day else None),
                    job=msgspec.structs.replace(draft.job, group=move_id_for(identity), parent=model),
                )
            )
        return drafts, not_moved, later

    async def _kept_checkpoints(self, models: Sequence[str]) -> list[str]:
        """Those of the jobs that made these models: they are named, since they do not come along."""
        made = await self._jobs.models(models)
        return [kept for model in models for kept in made[model].kept if kept not in made[model].lost_models]

    async def _asking(self, request: MoveRequest, draft: _Draft) -> float | None:
        """What the answers of the two models will cost, of the successor's alone where the old one answers no more."""
        old, source = draft.moved.model, draft.source
        asked = {f"ft:{request.base_model}": request.provider}
        ends = (await self._catalogue.retirements([old]))[old]
        if old not in source.lost_models and ends.answers(datetime.now(UTC).date()):
            asked[old] = source.provider
        return await self._examples.usd(draft.examples, asked)

    async def _source(self, caller: Caller, request: MoveRequest, job: Job | None, model: str) -> Job:
        """The job that made the model. Raises NotFound, Denied, Invalid."""
        if job is None:
            raise NotFound("no_such_model", model=model)
        try:
            await self._authority.require_to_post(caller, Action.CHAT, job.resource)
        except NotFound:
            raise NotFound("no_such_model", model=model) from None
        if job.provider == request.provider:
            raise Invalid("moved_nowhere", provider=request.provider)
        if model != job.fine_tuned_model:
            raise Invalid("checkpoint_not_moved", model=job.fine_tuned_model or "")
        return job

    async def _successor(
        self,
        caller: Caller,
        request: MoveRequest,
        source: Job,
        model: str,
        origin: Origin,
        identity: str,
        *,
        hold_out: bool,
    ) -> _Draft:
        dataset = await self._data.of(caller, source)
        examples = await self._examples.of(caller, dataset, source.validation_dataset_id)
        held_out = examples.count if examples.source is From.HELD_OUT else 0
        validation = examples.dataset.id if examples.source is From.VALIDATION else None
        if hold_out and held_out:
            dataset, taken = await self._examples.hold_out(caller, dataset)
            validation, held_out = taken.id, taken.report.examples if taken.report else held_out
        vendor = self._providers.config(request.provider).known_vendor
        settings, left = mapped(source, request.provider, request.base_model, vendor)
        # The file decides the method, and what validated the old model may be gone.
        settings = msgspec.structs.replace(settings, method="", validation=validation)
        job = await self._requests.drafted(caller, JobRequest(settings, dataset.id), origin, identity)
        return _Draft(source, MovedModel(model, job.id, settings, dataset.id, left, held_out=held_out), job, examples)

    async def _by_date(self, models: Sequence[str]) -> list[str]:
        ends = await self._catalogue.retirements(models)
        return sorted(models, key=lambda model: (str(ends[model].shutdown_date or "9999"), model))
