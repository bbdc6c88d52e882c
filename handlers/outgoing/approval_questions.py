"""Questions about approval that were answered lose their buttons."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from bot.notices.interfaces import PostedNotices, PostError
from handlers.blocks.message import Message
from handlers.languages import Languages
from handlers.request import Request
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking


@dataclass(frozen=True)
class ApprovalQuestions:
    posted: PostedNotices
    languages: Languages
    poster: Poster

    async def close(
        self, request: Request, notice_id: str, pressed: str, requester: str, answered: Callable[[], Message]
    ) -> None:
        """Those in the thread, and the one whose button was `pressed` (its ts; "" where only they see it). Whoever
        presses another later, or one where this fails, is told."""
        questions = [*await self.posted.places(notice_id), *([(request.channel, pressed)] if pressed else [])]
        for channel, ts in dict.fromkeys(questions):
            reader = request.user if channel == request.channel else requester
            with speaking(await self.languages.place(channel, reader)):
                told = answered()
            with contextlib.suppress(PostError):
                await self.poster.update(channel, ts, told, priority=Priority.MILESTONE)
