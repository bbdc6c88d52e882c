"""One message of a model's answer: brought to show a text, by whatever way Slack offers.

It is a stream where there is room for one (`handlers.web.streams`), else it is posted once, complete. Where a stream is
refused, or has broken, the message is edited instead, in place; it ends in dots until all of it is there. So whatever
happens to a stream, there is one message with the text in it.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

import structlog

from bot.notices.interfaces import PostDoubtful, PostError, PostLater, PostRefused
from handlers.blocks.text import clip, escape
from handlers.chat.answer_thread import AnswerThread
from handlers.chat.probability_chart import CHART
from handlers.web.poster import REFUSED_CONTENT
from handlers.web.rate_limits import Priority
from handlers.web.web_api import NO_CONNECTION

log = structlog.get_logger()

LONGEST: Final = 11_000
"""Characters of a message. A stream takes some 40,000 (agno-agi/agno#7219), but a broken one is mended by chat.update,
whose markdown_text, like all markdown blocks of a message together, holds 12,000 (method and block pages, read
2026-11-21). With blocks below it the message stays under the 13,200 at which Slack refuses it (bolt-js#2509)."""
# The text beside blocks is for notifications and screen readers; chat.update refuses more than 4,000 characters of it.
_FALLBACK: Final = 3_000
_TO_BE_CONTINUED: Final = " …"

Blocks = Sequence[dict[str, Any]]
T = TypeVar("T")


class AnswerMessage:
    """`grow` and `finish` take all of the text that the message is to show by then, and can be called again after they
    have raised PostLater or PostDoubtful. `shown` is what it certainly shows, or begins with."""

    def __init__(self, thread: AnswerThread, number: int, between_edits: float) -> None:
        self.shown = ""
        self.is_streaming = False
        self._thread = thread
        self._number = number
        self._between_edits = between_edits
        self._ts: str | None = None
        self._began = 0.0
        self._edited_at = float("-inf")
        self._may_be_stream = False  # Slack may still take it for one
        self._has_dots = False  # below what is shown

    @property
    def is_begun(self) -> bool:
        """Whether it is in Slack."""
        return self._ts is not None

    @property
    def age(self) -> float:
        """Seconds since the stream was begun."""
        return time.monotonic() - self._began

    async def grow(self, text: str) -> None:
        """Show the text, of which more is to come, as far as Slack has room for it now. For a stream the token of
        chat.appendStream was taken before."""
        if self._thread.is_stopped:
            return
        if self._ts is None:
            await self._begin(text)
        elif self.is_streaming:
            if text.startswith(self.shown) and text != self.shown:
                await self._append(text)
        elif text != self.shown and self._may_edit_now():
            await self._edit(text, has_more=True)

    async def finish(self, text: str, footer: Blocks = ()) -> None:
        """Show the text, and `footer` below it, unless Slack refuses that."""
        if self._ts is None and await self._begin(text, is_all=True, footer=footer):
            return
        if self._thread.is_gone:
            return
        can_end = self.is_streaming and text.startswith(self.shown)
        if can_end and await self._stop(text[len(self.shown) :], footer):
            self.shown = text
        elif footer or text != self.shown or self._has_dots:
            await self._edit(text, footer=footer)

    async def end_stream(self) -> None:
        """Nothing more is appended; what comes is shown by edits."""
        await self._stop()

    def release(self) -> None:
        """It needs no stream any more."""
        self._thread.poster.streams.end(self)

    def may_stream(self) -> bool:
        """Whether there is room for its stream; then it is kept for it."""
        return self._thread.can_stream and self._thread.poster.streams.may_begin(self)

    async def _begin(self, text: str, *, is_all: bool = False, footer: Blocks = ()) -> bool:
        """Bring the message to Slack; whether it is finished with that."""
        thread, is_finished = self._thread, False
        ts = await thread.earlier(self._number)
        if ts is not None:
            self._may_be_stream = True
        elif is_all or not thread.can_stream:
            ts, is_finished = await self._post(text, has_more=not is_all, footer=footer), is_all
        elif self.may_stream():
            ts = await self._start_stream(text)
        if ts is not None:
            self._ts = ts
            await thread.opened(ts)
        return is_finished

    async def _start_stream(self, text: str) -> str | None:
        try:
            ts = await self._thread.start_stream(text)
        except PostError as error:
            log.info("no stream", why=str(error))
            self.release()
            if isinstance(error, PostLater):
                if str(error) == NO_CONNECTION:
                    raise
                return None  # its turn comes again
            self._thread.can_stream = False
            if isinstance(error, PostDoubtful):
                self._thread.doubtful = True
                raise
            return None
        self.is_streaming = self._may_be_stream = True
        self.shown, self._began = text, time.monotonic()
        return ts

    async def _post(self, text: str, *, has_more: bool, footer: Blocks) -> str | None:
        self.release()

        async def post(content: dict[str, Any]) -> str | None:
            return await self._thread.post(self._number, content)

        try:
            ts = await _with_footer(text + _TO_BE_CONTINUED * has_more, footer, post)
        except PostDoubtful:
            self._thread.doubtful = True
            raise
        except PostRefused as error:
            log.error("answer refused", why=str(error))
            self._thread.is_gone = True
            return None
        self.shown, self._has_dots = text, has_more
        self._edited_at = time.monotonic()
        return ts

    async def _append(self, text: str) -> None:
        try:
            await self._thread.call_now("chat.appendStream", ts=self._ts, markdown_text=text[len(self.shown) :])
            self.shown = text
        except PostLater:
            raise
        except PostError as error:
            # Whether or not these words arrived: an edit shows all of them.
            log.info("stream ended early, editing instead", why=str(error))
            self._thread.is_stopped = str(error) == "stopped_by_user"
            self.is_streaming = False

    async def _stop(self, rest: str = "", footer: Blocks = ()) -> bool:
        """End the stream, so that the message can be edited, with the `rest` of its text. False where it was none any
        more, or does not take that."""
        content = ({"markdown_text": rest} if rest else {}) | ({"blocks": list(footer)} if footer else {})
        try:
            await self._thread.call(
                "chat.stopStream",
                priority=Priority.ENDING,
                ts=self._ts,
                metadata=self._thread.mark(self._number),
                **content,
            )
        except PostRefused as error:
            log.info("stream not ended", why=str(error))
            if content and str(error) in REFUSED_CONTENT:
                return False
            is_ended = False
        else:
            is_ended = True
        self.is_streaming = self._may_be_stream = False
        self.release()
        return is_ended

    def _may_edit_now(self) -> bool:
        is_due = time.monotonic() - self._edited_at >= self._between_edits
        return is_due and self._thread.can_edit and self._thread.poster.has_room("chat.update")

    async def _edit(self, text: str, *, has_more: bool = False, footer: Blocks = ()) -> None:
        """Show the text, and mark the message. An edit done twice does no harm."""
        if not self._thread.can_edit:
            return
        cannot_stop = self._may_be_stream and not await self._stop()
        self._edited_at = time.monotonic()

        async def edit(content: dict[str, Any]) -> None:
            await self._thread.call("chat.update", ts=self._ts, metadata=self._thread.mark(self._number), **content)

        try:
            await _with_footer(text + _TO_BE_CONTINUED * has_more, footer, edit)
            self.shown, self._has_dots = text, has_more
        except PostRefused as error:
            log.warning("answer cannot be edited", why=str(error))
            if str(error) == "streaming_state_conflict" and not cannot_stop:
                self._may_be_stream = True
                raise PostLater(str(error), 2) from error
            if str(error) == "message_not_found":
                self._thread.is_gone = True  # whoever deleted it does not want to read on
            else:
                self._thread.can_edit = False


async def _with_footer(text: str, footer: Blocks, send: Callable[[dict[str, Any]], Awaitable[T]]) -> T:
    """`send` the text with the blocks below it; without charts, then without all of them, where Slack refuses that."""
    without_charts = [block for block in footer if block["type"] != CHART]
    for below in (footer, without_charts):
        if not below or (below is without_charts and len(below) == len(footer)):
            break
        blocks = [{"type": "markdown", "text": text}, *below]
        try:
            return await send({"text": clip(escape(text), _FALLBACK), "blocks": blocks})
        except PostRefused as error:
            if str(error) not in REFUSED_CONTENT:
                raise
            log.warning("answer goes without what stands below it", why=str(error))
    return await send({"markdown_text": text})
