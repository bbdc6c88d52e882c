"""Messages that show something that changes: each is posted once, and edited where it shows something else.

Nothing is queued: whatever happened in between, the next edit shows how things are now. Their keepers decide what is to
be shown, and when; job cards compete for edits, and have their own (`handlers/outgoing/cards.py`).
"""

import asyncio
import time
from dataclasses import dataclass

import structlog

from bot.backoff import Backoff
from bot.keyed_locks import KeyedLocks
from bot.notices.interfaces import MessageStore, PostDoubtful, PostRefused, ShownMessage
from bot.timing import Timing
from handlers.blocks.message import Message
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority

log = structlog.get_logger()


@dataclass(frozen=True)
class KeptMessage:
    """The one of the messages about `about` that is called `key`, and where it stands."""

    about: str
    key: str
    channel: str
    thread_ts: str | None


class KeptMessages:
    """`priority`: of edits. `backoff`: its first delay is the time that Slack has to carry out a post in doubt."""

    def __init__(
        self,
        store: MessageStore,
        poster: Poster,
        *,
        priority: Priority,
        backoff: Backoff = Timing.answer,
        locks: KeyedLocks | None = None,
    ) -> None:
        self._store = store
        self._poster = poster
        self._priority = priority
        self._backoff = backoff
        self._posting = locks or KeyedLocks()

    async def post(self, at: KeptMessage, message: Message) -> str:
        """Its ts; posted unless it is there. Raises a PostError."""
        async with self._posting.of(at.about, at.key):
            known = await self._known(at)
            if known is not None and known.ts is not None:
                return known.ts
            now = time.time()
            since = await self._store.posting(at.about, at.key, now)
            try:
                ts = await self._poster.post_once(
                    at.channel,
                    message,
                    idempotency_key=f"{at.about}/{at.key}",
                    may_exist=since is not None,
                    since=now if since is None else since,
                    thread_ts=at.thread_ts,
                    priority=Priority.CHAT,
                )
            except (PostDoubtful, asyncio.CancelledError):
                # Slack may still be carrying it out: whoever looks for it now, and waits here, would not find it.
                await asyncio.sleep(self._backoff.delay(1))
                raise
            # What an earlier attempt has posted may show less.
            await self._store.posted(at.about, at.key, ts, message.fingerprint if since is None else None)
            return ts

    async def show(self, at: KeptMessage, message: Message) -> bool:
        """Post it, or bring it to date; False where Slack took an edit without its blocks only. Raises a PostError."""
        ts = await self.post(at, message)
        known = await self._known(at)
        if known is not None and known.shown == message.fingerprint:
            return True
        # Whatever comes of it: what Slack showed before is not to be relied on.
        await self._store.shown(at.about, at.key, None)
        whole = True
        try:
            whole = await self._poster.update(at.channel, ts, message, priority=self._priority)
        except PostRefused as error:
            # Somebody deleted it, or Slack lets nobody edit it any more: there is nothing to go on with.
            log.warning("cannot be edited", about=at.about, key=at.key, why=str(error))
        await self._store.shown(at.about, at.key, message.fingerprint)
        return whole

    async def _known(self, at: KeptMessage) -> ShownMessage | None:
        return (await self._store.of(at.about)).get(at.key)
