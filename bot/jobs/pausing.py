"""Pausing and resuming a job at its provider."""

import time
from typing import Literal

import msgspec

from bot.errors import Conflict
from bot.jobs import states
from bot.jobs.apply_update import apply_update, notice
from bot.jobs.interfaces import JobStore, JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import Paused, Resumed
from bot.providers.interface import Refused
from bot.providers.registry import Providers


async def pause(jobs: JobStore, providers: Providers, job: Job, *, notice_id: str, by: str) -> Job:
    """A notice in the job's thread says who did it, once for each `notice_id`.

    Raises Conflict where it does not train, or the provider does not pause it; ProviderError where it cannot be asked.
    """
    refuse_pause(job, providers)
    return await _change(jobs, providers, "pause", job, notice_id, by)


async def resume(jobs: JobStore, providers: Providers, job: Job, *, notice_id: str, by: str) -> Job:
    """Like `pause`: raises Conflict where the job is not paused, or the provider does not let it go on."""
    refuse_resume(job)
    return await _change(jobs, providers, "resume", job, notice_id, by)


def refuse_pause(job: Job, providers: Providers) -> None:
    """Raises Conflict where it can be seen without asking the provider that there is nothing to pause, or that it does
    not pause jobs."""
    if job.state in states.ENDED:
        raise Conflict("nothing_to_pause", state=job.state)
    if job.state in {states.PAUSED, states.PAUSING}:
        raise Conflict("paused_already")
    if not providers.abilities(job.provider).pauses:
        raise Conflict("not_offered", provider=job.provider)


def refuse_resume(job: Job) -> None:
    """Raises Conflict where it is not paused."""
    if job.state in states.ENDED:
        raise Conflict("nothing_to_resume", state=job.state)
    if job.state not in {states.PAUSED, states.PAUSING}:
        raise Conflict("not_paused")


async def _change(
    jobs: JobStore, providers: Providers, act: Literal["pause", "resume"], job: Job, notice_id: str, by: str
) -> Job:
    if job.provider_job_id is None:
        raise Conflict("not_at_provider_yet")
    provider = providers.named(job.provider)
    try:
        remote = await (provider.pause if act == "pause" else provider.resume)(job.provider_job_id)
    except Refused as error:
        if error.status in {404, 405, 501}:
            raise Conflict("not_offered", provider=provider.name) from error
        raise Conflict("not_done", provider=provider.name, answer=str(error)) from error

    def apply(stored: Job) -> JobUpdate | None:
        if remote.status in states.ENDED:
            return None  # It ended a moment ago; its ending is the follower's to tell.
        change = apply_update(stored, remote, now=time.time())
        said = notice(change.job, notice_id, (Paused if act == "pause" else Resumed)(by))
        return msgspec.structs.replace(change, notices=[*change.notices, said])

    return await jobs.update(job.id, apply) or job
