"""Links to jobs that work outside Slack, under the bot's own address: https://HOST/jobs/JOB."""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from bot.access import Action, Caller
from bot.authority import Authority
from bot.jobs.assessment import assessed
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.overview import AssessedJob

PATH: Final = "/jobs/"


class JobLinks:
    """`address`: the origin under which people reach the bot, such as "https://finetune.example.com"; None: no job has
    a link."""

    def __init__(self, address: str | None, jobs: JobStore, authority: Authority) -> None:
        self._address = address
        self._jobs = jobs
        self._authority = authority

    def to(self, job: Job) -> str | None:
        """None for what is private, too, where it would lead nowhere."""
        return f"{self._address}{PATH}{job.id}" if self._address and not job.origin.private else None

    async def followed(self, job_id: str) -> Job | None:
        """The job behind a link that somebody follows, of whom nothing is known: None for what is private, as for what
        there is not."""
        job = await self._jobs.get(job_id)
        return None if job is None or job.origin.private else job

    async def shared(self, caller: Caller, links: Iterable[str]) -> Mapping[str, AssessedJob]:
        """The jobs behind links that the caller wrote where they are: those of which both they and all who read there
        may know. Of others nothing is said, for nobody asked."""
        found = {}
        for link in links:
            job_id = self._named(link)
            job = await self._jobs.get(job_id) if job_id else None
            if job is not None and self._authority.allows(caller, Action.SEE, job.resource, caller.posts_in):
                found[link] = AssessedJob(job, await assessed(self._jobs, job))
        return found

    def _named(self, link: str) -> str | None:
        """The job's id in one of these links; None for any other address."""
        try:
            parts = urlsplit(link)
        except ValueError:
            return None
        origin = f"https://{parts.netloc.lower()}"
        return parts.path.removeprefix(PATH) if origin == self._address and parts.path.startswith(PATH) else None
