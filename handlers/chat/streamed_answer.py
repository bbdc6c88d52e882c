"""A model's answer in Slack, growing while it is written.

The model is read at its own speed; a separate task brings the text to Slack. Slack's failures are dealt with here: text
that it does not take is sent again, so no answer is lost and no model is asked twice.

An answer is streamed, and Slack shows by itself that more is to come. Slack ends a stream about five minutes after its
start (python-slack-sdk#1859), and a stream may be refused for other reasons: from then on the message is edited
instead, or posted where there are no streams, and ends in dots until all of it is there. What one message cannot hold
goes on in the next. Where the bot may no longer write, the person gets it directly.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_sdk.models.blocks import Block

from bot.backoff import Backoff
from bot.notices.interfaces import PostDoubtful, PostError, PostLater, PostRefused
from bot.timing import Timing
from handlers.blocks.text import clip, escape, size
from handlers.chat.blocks import answer_moved, pieces, stream_text
from handlers.web.poster import NO_CONNECTION, Poster, metadata
from handlers.web.rate_limits import Priority
from texts.language import Language, speaking

log = structlog.get_logger()

# Words are gathered for this long before they are shown: calm for Slack, fluent for the eye.
_EVERY: Final = 0.4
# Slack advises one edit of a message in three seconds at most (chat.update, read 2026-11-21).
_BETWEEN_EDITS: Final = 3.0
# markdown_text holds 12,000 characters (chat.startStream and chat.update, read 2026-11-21).
LONGEST: Final = 11_000
_REFUSED_BLOCKS: Final = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long")
_TO_BE_CONTINUED: Final = " …"
# The text beside blocks is for notifications and screen readers; chat.update refuses more than 4,000 characters of it.
_FALLBACK: Final = 3_000
# A word longer than this is no word, and is not waited for.
_LONGEST_WORD: Final = 400


@dataclass(frozen=True)
class Recipient:
    """Whom an answer is for, and in which thread it goes. `team` and `language` are the person's, `bot` the bot's own
    user id; the answer's messages stand below `after`, the ts of what it answers.
    """

    channel: str
    thread_ts: str
    user: str
    team: str
    bot: str
    after: str
    language: Language


class StreamedAnswer:
    """`async with StreamedAnswer(…) as answer`: `add` words, then `close`, which returns when all of them can be read.

    `idempotency_key` names the answer in the metadata of its messages. `opened` is called with the ts of each message
    once it is in Slack. `messages` are those of an earlier attempt, oldest first: they are edited to the new answer,
    and the rest is deleted. `doubtful`: that attempt may have begun one more.
    """

    def __init__(
        self,
        poster: Poster,
        recipient: Recipient,
        *,
        idempotency_key: str,
        opened: Callable[[str], Awaitable[None]],
        messages: Sequence[str] = (),
        doubtful: bool = False,
        backoff: Backoff = Timing.answer,
    ) -> None:
        self._poster = poster
        self._recipient = recipient
        self._idempotency_key = idempotency_key
        self._opened = opened
        self._left = list(messages)
        self._doubtful = doubtful
        self._backoff = backoff
        self._channel: str = recipient.channel
        self._thread_ts: str | None = recipient.thread_ts
        self._news = asyncio.Event()
        self._ended = asyncio.Event()
        self._words = ""  # the model's, of which the last may be half a word
        self._rest = ""  # what is to be shown next
        self._footer: list[dict[str, Any]] = []  # blocks below the last message
        self._number = 0  # of the present message
        self._forget_message()
        self._edited_at = float("-inf")
        self._can_stream = True
        self._can_edit = True
        self._gone = False  # somebody deleted the message, or nobody can be told

    def _forget_message(self) -> None:
        self._ts: str | None = None
        self._text = ""  # what the present message is to show
        self._certain = 0  # so many characters of it are certainly shown
        self._streaming = False  # words are appended
        self._open = False  # Slack may still take it for a stream
        self._dotted = False  # says that more is to come

    async def __aenter__(self) -> "StreamedAnswer":
        self._writer = asyncio.create_task(self._write(), name=self._idempotency_key)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.cancel()
        await asyncio.wait([self._writer])

    def add(self, words: str) -> None:
        """More of the model's words."""
        self._words += words
        self._news.set()

    async def close(self, note: str = "", blocks: Sequence[Block] = ()) -> None:
        """End the answer; `note` (one line of ours) is added in italics, and `blocks` stand below its last message,
        unless Slack refuses them. Returns when all is shown, however long Slack is out of reach.
        """
        self._note = f"\n\n_{note}_" if note else ""
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
                delay = self._backoff.delay(failures)
                if isinstance(error, PostLater) and str(error) != NO_CONNECTION:
                    delay = max(delay, min(error.retry_after, 60))
                log.info("answer waits for slack", why=str(error), seconds=delay)
                await asyncio.sleep(delay)
                self._news.set()
            else:
                failures = 0
                if self._behind:  # an edit is due, whether or not more words come
                    self._news.set()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ended.wait(), _EVERY)

    async def _show(self) -> bool:
        """Bring to Slack what has come; returns whether that is all. Raises PostLater or PostDoubtful if it is to be
        tried again.
        """
        ended = self._ended.is_set()
        self._rest += self._whole_words(ended)
        if ended:
            self._rest, self._note = self._rest + self._note, ""
        while self._rest and not self._gone and (ended or self._can_edit):
            if not self._text:
                self._rest = self._rest.lstrip()
            room = LONGEST - size(self._text)
            if room < min(size(self._rest), LONGEST // 10) or (self._ts and not self._streaming and not self._can_edit):
                await self._finish_message()
                continue
            head = self._rest if size(self._rest) <= room else next(iter(pieces(self._rest, room)), "")
            await self._put(head)
            self._text += head
            self._rest = self._rest[len(head) :]
            if self._streaming:
                self._certain = len(self._text)
        if self._gone:
            self._rest = ""
        elif not ended and self._behind and time.monotonic() - self._edited_at >= _BETWEEN_EDITS:
            await self._edit(dotted=True)
        if ended:
            await self._finish_message(last=not self._rest)
            await self._delete_left()
        # An edit that was refused leaves words over, which go into a message of their own.
        if ended and self._rest:
            return await self._show()
        return ended

    @property
    def _behind(self) -> bool:
        return self._certain < len(self._text)

    def _whole_words(self, ended: bool) -> str:
        """Whole words only: a key or a mention cut in two would not be recognised."""
        end = max(self._words.rfind(" "), self._words.rfind("\n")) + 1
        if ended or len(self._words) - end > _LONGEST_WORD:
            end = len(self._words)
        words, self._words = self._words[:end], self._words[end:]
        return stream_text(words)

    async def _put(self, words: str) -> None:
        """Show them in the present message, or leave that to its next edit."""
        if self._ts is None:
            await self._begin(words)
        elif self._streaming:
            try:
                await self._call("chat.appendStream", markdown_text=words)
            except PostLater:
                raise
            except PostError as error:
                # Whether or not these words arrived: an edit shows all of them.
                log.info("stream ended early, editing instead", why=str(error))
                self._streaming = False

    async def _begin(self, words: str) -> None:
        found = self._left.pop(0) if self._left else None
        if found is None and self._doubtful:
            found = await self._find()
            self._doubtful = False
        if found is not None:
            self._ts, self._open = found, True
            self._edited_at = float("-inf")
        else:
            try:
                self._ts = await self._begin_stream(words) or await self._begin_post(words)
            except PostDoubtful:
                self._doubtful = True
                raise
            self._certain = len(words)
            if self._gone:
                return
        await self._opened(str(self._ts))

    async def _find(self) -> str | None:
        recipient = self._recipient
        try:
            return await self._poster.find_answer(
                self._channel,
                self._thread_ts,
                f"{self._idempotency_key}/{self._number}",
                after=recipient.after,
                by=recipient.bot,
            )
        except PostRefused as error:
            log.warning("thread unreadable, beginning again", why=str(error))
            return None

    async def _begin_stream(self, words: str) -> str | None:
        """None where there are no streams, or so many just now that this one would have to wait."""
        recipient = self._recipient
        if not self._can_stream or self._thread_ts is None or not self._poster.has_room("chat.startStream"):
            return None
        try:
            answer = await self._poster.call(
                "chat.startStream",
                {
                    "channel": recipient.channel,
                    "thread_ts": recipient.thread_ts,
                    "recipient_user_id": recipient.user,
                    "recipient_team_id": recipient.team,
                    "markdown_text": words,
                },
                priority=Priority.CHAT,
                repeat=False,
            )
        except PostError as error:
            log.info("no stream", why=str(error))
            if str(error) == NO_CONNECTION:
                raise
            self._can_stream = False
            if isinstance(error, PostDoubtful):
                raise
            return None
        self._streaming = self._open = True
        return str(answer["ts"])

    async def _begin_post(self, words: str) -> str | None:
        answer: dict[str, Any] | None
        dotted = not self._ended.is_set() or words != self._rest
        text = words + _TO_BE_CONTINUED if dotted else words
        try:
            answer = await self._post(text, with_footer=not dotted)
        except PostRefused as error:
            answer = await self._post_directly(text, error, with_footer=not dotted)
        if answer is None:
            return None
        self._channel = str(answer.get("channel") or self._channel)
        self._dotted = dotted
        self._edited_at = time.monotonic()
        return str(answer["ts"])

    async def _post(self, words: str, *, with_footer: bool) -> dict[str, Any]:
        arguments = {
            "channel": self._channel,
            "metadata": metadata(f"{self._idempotency_key}/{self._number}"),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if self._thread_ts:
            arguments["thread_ts"] = self._thread_ts

        async def post(content: dict[str, Any]) -> dict[str, Any]:
            return await self._poster.call(
                "chat.postMessage", arguments | content, priority=Priority.CHAT, channel=self._channel, repeat=False
            )

        return await self._with_footer(words, post, wanted=with_footer)

    async def _post_directly(self, words: str, why: PostRefused, *, with_footer: bool) -> dict[str, Any] | None:
        """To the person, where the bot may not write in the thread (any more); None where that is refused, too."""
        log.warning("no answer in the thread", why=str(why))
        if self._thread_ts is not None:
            self._channel, self._thread_ts = self._recipient.user, None
            try:
                with speaking(self._recipient.language):
                    moved = answer_moved(self._recipient.channel)
                await self._poster.post(self._channel, moved, priority=Priority.CHAT)
                return await self._post(words, with_footer=with_footer)
            except PostRefused as error:
                log.error("answer cannot be shown anywhere", why=str(error))
        self._gone = True
        return None

    async def _finish_message(self, *, last: bool = False) -> None:
        if self._ts is None:
            return
        unfinished = self._open or self._behind or self._dotted
        if self._streaming:
            unfinished = not await self._stop(with_footer=last)
            self._streaming = False
        if unfinished and not self._gone:
            await self._edit(with_footer=last)
        if self._ts is not None:
            self._number += 1
            self._forget_message()

    async def _with_footer(
        self, words: str, send: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]], *, wanted: bool
    ) -> dict[str, Any]:
        """`send` the words with the blocks below them if `wanted`; without, where Slack refuses these."""
        if wanted and self._footer:
            blocks = [{"type": "markdown", "text": words}, *self._footer]
            try:
                return await send({"text": clip(escape(words), _FALLBACK), "blocks": blocks})
            except PostRefused as error:
                self._refused_footer(error)
        return await send({"markdown_text": words})

    def _refused_footer(self, error: PostRefused) -> None:
        """Go on without the blocks if it was they that Slack refused; else raises the error."""
        if not self._footer or str(error) not in _REFUSED_BLOCKS:
            raise error
        log.warning("answer goes without what stands below it", why=str(error))
        self._footer = []

    async def _stop(self, *, with_footer: bool = False) -> bool:
        """End the stream, so that the message can be edited. False where it was none any more."""
        try:
            if with_footer and self._footer:
                try:
                    await self._call("chat.stopStream", metadata=self._metadata(), blocks=self._footer)
                except PostRefused as error:
                    self._refused_footer(error)
                    await self._call("chat.stopStream", metadata=self._metadata())
            else:
                await self._call("chat.stopStream", metadata=self._metadata())
        except PostRefused as error:
            log.info("stream was ended already", why=str(error))
            self._open = False
            return False
        self._open = False
        return True

    async def _edit(self, *, dotted: bool = False, with_footer: bool = False) -> None:
        """Show all there is in this message, and mark it. An edit done twice does no harm."""
        if self._ts is None or not self._can_edit:
            return
        cannot_stop = self._open and not await self._stop()
        self._edited_at = time.monotonic()
        try:
            text = self._text + _TO_BE_CONTINUED if dotted else self._text

            async def edit(content: dict[str, Any]) -> dict[str, Any]:
                return await self._call("chat.update", metadata=self._metadata(), **content)

            await self._with_footer(text, edit, wanted=with_footer)
            self._certain, self._dotted = len(self._text), dotted
        except PostRefused as error:
            log.warning("answer cannot be edited", why=str(error))
            if str(error) == "streaming_state_conflict" and not cannot_stop:
                self._open = True
                raise PostLater(str(error), 2) from error
            if str(error) == "message_not_found":
                self._gone = True  # whoever deleted it does not want to read on
                return
            self._can_edit = False
            self._rest = self._text[self._certain :] + self._rest
            self._number += 1
            self._forget_message()

    async def _delete_left(self) -> None:
        while self._left:
            with contextlib.suppress(PostRefused):
                await self._poster.call("chat.delete", {"channel": self._recipient.channel, "ts": self._left[0]})
            self._left.pop(0)

    def _metadata(self) -> dict[str, Any]:
        return metadata(f"{self._idempotency_key}/{self._number}")

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        return await self._poster.call(
            method, {"channel": self._channel, "ts": self._ts, **arguments}, priority=Priority.CHAT, repeat=False
        )
