"""A model's answer in Slack, growing while it is written.

The model is read at its own speed; a separate task brings the text to Slack. Slack's failures are dealt with here: text
that it does not take is sent again, so no answer is lost and no model is asked twice.

The answer is laid out over messages, each of which `AnswerMessage` brings to show its part. What is very long goes into
a file below the beginning.
"""

import asyncio
import contextlib
import string
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from slack_sdk.models.blocks import Block

from bot.notices.interfaces import PostDoubtful, PostLater, PostRefused
from bot.timing import Timing
from handlers.blocks.text import clean, redact, size
from handlers.chat.answer_message import LONGEST, AnswerMessage, Blocks
from handlers.chat.answer_thread import AnswerThread
from handlers.chat.answer_thread import Recipient as Recipient
from handlers.chat.blocks import stream_text
from handlers.chat.markdown import closed, cut
from handlers.chat.thinking import ThinkingStatus
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from handlers.web.web_api import NO_CONNECTION
from texts import chat as texts
from texts.language import speaking

log = structlog.get_logger()

_TIMING: Final = Timing()
# In the last part of a message whole lines are shown only, so that it need not end within one.
_WHOLE_LINES: Final = 1_000
# A stream that is old is ended at the end of a line, unless none comes for so many seconds.
_LAST_LINE: Final = 40.0
# A longer answer is read in a file.
MOST_MESSAGES: Final = 4
_ROOM_FOR_NOTES: Final = 600
_ROOM_FOR_FENCE: Final = 120
# Keys and mentions are made of these. What is longer than a word is none.
_IN_KEYS: Final = string.ascii_letters + string.digits + string.punctuation
_LONGEST_WORD: Final = 400


