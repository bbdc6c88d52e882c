"""Following a job of the provider's, whoever created it."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import msgspec
import structlog

from bot.access import Action, Caller, Resource
from bot.authority import Authority
from bot.errors import Conflict, Denied, NotFound
from bot.jobs import states
from bot.jobs.apply_update import apply_update
from bot.jobs.estimate import is_free
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin, id_for
from bot.jobs.sync import JobSync
from bot.providers.interface import Provider, ProviderError, Refused, RemoteEvent, RemoteJob
from bot.providers.protocol import SUPERVISED, Checkpoint

log = structlog.get_logger()


class JobImport:
    """`model` gives a model's resource for `authorize`. `require_file` returns if a message about that file of a
    provider's (its id, and the provider's name) may be posted where the caller is; else it raises Denied or NotFound.
    `is_allowed`: whether a provider may be used in a channel."""

    def __init__(
        self,
        sync: JobSync,
        authority: Authority,
        model: Callable[[str], Awaitable[Resource]],
        require_file: Callable[[Caller, str, str], Awaitable[None]],
        is_allowed: Callable[[str, str], bool] = lambda provider, channel: True,
    ) -> None:
        self._sync = sync
        self._authority = authority
        self._model = model
        self._require_file = require_file
        self._is_allowed = is_allowed

    async def follow(self, caller: Caller, word: str, origin: Origin) -> Job:
        """The job, followed from now on with a card in `origin`. `word`: the provider's id of it, or `NAME/ID`, where
        only that provider is asked.

        Raises Denied, ProviderError; NotFound where the provider knows no such job, or the caller may not know of it;
        Conflict where it is followed already.
        """
        await self._authority.require(caller, Action.FOLLOW)
        our_id = id_for(caller.key)
        name, provider_job_id = self._sync.providers.split(word)
        asked = [
            provider
            for provider in self._sync.providers
            if name in ("", provider.name) and self._is_allowed(provider.name, caller.channel)
        ]
        if not asked:
            raise Denied("provider_not_here", provider=name) if name else NotFound("no_provider_here")
        known = await self._known(caller, provider_job_id, our_id)
        if known is not None:
            return known
        async with self._authority.recorded(caller, Action.FOLLOW, our_id, provider_job_id):
            return await import_job(
                self._sync,
                provider_job_id,
                caller.user,
                origin,
                our_id,
                may_show=partial(self._may_show, caller),
                asked=asked,
            )

    async def _known(self, caller: Caller, provider_job_id: str, our_id: str) -> Job | None:
        """The job, if this very request imported it before a crash."""
        job = await self._sync.jobs.find(provider_job_id)
        if job is None or job.id == our_id:
            return job
        if not self._authority.allows(caller, Action.SEE, job.resource):
            raise unknown([job.provider], provider_job_id)
        raise Conflict("followed_as", job=provider_job_id, ours=job.id)

    async def _may_show(self, caller: Caller, provider: str, remote: RemoteJob, ours: Job | None) -> bool:
        """Whether a card here may tell of the job: it names the model that it goes on from, and its events the file."""
        try:
            if ours is not None:
                await self._authority.require_to_post(caller, Action.FOLLOW, ours.resource)
            await self._authority.require_to_post(caller, Action.FOLLOW, await self._model(remote.model))
            for file_id in filter(None, (remote.training_file, remote.validation_file)):
                await self._require_file(caller, file_id, provider)
        except (Denied, NotFound):
            return False
        return True


async def import_job(
    sync: JobSync,
    provider_job_id: str,
    requester: str,
    origin: Origin,
    our_id: str,
    *,
    may_show: Callable[[str, RemoteJob, Job | None], Awaitable[bool]],
    asked: Sequence[Provider] | None = None,
) -> Job:
    """The job that one of those `asked` has, by default any provider, followed from now on as `our_id`, if `may_show`
    says that `origin` may see it; that is given the provider's name, the job there, and the job of ours for which it
    was created.

    Raises NotFound where no provider knows no such job, or not for this place; Conflict where it is followed already.
    """
    providers = list(sync.providers) if asked is None else asked
    jobs, nowhere = sync.jobs, unknown([provider.name for provider in providers], provider_job_id)
    if await jobs.find(provider_job_id) is not None:
        raise Conflict("followed_already", job=provider_job_id)
    found = await _found(providers, provider_job_id)
    if found is None:
        raise nowhere
    provider, remote = found
    ours = await jobs.get(remote.submission) if remote.submission else None
    if not await may_show(provider.name, remote, ours):
        raise nowhere
    price = sync.providers.training_price(remote.model, provider.name)
    job = job_of(remote, provider.name, requester, origin, our_id, training_price=price)
    if ours is not None and ours.state not in states.ENDED:
        return await sync.claim(ours, remote)
    job = msgspec.structs.replace(job, file_name=await _file_name(sync, provider, remote.training_file))
    events = await provider.events(remote.id, (), whole=True)
    history = as_imported(job, remote, events, await sync.checkpoints(provider, remote, events), now=sync.clock())
    if not await jobs.insert(history.job, history):
        raise Conflict("followed_already", job=provider_job_id)
    return history.job


def job_of(
    remote: RemoteJob,
    provider: str,
    requester: str,
    origin: Origin,
    our_id: str,
    *,
    training_price: float | None = None,
) -> Job:
    """A job of the provider's as one of ours, before anything is known of its history."""
    return Job(
        id=our_id,
        state=states.SUBMITTING,
        provider=provider,
        base_model=remote.model,
        requester=requester,
        origin=origin,
        created_at=remote.created_at,
        provider_job_id=remote.id,
        suffix=remote.suffix,
        method=remote.method or SUPERVISED,
        requested_hyperparameters=remote.hyperparameters,
        grader=remote.grader,
        wandb=remote.wandb,
        metadata=remote.metadata,
        estimated_cost=0.0 if training_price == 0 or is_free(remote.model, provider) else None,
        training_price=training_price,
    )


def as_imported(
    job: Job, remote: RemoteJob, events: Sequence[RemoteEvent], checkpoints: Sequence[Checkpoint], *, now: float
) -> JobUpdate:
    """Its history. Nobody needs to be told what happened before: the card shows it."""
    change = apply_update(job, remote, events, checkpoints, now=now)
    return JobUpdate(
        change.job,
        events=change.events,
        checkpoints=change.checkpoints,
        followed=change.job.state not in states.ENDED,
    )


async def _found(providers: Sequence[Provider], provider_job_id: str) -> tuple[Provider, RemoteJob] | None:
    """The provider that has it, and the job there. Raises ProviderError where one cannot say, and no other has it."""
    cannot_say: ProviderError | None = None
    for provider in providers:
        try:
            return provider, await provider.job(provider_job_id)
        except ProviderError as error:
            if not (isinstance(error, Refused) and error.status == 404):
                cannot_say = error
    if cannot_say is not None:
        raise cannot_say
    return None


def unknown(providers: Sequence[str], provider_job_id: str) -> NotFound:
    return NotFound("unknown_at_provider", provider=", ".join(providers), job=provider_job_id)


async def _file_name(sync: JobSync, provider: Provider, file_id: str) -> str | None:
    """As whoever uploaded the file called it; None where the provider does not say, or it was we, who give them no
    names."""
    if await sync.jobs.content_of(provider.name, file_id) is not None:
        return None
    try:
        return next((file.name for file in await provider.files() if file.id == file_id), None)
    except ProviderError as error:
        log.info("files not listed", why=str(error))
        return None
