"""Where a model's answer goes: into its thread, or to the person alone once the bot may not write there any more."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.notices.interfaces import PostRefused
from handlers.chat.blocks import answer_moved
from handlers.chat.thinking import ThinkingStatus
from handlers.web.poster import REFUSED_CONTENT, Poster, metadata
from handlers.web.rate_limits import Priority
from texts.language import Language, speaking

log = structlog.get_logger()


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


class AnswerThread:
    """`idempotency_key` names the answer in the metadata of its messages. `opened` is called with the ts of each
    message once it is in Slack. `messages` are those of an earlier attempt, oldest first; `doubtful`: it may have begun
    one more. A stream does not say whose answer it is before its end: `is_others` knows of those of other answers.
    """

    def __init__(
        self,
        poster: Poster,
        recipient: Recipient,
        *,
        idempotency_key: str,
        opened: Callable[[str], Awaitable[None]],
        is_others: Callable[[str], Awaitable[bool]] | None,
        messages: Sequence[str],
        doubtful: bool,
        thinking: ThinkingStatus,
    ) -> None:
        self.poster = poster
        self.recipient = recipient
        self.opened = opened
        self._is_others = is_others
        self.doubtful = doubtful
        self.thinking = thinking
        self.can_stream = True
        self.can_edit = True
        self.is_stopped = False  # a person pressed Slack's own Stop: nothing is shown before the answer ends
        self.is_gone = False  # somebody deleted a message of the answer, or nobody can be told
        self._idempotency_key = idempotency_key
        self._left = list(messages)
        self._known = len(messages)
        self._channel = recipient.channel
        self._thread_ts: str | None = recipient.thread_ts

    def mark(self, number: int) -> dict[str, Any]:
        """The metadata of the answer's message `number`."""
        return metadata(self._key(number))

    async def earlier(self, number: int) -> str | None:
        """The ts of the message `number` if an earlier attempt has begun it."""
        if self._left:
            return self._left.pop(0)
        found = await self._find(number)
        return found[0] if found else None

    async def delete_left(self) -> None:
        """Delete the messages of an earlier attempt for which there are no words."""
        found = await self._find(self._known)
        if found and found[1]:
            self._left.append(found[0])
        while self._left:
            try:
                await self.call("chat.delete", ts=self._left[0])
            except PostRefused as error:
                log.info("message of an earlier answer left", why=str(error))
            self._left.pop(0)

    async def start_stream(self, words: str) -> str:
        """Its ts. The token was taken before."""
        await self.thinking.end()
        recipient = self.recipient
        answer = await self.poster.call_now(
            "chat.startStream",
            {
                "channel": recipient.channel,
                "thread_ts": recipient.thread_ts,
                "recipient_user_id": recipient.user,
                "recipient_team_id": recipient.team,
                "markdown_text": words,
            },
        )
        return str(answer["ts"])

    async def post(self, number: int, content: dict[str, Any]) -> str | None:
        """The message's ts; None where it can be said nowhere. `content` as in chat.postMessage."""
        await self.thinking.end()
        try:
            answer = await self._post(number, content)
        except PostRefused as error:
            if str(error) in REFUSED_CONTENT:
                raise
            moved = await self._post_directly(number, content, error)
            if moved is None:
                return None
            answer = moved
        self._channel = str(answer.get("channel") or self._channel)
        return str(answer["ts"])

    async def call(self, method: str, *, priority: Priority = Priority.CHAT, **arguments: Any) -> None:
        await self.poster.call(method, {"channel": self._channel, **arguments}, priority=priority, repeat=False)

    async def call_now(self, method: str, **arguments: Any) -> None:
        """Like `call`, with a token that was taken before."""
        await self.poster.call_now(method, {"channel": self._channel, **arguments})

    async def has_file(self, name: str) -> bool:
        try:
            return await self.poster.has_file(self._channel, self._thread_ts, name, after=self.recipient.after)
        except PostRefused as error:
            log.warning("thread unreadable", why=str(error))
            return False

    async def share(self, file_id: str, name: str) -> None:
        await self.poster.files.share({file_id: name}, self._channel, self._thread_ts)

    def _key(self, number: int) -> str:
        return f"{self._idempotency_key}/{number}"

    async def _find(self, number: int) -> tuple[str, bool] | None:
        if not self.doubtful:
            return None
        try:
            found = await self.poster.find_answer(
                self._channel,
                self._thread_ts,
                self._key(number),
                after=self.recipient.after,
                by=self.recipient.bot,
            )
        except PostRefused as error:
            log.warning("thread unreadable, beginning again", why=str(error))
            found = None
        self.doubtful = False
        if found and self._is_others and await self._is_others(found[0]):
            return None
        return found

    async def _post(self, number: int, content: dict[str, Any]) -> dict[str, Any]:
        arguments = {
            "channel": self._channel,
            "metadata": self.mark(number),
            "unfurl_links": False,
            "unfurl_media": False,
            **content,
            **({"thread_ts": self._thread_ts} if self._thread_ts else {}),
        }
        return await self.poster.call(
            "chat.postMessage", arguments, priority=Priority.CHAT, channel=self._channel, repeat=False
        )

    async def _post_directly(self, number: int, content: dict[str, Any], why: PostRefused) -> dict[str, Any] | None:
        """To the person, where the bot may not write in the thread (any more); None where that is refused, too."""
        log.warning("no answer in the thread", why=str(why))
        if self._thread_ts is not None:
            self._channel, self._thread_ts, self.can_stream = self.recipient.user, None, False
            try:
                with speaking(self.recipient.language):
                    moved = answer_moved(self.recipient.channel)
                await self.poster.post(self._channel, moved, priority=Priority.CHAT)
                return await self._post(number, content)
            except PostRefused as error:
                log.error("answer cannot be shown anywhere", why=str(error))
        self.is_gone = True
        return None
