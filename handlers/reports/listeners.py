"""`/finetune report JOB`, and *Report* on a job that has ended: two files in the thread of its card."""

import time
from dataclasses import dataclass

from bot.audit import TERMINAL
from bot.errors import NotFound
from bot.jobs.overview import JobOverview
from bot.notices.interfaces import CardStore
from bot.reports.job_report import JobReport, JobReports
from bot.reports.pages import lay_out
from bot.worker_processes import Pool, WorkerPools
from handlers.blocks.card import title
from handlers.blocks.text import code
from handlers.callers import Callers
from handlers.languages import LanguageOf
from handlers.posted_files import post_files_of
from handlers.reports.document import document_of
from handlers.request import Request
from handlers.web.people import People
from handlers.web.poster import Poster
from texts import reports as texts
from texts.language import speaking

_MOST_SECONDS = 300.0
_WITH_NAMES = "names=yes"


@dataclass(frozen=True)
class ReportListeners:
    callers: Callers
    reports: JobReports
    overview: JobOverview
    people: People
    cards: CardStore
    pools: WorkerPools
    poster: Poster
    language_of: LanguageOf

    async def report(self, request: Request) -> None:
        """Without a job it is the latest of the thread, or of the channel."""
        words = request.text.replace("`", "").split()
        names = _WITH_NAMES in words
        word = next((each for each in words if each != _WITH_NAMES), None)
        word = word or await self.overview.latest_in(request.channel, request.thread_ts)
        if word is None:
            raise NotFound("no_job_here", member=await self.callers.is_member(request.channel))
        await self.callers.origin(request)
        found = await self.reports.of(await self.callers.of(request), word, names=names)
        people = await self._names(found) if names else {}
        with speaking(await self.language_of(request.channel, request.user)):
            document, curves = document_of(found, people, time.time())
            say = texts.shared_with_names if names else texts.shared
            comment = say(code(title(found.job), 150))
        pages = await self.pools.run(lay_out, document, curves, pool=Pool.CHARTS, seconds=_MOST_SECONDS)
        contents = {f"{found.job.id}.html": pages.html, f"{found.job.id}.pdf": pages.pdf}
        await post_files_of(self.poster, self.cards, request, found.job, contents, comment)

    async def _names(self, found: JobReport) -> dict[str, str]:
        """Of those who took part, by Slack's id."""
        approver = found.job.approval.decided_by if found.job.approval else None
        people = {found.job.requester, approver} - {None, TERMINAL}
        known = {user: await self.people.names(user) for user in people if user}
        return {user: names[0] for user, names in known.items() if names}
