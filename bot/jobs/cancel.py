"""Cancelling a job, whatever its state."""

from bot.errors import Conflict
from bot.jobs import states
from bot.jobs.create_request import create_request
from bot.jobs.interfaces import Followed, JobUpdate
from bot.jobs.job import Job
from bot.jobs.sync import JobSync
from bot.providers.interface import Refused


async def cancel(sync: JobSync, job: Job) -> Job:
    """The job as it is then: as a rule cancelled, but it may have ended otherwise a moment before.

    Raises Conflict where it has ended, ProviderError where the provider must be asked and cannot.
    """
    job = await sync.jobs.get(job.id) or job
    refuse_cancel(job)
    if job.provider_job_id is None:
        return await _withdraw(sync, job)
    provider = sync.providers.named(job.provider)
    try:
        remote = await provider.cancel(job.provider_job_id)
    except Refused as error:
        # It ended a moment ago: show that instead of an error.
        remote = await provider.job(job.provider_job_id)
        if remote.status not in states.ENDED:
            raise Conflict("not_cancelled", provider=provider.name, answer=str(error)) from error
    followed = Followed(job.id, job.provider, job.provider_job_id, job.state, job.created_at)
    await sync.apply(followed, remote, with_events=True)
    return await sync.jobs.get(job.id) or job


def refuse_cancel(job: Job) -> None:
    """Raises Conflict where it has ended."""
    if job.state in states.ENDED:
        raise Conflict("nothing_to_cancel", state=job.state)


async def _withdraw(sync: JobSync, job: Job) -> Job:
    """Cancel a job that the provider has not confirmed. An uncertain one is looked for first: it may be running, and
    costing money."""
    if job.state == states.UNCERTAIN:
        provider = sync.providers.named(job.provider)
        known = await sync.jobs.known_jobs(provider.name)
        remote = await provider.find_job(create_request(job), known)
        if remote is not None:
            return await cancel(sync, await sync.claim(job, remote))

    def withdraw(stored: Job) -> JobUpdate | None:
        if stored.provider_job_id is not None or stored.state in states.ENDED or _is_being_created(stored):
            return None
        return sync.ended(stored, states.CANCELLED)

    cancelled = await sync.jobs.update(job.id, withdraw)
    if cancelled is not None:
        return cancelled
    current = await sync.jobs.get(job.id)
    if current is not None and _is_being_created(current):
        raise Conflict("being_handed_over")
    raise Conflict("moved_on")


def _is_being_created(job: Job) -> bool:
    return job.state == states.SUBMITTING and job.create_attempted_at is not None
