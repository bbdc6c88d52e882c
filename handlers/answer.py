"""A model's answer in Slack, growing while it is written.

It is streamed. Slack ends a stream about five minutes after its start (python-slack-sdk#1859), and a stream may be
refused for other reasons: from then on the message is edited instead. What one message cannot hold goes on in the
next.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog

from bot.notices.interfaces import PostDoubtful, PostError, PostLater, PostRefused
from handlers.blocks.chat import pieces, stream_text
from handlers.blocks.text import size
from handlers.budget import Priority
from handlers.poster import Poster

log = structlog.get_logger()

# Words are gathered for this long before they are shown: calm for Slack, fluent for the eye.
_EVERY: Final = 0.4
# Slack advises one edit of a message in three seconds at most (chat.update, read 2026-11-21).
_BETWEEN_EDITS: Final = 3.0
# markdown_text holds 12,000 characters (chat.startStream and chat.update, read 2026-11-21).
LONGEST: Final = 11_000
# A word longer than this is no word, and is not waited for.
_LONGEST_WORD: Final = 400


@dataclass(frozen=True)
class Place:
    """Whom an answer is for, and in which thread it goes. `team` is the person's."""

    channel: str
    thread_ts: str
    user: str
    team: str


class Answer:
    """`opened` hears of each message as soon as it stands in Slack, `closed` when nothing more is added to it."""

    def __init__(
        self,
        poster: Poster,
        place: Place,
        *,
        opened: Callable[[str], Awaitable[None]],
        closed: Callable[[str], Awaitable[None]],
    ) -> None:
        self._poster = poster
        self._place = place
        self._opened = opened
        self._closed = closed
        self._waiting = ""  # the model's words, not shown yet
        self._shown = ""  # what the present message shows, or would if it could be edited
        self._ts: str | None = None
        self._streaming = False
        self._edited_at = self._shown_at = float("-inf")
        self._lost = False  # the message, or the channel, is not there any more

    @property
    def begun(self) -> bool:
        """Whether anything can be seen."""
        return self._ts is not None

    async def add(self, piece: str) -> None:
        """More of the model's words. Raises a PostError where the answer could not be begun."""
        self._waiting += piece
        if time.monotonic() - self._shown_at >= _EVERY:
            await self._show(self._ready())

    async def close(self, note: str = "") -> None:
        """Nothing more will come; `note` (one line of ours) stands below, in italics."""
        text, self._waiting = self._waiting, ""
        await self._show(stream_text(text) + (f"\n\n_{note}_" if note else ""))
        await self._finish_message()

    def _ready(self) -> str:
        """Whole words only: a key or a mention cut in two would not be recognised."""
        end = max(self._waiting.rfind(" "), self._waiting.rfind("\n")) + 1
        if len(self._waiting) - end > _LONGEST_WORD:
            end = len(self._waiting)
        text, self._waiting = self._waiting[:end], self._waiting[end:]
        return stream_text(text)

    async def _show(self, text: str) -> None:
        if not self.begun:
            text = text.lstrip()
        while text:
            room = LONGEST - size(self._shown)
            if room < size(text) and room < LONGEST // 10:
                await self._finish_message()
                text = text.lstrip()
                continue
            head = text if size(text) <= room else pieces(text, room)[0]
            text = text[len(head) :]
            await self._append(head)

    async def _append(self, text: str) -> None:
        self._shown += text
        self._shown_at = time.monotonic()
        if self._ts is None:
            await self._begin()
        elif self._streaming:
            try:
                await self._call("chat.appendStream", markdown_text=text)
            except PostError as error:
                # Whether or not these words arrived: an edit shows all of them.
                log.info("stream ended early, editing instead", why=str(error))
                await self._stop()
                await self._edit()
        elif time.monotonic() - self._edited_at >= _BETWEEN_EDITS:
            await self._edit()

    async def _begin(self) -> None:
        self._ts = await self._begin_stream() or await self._begin_post()
        await self._opened(self._ts)

    async def _begin_stream(self) -> str | None:
        """None where there are no streams, or so many just now that this one would have to wait."""
        if not self._poster.has_room("chat.startStream"):
            return None
        place = self._place
        try:
            answer = await self._poster.call(
                "chat.startStream",
                {
                    "channel": place.channel,
                    "thread_ts": place.thread_ts,
                    "recipient_user_id": place.user,
                    "recipient_team_id": place.team,
                    "markdown_text": self._shown,
                },
                priority=Priority.CHAT,
            )
        except PostRefused as error:
            log.info("no stream, posting instead", why=str(error))
            return None
        self._streaming = True
        return str(answer["ts"])

    async def _begin_post(self) -> str:
        place = self._place
        answer = await self._poster.call(
            "chat.postMessage",
            {
                "channel": place.channel,
                "thread_ts": place.thread_ts,
                "markdown_text": self._shown,
                "unfurl_links": False,
                "unfurl_media": False,
            },
            priority=Priority.CHAT,
            channel=place.channel,
        )
        self._edited_at = time.monotonic()
        return str(answer["ts"])

    async def _finish_message(self) -> None:
        if self._ts is None:
            return
        if not (self._streaming and await self._stop()):
            await self._edit(surely=True)
        await self._closed(self._ts)
        self._ts, self._shown, self._streaming = None, "", False

    async def _stop(self) -> bool:
        """End the stream, so that the message can be edited. False where Slack had ended it."""
        self._streaming = False
        try:
            await self._call("chat.stopStream")
        except PostError as error:
            log.info("stream was ended already", why=str(error))
            return False
        return True

    async def _edit(self, *, surely: bool = False) -> None:
        """Show all there is in this message. An edit done twice does no harm."""
        self._edited_at = time.monotonic()
        for pause in (1.0, 3.0, None) if surely else (None,):
            if self._lost:
                return
            try:
                await self._call("chat.update", markdown_text=self._shown)
                return
            except PostRefused as error:
                log.warning("answer cannot be edited", why=str(error))
                self._lost = True
            except (PostLater, PostDoubtful) as error:
                log.info("answer not edited", why=str(error))
                if pause is not None:
                    await asyncio.sleep(pause)

    async def _call(self, method: str, **arguments: Any) -> None:
        await self._poster.call(
            method, {"channel": self._place.channel, "ts": self._ts, **arguments}, priority=Priority.CHAT
        )


async def mark_interrupted(poster: Poster, channel: str, ts: str) -> None:
    """Close a message that a process was still writing when it ended, and say so in it."""
    note = "_I was interrupted here. The whole answer follows._"
    try:
        await poster.call(
            "chat.stopStream", {"channel": channel, "ts": ts, "markdown_text": f"\n\n{note}"}, priority=Priority.CHAT
        )
    except PostRefused as error:
        # Slack has ended it in the meantime, or it was never a stream. It stands as it is.
        log.info("interrupted answer not marked", why=str(error))
