"""A job, for those who may know of it."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.errors import Invalid, NotFound
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.settings import settings_of, words_of
from bot.naming import the_one_named

# Older jobs are named by their whole id.
_NAMED_AMONG: Final = 200
_SHOWN: Final = ("model", "epochs", "batch", "lr", "beta")


class JobLookup:
    def __init__(self, jobs: JobStore, authority: Authority) -> None:
        self._jobs = jobs
        self._authority = authority

    async def get(self, caller: Caller, word: str, action: Action, *, to_post: bool = False) -> Job:
        """The job that `word` names, if the caller may do `action` with it; with `to_post`, and tell all of it here.

        Raises NotFound, Denied; Invalid without a word. What a person may not know of is answered like what there is
        not.
        """
        await self._authority.require(caller, Action.USE)
        if not word:
            raise Invalid("which_job")
        unknown = NotFound("unknown_job", word=word)
        job = await self._jobs.find(word)
        if job is None:
            raise unknown
        require = self._authority.require_to_post if to_post else self._authority.require
        try:
            await require(caller, action, job.resource)
        except NotFound:
            raise unknown from None
        return job

    async def of_card(self, caller: Caller, ts: str, action: Action) -> Job | None:
        """The job whose card that message is in the caller's channel, if the caller may do that with it."""
        job_id = await self._jobs.of_card(caller.channel, ts)
        job = await self._jobs.find(job_id) if job_id else None
        return job if job and self._authority.allows(caller, action, job.resource) else None

    async def allowed(self, caller: Caller, action: Action) -> list[Job]:
        """Those of the latest with which the caller may do that, the latest first. Raises Denied."""
        await self._authority.require(caller, Action.USE)
        latest = await self._jobs.latest(_NAMED_AMONG)
        return [job for job in latest if self._authority.allows(caller, action, job.resource)]

    async def named(self, caller: Caller, word: str, action: Action, *, to_post: bool = False) -> Job:
        """Like `get`, for what a person types: also the job's suffix, or the beginning of a name that is its alone.

        Raises Ambiguous.
        """
        await self._authority.require(caller, Action.USE)
        if word and await self._jobs.find(word) is None:
            latest = await self._jobs.latest(_NAMED_AMONG)
            known = [job for job in latest if self._authority.allows(caller, Action.SEE, job.resource)]
            found = the_one_named(word, known, lambda job: (job.id, job.provider_job_id, job.suffix), label=_told_apart)
            word = found.id if found else word
        return await self.get(caller, word, action, to_post=to_post)


def _told_apart(job: Job) -> str:
    """Its id, and what else tells it from one of the same name: when it was started, and how."""
    words = words_of(msgspec.structs.replace(settings_of(job), suffix=None))
    chosen = [f"{name}={words[name]}" for name in _SHOWN if name in words]
    started = f"{datetime.fromtimestamp(job.created_at, UTC):%Y-%m-%d %H:%M} UTC"
    return " · ".join(filter(None, [job.id, job.suffix, started, *chosen]))
