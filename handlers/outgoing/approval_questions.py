"""Questions about approval that were answered lose their buttons."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bot.jobs.group import JobGroup
from bot.jobs.job import Job
from bot.notices.interfaces import PostedNotices, PostError
from handlers.blocks import approval, group_approval
from handlers.blocks.message import Message
from handlers.languages import Languages
from handlers.request import Request
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking


@dataclass(frozen=True)
class ApprovalQuestions:
    """Closed are those in the thread, and the one whose button was `pressed` (its ts; "" where none was, or where only
    they see it). Whoever presses another later, or one where this fails, is told."""

    posted: PostedNotices
    languages: Languages
    poster: Poster

    async def close(self, job: Job, request: Request | None = None, pressed: str = "") -> None:
        await self._close(job.id, job.requester, partial(approval.answered, job), request, pressed)

    async def close_group(
        self, group: JobGroup, jobs: Sequence[Job], request: Request | None = None, pressed: str = ""
    ) -> None:
        answered = partial(group_approval.answered, group, jobs)
        await self._close(group.id, group.requester, answered, request, pressed)

    async def _close(
        self, asked_about: str, requester: str, answered: Callable[[], Message], request: Request | None, pressed: str
    ) -> None:
        questions = await self.posted.places(f"{asked_about}/approval")
        if request is not None and pressed:
            questions = [*questions, (request.channel, pressed)]
        for channel, ts in dict.fromkeys(questions):
            reader = request.user if request is not None and channel == request.channel else requester
            with speaking(await self.languages.place(channel, reader)):
                told = answered()
            with contextlib.suppress(PostError):
                await self.poster.update(channel, ts, told, priority=Priority.MILESTONE)
