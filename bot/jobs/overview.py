"""Jobs as people look at them: the state of each, and how its training goes."""

from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.jobs.assessment import UNASSESSED, Assessment, RankedCheckpoint, assessed, rank
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.providers.config import Abilities
from bot.providers.registry import Providers

# Older ones are named by their id.
_LOOKED_AT: Final = 200


class AssessedJob(msgspec.Struct, frozen=True):
    """`abilities`: of its provider."""

    job: Job
    assessment: Assessment = UNASSESSED
    abilities: Abilities = Abilities()


class JobOverview:
    def __init__(self, jobs: JobStore, lookup: JobLookup, providers: Providers, authority: Authority) -> None:
        self._jobs = jobs
        self._lookup = lookup
        self._providers = providers
        self._authority = authority

    async def latest_in(self, channel: str, thread_ts: str | None) -> str | None:
        """The id of the job whose card begins this thread, else of the latest that was started in it, or else in this
        channel; None where none was."""
        if thread_ts and (found := await self._jobs.of_card(channel, thread_ts)):
            return found
        here = [job for job in await self._jobs.latest(_LOOKED_AT) if job.origin.channel == channel]
        in_thread = [job for job in here if thread_ts and job.origin.thread_ts == thread_ts]
        return next((job.id for job in (*in_thread, *here)), None)

    async def one(self, caller: Caller, word: str) -> AssessedJob:
        """The job that a person calls `word`. Raises Ambiguous, NotFound, Denied; Invalid without a word."""
        job = await self._lookup.named(caller, word, Action.SEE)
        assessment = await assessed(self._jobs, job)
        return AssessedJob(job, assessment, self._providers.abilities(job.provider))

    async def checkpoints(self, caller: Caller, word: str) -> tuple[Job, list[RankedCheckpoint]]:
        """The job that a person calls `word` and what it saved on its way, the best first (see `rank`). Raises like
        `one`."""
        job = await self._lookup.named(caller, word, Action.SEE)
        return job, rank(job, await self._jobs.metrics(job.id), await self._jobs.checkpoints(job.id))