class StreamedAnswer:
    """`async with StreamedAnswer(…) as answer`: `add` words, then `close`, which returns when all of them can be read.

    `idempotency_key` names the answer in the metadata of its messages. `opened` is called with the ts of each message
    once it is in Slack. `messages` are those of an earlier attempt, oldest first: they are edited to the new answer,
    and the rest is deleted. `doubtful`: that attempt may have begun one more; not one that `is_others`, given its ts.
    `thinking` shows that the model thinks.
    """

    def __init__(
        self,
        poster: Poster,
        recipient: Recipient,
        *,
        idempotency_key: str,
        opened: Callable[[str], Awaitable[None]],
        is_others: Callable[[str], Awaitable[bool]] | None = None,
        messages: Sequence[str] = (),
        doubtful: bool = False,
        thinking: Callable[[], Awaitable[None]] | None = None,
        timing: Timing = _TIMING,
    ) -> None:
        self._poster = poster
        self._thread = AnswerThread(
            poster,
            recipient,
            idempotency_key=idempotency_key,
            opened=opened,
            is_others=is_others,
            messages=messages,
            doubtful=doubtful,
            thinking=ThinkingStatus(thinking),
        )
        self._file_name = f"answer-{recipient.after}.md"
        self._timing = timing
        self._news = asyncio.Event()
        self._ended = asyncio.Event()
        self._words = ""  # the model's, of which the last may be half a word
        self._whole = ""  # all that was said up to now
        self._rest = ""  # what the present message shows, and what comes after it
        self._number = 0
        self._message = self._new_message(0)
        self._next = self._new_message(1)
        self._note = ""  # of ours, until it is among the words
        self._end_note = ""
        self._footer: Blocks = ()
        self._most_messages = MOST_MESSAGES
        self._file_id: str | None = None  # of the whole answer
        self._may_be_shared = doubtful or bool(messages)

    async def __aenter__(self) -> "StreamedAnswer":
        self._thread.thinking.begin()
        self._writer = asyncio.create_task(self._write(), name=f"answer below {self._thread.recipient.after}")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.cancel()
        await asyncio.wait([self._writer])
        await self._thread.thinking.end()
        self._message.release()
        self._next.release()

    def add(self, words: str) -> None:
        """More of the model's words."""
        self._words += words
        self._news.set()

    async def close(self, note: str = "", blocks: Sequence[Block] = ()) -> None:
        """End the answer; `note` (one line of ours) is added in italics, and `blocks` stand below its last message,
        unless Slack refuses them. Returns when all is shown, however long Slack is out of reach.
        """
        self._note = self._end_note = f"\n\n_{note}_" if note else ""
        self._footer = [block.to_dict() for block in blocks]
        self._ended.set()
        self._news.set()
        await self._writer

    async def _write(self) -> None:
        failures = 0
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                if await self._show():
                    return
            except (PostLater, PostDoubtful) as error:
                failures += 1
                delay = self._timing.answer.delay(failures)
                if isinstance(error, PostLater) and str(error) != NO_CONNECTION:
                    delay = max(delay, min(error.retry_after, 60))
                log.info("answer waits for slack", why=str(error), seconds=delay)
                if isinstance(error, PostDoubtful):
                    # Also at the end of the answer: looked for too early, a stream that Slack has still to begin is not
                    # found, and there will be two.
                    await asyncio.sleep(delay)
                else:
                    await self._pause(delay)
                self._news.set()
            else:
                failures = 0
                if self._rest:
                    await self._pause(self._timing.between_appends)
                    if self._message.shown != self._rest:
                        self._news.set()

    async def _pause(self, seconds: float) -> None:
        """Until then, or until the answer has ended."""
        if self._ended.is_set():
            await asyncio.sleep(seconds)
        else:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), seconds)

    async def _show(self) -> bool:
        """Bring to Slack what has come; returns whether that is all. Raises PostLater or PostDoubtful if it is to be
        tried again.
        """
        self._take_words()
        if self._message.is_streaming and self._rest != self._message.shown and not self._ended.is_set():
            await self._turn_to_append()
            self._take_words()
        ended = self._ended.is_set()
        while not self._thread.is_gone:
            if self._number + 1 >= self._most_messages and size(self._rest) > LONGEST:
                if ended and await self._go_into_file():
                    break
                if not ended:
                    await self._grow(self._before_file())
                    return False
            elif size(self._rest) > LONGEST:
                await self._finish(*cut(self._rest, LONGEST, len(self._message.shown)))
            elif ended:
                await self._finish(self._rest, "", self._footer)
                if not self._rest:
                    break
            elif (at := self._place_to_rotate()) is not None:
                await self._rotate(at)
            else:
                await self._grow(self._visible())
                return False
        if self._thread.is_gone:
            self._rest = ""
        elif ended:
            await self._thread.delete_left()
        return ended

    async def _turn_to_append(self) -> None:
        """Wait for it, or for the end of the answer, which is shown with the end of the stream."""
        turn = asyncio.ensure_future(self._poster.turn("chat.appendStream", priority=Priority.CHAT))
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({turn, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            turn.cancel()
            ended.cancel()

    def _take_words(self) -> None:
        """What the model has said up to now is to be shown, in whole words: a key or a mention that is cut in two would
        not be recognised."""
        ended = self._ended.is_set()
        end = len(self._words.rstrip(_IN_KEYS))
        if ended or len(self._words) - end > _LONGEST_WORD:
            end = len(self._words)
        words, self._words = self._words[:end], self._words[end:]
        if words:
            self._whole += words
            self._rest = stream_text(self._rest + words)
            if not self._message.is_begun:
                self._rest = self._rest.lstrip("\n")
        if ended:
            self._rest, self._note = closed(self._rest) + self._note if self._note else self._rest, ""

    def _visible(self) -> str:
        """What is shown of the present message while it grows: towards its end whole lines only."""
        if size(self._rest) <= LONGEST - _WHOLE_LINES:
            return self._rest
        return self._rest[: max(self._rest.rfind("\n") + 1, len(self._message.shown))]

    async def _grow(self, text: str) -> None:
        if text.strip():
            await self._message.grow(text)

    async def _finish(self, text: str, rest: str, footer: Blocks = ()) -> None:
        """Finish the present message with `text`; the next one shows `rest`, or what this one cannot show any more."""
        if text.strip():
            await self._message.finish(text, footer)
            if self._message.shown != text:
                rest = self._rest[len(self._message.shown) :]
        self._rest = rest
        self._number += 1
        self._message.release()
        self._message, self._next = self._next, self._new_message(self._number + 1)

    def _new_message(self, number: int) -> AnswerMessage:
        return AnswerMessage(self._thread, number, self._timing.between_edits)

    def _place_to_rotate(self) -> int | None:
        """Where to end the message because its stream is old; None if it is not to be ended now."""
        message = self._message
        if not message.is_streaming or message.age < self._timing.longest_stream:
            return None
        at = self._rest.rfind("\n", max(len(message.shown) - 1, 0)) + 1
        if not at and message.age > self._timing.longest_stream + _LAST_LINE:
            at = len(message.shown)
        return at if self._rest[at:].strip() and at else None

    async def _rotate(self, at: int) -> None:
        """Go on in another stream, or without one where there is no room."""
        if self._next.may_stream():
            limit = size(self._rest[:at]) + _ROOM_FOR_FENCE
            await self._finish(*cut(self._rest, limit, at))
        else:
            self._next.release()
            await self._message.end_stream()

    def _before_file(self) -> str:
        return cut(self._rest, LONGEST - _ROOM_FOR_NOTES)[0]

    async def _go_into_file(self) -> bool:
        """Show where to read the whole answer, and the file with it. False where Slack takes none: then it goes on in
        messages."""
        try:
            if self._file_id is None:
                whole = redact(clean(self._whole))
                self._file_id = await self._poster.files.upload(self._file_name, whole.encode())
            with speaking(self._thread.recipient.language):
                note = texts.whole_in_file()
            await self._message.finish(f"{closed(self._before_file())}\n\n_{note}_{self._end_note}", self._footer)
            if not self._thread.is_gone and not (self._may_be_shared and await self._thread.has_file(self._file_name)):
                self._may_be_shared = True
                await self._thread.share(self._file_id, self._file_name)
        except PostRefused as error:
            log.warning("no file for a long answer", why=str(error))
            self._most_messages = sys.maxsize
            return False
        self._number += 1
        return True
