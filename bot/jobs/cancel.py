"""Cancelling a job, wherever it is in its life."""

from bot.errors import Conflict
from bot.jobs import states
from bot.jobs.create_request import order_of
from bot.jobs.interfaces import Change, Followed
from bot.jobs.job import Job
from bot.jobs.sync import JobReader
from bot.providers.interface import Refused


async def cancel(reader: JobReader, job: Job) -> Job:
    """The job as it is then: as a rule cancelled, but it may have ended otherwise a moment before.

    Raises Conflict where it has ended, ProviderError where the provider must be asked and cannot.
    """
    job = await reader.jobs.get(job.id) or job
    if job.state in states.ENDED:
        raise Conflict("nothing_to_cancel", state=job.state)
    if job.provider_job_id is None:
        return await _withdraw(reader, job)
    try:
        remote = await reader.provider.cancel(job.provider_job_id)
    except Refused as error:
        # It ended a moment ago: show that instead of an error.
        remote = await reader.provider.job(job.provider_job_id)
        if remote.status not in states.ENDED:
            raise Conflict("not_cancelled", provider=reader.provider.name, answer=str(error)) from error
    followed = Followed(job.id, job.provider_job_id, job.state, job.created_at)
    await reader.take_over(followed, remote, with_events=True)
    return await reader.jobs.get(job.id) or job


async def _withdraw(reader: JobReader, job: Job) -> Job:
    """Cancel a job that the provider has not confirmed. An uncertain one is looked for first: it may be running, and
    costing money."""
    if job.state == states.UNCERTAIN:
        known = await reader.jobs.known_jobs(reader.provider.name)
        remote = await reader.provider.find_job(order_of(job), known)
        if remote is not None:
            return await cancel(reader, await reader.claim(job, remote))

    def withdraw(stored: Job) -> Change | None:
        if stored.provider_job_id is not None or stored.state in states.ENDED or _is_being_created(stored):
            return None
        return reader.ended(stored, states.CANCELLED)

    cancelled = await reader.jobs.update(job.id, withdraw)
    if cancelled is not None:
        return cancelled
    current = await reader.jobs.get(job.id)
    if current is not None and _is_being_created(current):
        raise Conflict("being_handed_over")
    raise Conflict("moved_on")


def _is_being_created(job: Job) -> bool:
    return job.state == states.SUBMITTING and job.create_attempted_at is not None
