"""Planning a move: which models, on which data, with which settings; what it costs, and what cannot be moved."""

import hashlib
from collections.abc import Sequence

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
    """What would become of a move, if it were started now. `moved` and `jobs` (those of the successors) go together,
    the first to retire first. `usd` is None where nobody knows the price of one. `refused`: why it cannot be started.
    """

    moved: Sequence[MovedModel]
    jobs: Sequence[Job]
    not_moved: Sequence[NotMoved]
    usd: float | None
    refused: NotAdmitted | None = None

    @property
    def digest(self) -> str:
        """Another one where other models would be moved."""
        return digest_of(self.moved)


def digest_of(moved: Sequence[MovedModel]) -> str:
    return hashlib.sha256("\n".join(one.model for one in moved).encode()).hexdigest()[:12]


class MovePlanning:
    def __init__(
        self,
        jobs: JobStore,
        data: MovedData,
        requests: JobRequests,
        submitter: Submitter,
        catalogue: Catalogue,
        providers: Providers,
        authority: Authority,
    ) -> None:
        self._jobs = jobs
        self._data = data
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
                and model not in before
                and self._authority.allows(caller, Action.CHAT, job.resource, caller.posts_in)
            ]
        )

    async def plan(self, caller: Caller, request: MoveRequest) -> MovePlan:
        """Nothing is stored but data sets that had to be fetched. Raises Denied, NotFound, Invalid, ProviderError."""
        moved, jobs, not_moved = await self.drafted(
            caller, request, Origin(caller.team, caller.channel, False), caller.key
        )
        if not jobs:
            return MovePlan(moved, jobs, not_moved, 0.0)
        usd = price_of(jobs)
        try:
            return MovePlan(moved, await self._submitter.preview_together(jobs), not_moved, usd)
        except NotAdmitted as error:
            return MovePlan(moved, jobs, not_moved, usd, error)

    async def drafted(
        self, caller: Caller, request: MoveRequest, origin: Origin, identity: str
    ) -> tuple[list[MovedModel], list[Job], list[NotMoved]]:
        """The models that can be moved, the jobs that make their successors, and the models that cannot be."""
        await self._authority.require(caller, Action.SUBMIT)
        self._providers.named(request.provider)
        models = request.models or tuple(await self.movable(caller, request.provider))
        if not models:
            raise NotFound("nothing_to_move", provider=request.provider)
        if len(models) > MOST:
            raise Invalid("too_many_to_move", count=len(models), most=MOST)
        ends = await self._catalogue.retirements(models)
        made, moved, jobs, not_moved = await self._jobs.models(models), [], [], []
        for model in await self._by_date(models):
            try:
                source = await self._source(caller, request, made.get(model), model)
                one, job = await self._successor(caller, request, source, model, origin, f"{identity}/{model}")
            except (BotError, TrainingFileError) as error:
                not_moved.append(NotMoved(model, Reason(error.kind, plain_values(error.values))))
                continue
            day = ends[model].shutdown_date
            moved.append(msgspec.structs.replace(one, retires=day.isoformat() if day else None))
            jobs.append(msgspec.structs.replace(job, group=move_id_for(identity), parent=model))
        return moved, jobs, not_moved

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
        return job

    async def _successor(
        self, caller: Caller, request: MoveRequest, source: Job, model: str, origin: Origin, identity: str
    ) -> tuple[MovedModel, Job]:
        dataset = await self._data.of(caller, source)
        vendor = self._providers.config(request.provider).known_vendor
        settings, left = mapped(source, request.provider, request.base_model, vendor)
        # The file decides the method, and what validated the old model may be gone.
        settings = msgspec.structs.replace(settings, method="", validation=settings.validation or dataset.validation)
        job = await self._requests.drafted(caller, JobRequest(settings, dataset.id), origin, identity)
        return MovedModel(model, job.id, settings, dataset.id, left), job

    async def _by_date(self, models: Sequence[str]) -> list[str]:
        ends = await self._catalogue.retirements(models)
        return sorted(models, key=lambda model: (str(ends[model].shutdown_date or "9999"), model))
