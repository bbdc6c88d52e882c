"""Following a job of the provider's, whoever created it."""

from collections.abc import Awaitable, Callable

import msgspec
import structlog

from bot.errors import Conflict, NotFound
from bot.jobs import states
from bot.jobs.apply_update import apply_update
from bot.jobs.estimate import is_free
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.jobs.sync import JobSync
from bot.providers.interface import Provider, ProviderError, Refused, RemoteJob
from bot.providers.protocol import SUPERVISED
from bot.providers.registry import Providers

log = structlog.get_logger()


async def import_job(
    sync: JobSync,
    provider_job_id: str,
    requester: str,
    origin: Origin,
    our_id: str,
    *,
    may_show: Callable[[RemoteJob, Job | None], Awaitable[bool]],
) -> Job:
    """The job, followed from now on as `our_id`, if `may_show` says that `origin` may see it; it is given the job of
    ours for which it was created, too.

    Raises NotFound where no provider knows no such job, or not for this place; Conflict where it is followed already.
    """
    jobs, nowhere = sync.jobs, unknown(sync.providers.default.name, provider_job_id)
    if await jobs.find(provider_job_id) is not None:
        raise Conflict("followed_already", job=provider_job_id)
    found = await _found(sync.providers, provider_job_id)
    if found is None:
        raise nowhere
    provider, remote = found
    ours = await jobs.get(remote.submission) if remote.submission else None
    if not await may_show(remote, ours):
        raise nowhere
    job = Job(
        id=our_id,
        state=states.SUBMITTING,
        provider=provider.name,
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
        estimated_cost=0.0 if is_free(remote.model, provider.name) else None,
    )
    if ours is not None and ours.state not in states.ENDED:
        return await sync.claim(ours, remote)
    job = msgspec.structs.replace(job, file_name=await _file_name(sync, provider, remote.training_file))
    events = await provider.events(remote.id, (), whole=True)
    # Nobody needs to be told what happened before: the card shows it.
    change = apply_update(job, remote, events, await sync.checkpoints(provider, remote, events), now=sync.clock())
    history = JobUpdate(
        change.job,
        events=change.events,
        checkpoints=change.checkpoints,
        followed=change.job.state not in states.ENDED,
    )
    if not await jobs.insert(change.job, history):
        raise Conflict("followed_already", job=provider_job_id)
    return change.job


async def _found(providers: Providers, provider_job_id: str) -> tuple[Provider, RemoteJob] | None:
    """Where it is, and how it stands there."""
    for provider in providers:
        try:
            return provider, await provider.job(provider_job_id)
        except Refused as error:
            if error.status != 404:
                raise
    return None


def unknown(provider: str, provider_job_id: str) -> NotFound:
    return NotFound("unknown_at_provider", provider=provider, job=provider_job_id)


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
