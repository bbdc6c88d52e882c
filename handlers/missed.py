"""Files that were dropped while the bot was away, found in the channels' history.

Slack redelivers events for minutes, not for hours. After a start, and after the connection was gone, channels that the
bot is in are read back to the last event that came in; so are direct messages in which it was given a file before.
What was not read yet is kept in the store. Other things that were missed (clicks, commands) people do again.

Slack's history of a channel leaves out the replies in its threads. Those that people began in that time are read as
well, and those in which the bot has lately reported on a file, for there a repaired one is dropped.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog

from bot.backoff import Backoff
from bot.datasets.interfaces import DatasetStore
from bot.errors import BotError
from bot.notices.interfaces import PostError, PostRefused
from bot.store.missed_channels import MissedChannel, SqlMissedChannels
from bot.timing import Timing
from handlers.datasets.dropped_files import may_be_training_data
from handlers.inbox import Inbox
from handlers.incoming_files import IncomingFiles
from handlers.web.poster import Poster

log = structlog.get_logger()

# Threads of files that are older than a week are hardly gone on with; each costs a call, of which Slack allows fifty a
# minute.
_LATELY = 7 * 24 * 3600.0
_MOST_THREADS = 20


class Backfill:
    """`was_away` before the bot listens, `run` for as long as it does, and `watch` if there is a connection whose
    loss can be seen.

    `work_off` processes what was found, as if Slack had just sent it. `bot_user` is the bot's own Slack id, `team`
    the workspace it is installed in.
    """

    def __init__(
        self,
        inbox: Inbox,
        unread: SqlMissedChannels,
        datasets: DatasetStore,
        incoming_files: IncomingFiles,
        poster: Poster,
        work_off: Callable[[], Awaitable[object]],
        *,
        bot_user: str,
        team: str,
        backoff: Backoff = Timing.read_back,
    ) -> None:
        self._inbox = inbox
        self._datasets = datasets
        self._incoming_files = incoming_files
        self._poster = poster
        self._bot_user = bot_user
        self._team = team
        self._unread = unread
        self._work_off = work_off
        self._backoff = backoff
        self._wanted = asyncio.Event()
        self._away_since: float | None = None

    async def was_away(self, since: float) -> None:
        """Store that the bot was away since then (seconds since the epoch), before a new event is stored that would
        hide it. If the store has trouble, as soon as it has none."""
        self._away_since = min(since, self._away_since or since)
        try:
            await self._keep()
        except Exception as error:
            log.error("not stored that the bot was away", why=repr(error))

    async def _keep(self) -> None:
        if self._away_since is not None:
            await self._unread.was_away(self._away_since)
            self._away_since = None

    async def run(self) -> None:
        """Read what there is to be read; ends by being cancelled only."""
        failures = 0
        while True:
            self._wanted.clear()
            failures = 0 if await self._tried() else failures + 1
            delay = self._backoff.delay(failures) if failures else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), delay)

    async def watch(
        self, is_connected: Callable[[], Awaitable[bool]], *, look_every: float = Timing.connection_look
    ) -> None:
        """Have everything read back to the moment when the connection was lost, once it is there again."""
        deaf_since: float | None = None
        while True:
            try:
                connected = await is_connected()
            except Exception:  # as good as none, until somebody can say
                log.exception("connection not seen")
                connected = False
            if not connected and deaf_since is None:
                deaf_since = time.time()
                await self.was_away(deaf_since)
            elif connected and deaf_since is not None:
                log.info("heard nothing for a while", seconds=round(time.time() - deaf_since))
                await self.was_away(deaf_since)
                deaf_since = None
                self._wanted.set()
            await asyncio.sleep(look_every)

    async def _tried(self) -> bool:
        """Whether nothing is left to be read."""
        try:
            return await self._read_all()
        except PostError as error:
            log.warning("channels not listed", why=str(error))
        except BotError as error:  # the store
            log.error("not read back", why=str(error))
        except Exception:
            log.exception("not read back")
        return False

    async def _read_all(self) -> bool:
        await self._keep()
        since = await self._unread.everywhere()
        if since is not None:
            await self._unread.spread(since, await self._channels())
            self._incoming_files.changed()
        unread = await self._unread.channels()
        missed = left = 0
        waiting = list(unread)
        while waiting:
            # Where somebody waits for a file, first.
            one = max(waiting, key=lambda each: self._incoming_files.is_awaited(each.channel))
            waiting.remove(one)
            try:
                missed += await self._read(one)
            except PostRefused as error:
                log.warning("history not read", channel=one.channel, why=str(error))
            except PostError as error:
                log.warning("history not read yet", channel=one.channel, why=str(error))
                left += 1
                continue
            await self._unread.was_read(one.channel)
            self._incoming_files.changed()
        if unread:
            log.info("caught up", missed=missed, left=left)
        return not left

    async def _read(self, unread: MissedChannel) -> int:
        """Take in what was missed in one channel, oldest first; how many messages. Raises PostError."""
        found = 0
        for message in sorted(await self._dropped(unread), key=lambda each: float(each["ts"])):
            found += await self._inbox.offer(_as_event(self._team, unread.channel, message))
        if found:
            await self._work_off()
        return found

    async def _dropped(self, unread: MissedChannel) -> list[dict[str, Any]]:
        """Messages with files, in the channel and in its threads."""
        arguments = {"channel": unread.channel, "oldest": f"{unread.since:.6f}", "limit": 200}
        threads, dropped = [], []
        async for message in self._pages("conversations.history", arguments, "messages"):
            # Under our own cards there are replies all the time, and hardly ever a file.
            if float(message.get("latest_reply") or 0) > unread.since and not message.get("bot_id"):
                threads.append(message["ts"])
            if self._concerns_us(message):
                dropped.append(message)
        threads += await self._datasets.threads(unread.channel, unread.since - _LATELY, _MOST_THREADS)
        for thread_ts in list(dict.fromkeys(threads))[:_MOST_THREADS]:
            with contextlib.suppress(PostRefused):  # it was deleted
                async for reply in self._pages("conversations.replies", {**arguments, "ts": thread_ts}, "messages"):
                    # Its first message comes always, however old.
                    if reply["ts"] != thread_ts and self._concerns_us(reply):
                        dropped.append(reply)
        return dropped

    def _concerns_us(self, message: dict[str, Any]) -> bool:
        by_a_person = message.get("user") not in {None, self._bot_user} and not message.get("bot_id")
        return by_a_person and any(may_be_training_data(file) for file in message.get("files") or [])

    async def _channels(self) -> list[str]:
        arguments = {"types": "public_channel,private_channel", "exclude_archived": True, "limit": 200}
        pages = self._pages("conversations.list", arguments, "channels")
        member_of = [channel["id"] async for channel in pages if channel.get("is_member")]
        return member_of + await self._datasets.direct_messages()

    async def _pages(self, method: str, arguments: dict[str, Any], what: str) -> AsyncIterator[dict[str, Any]]:
        """Page by page, in Slack's order: messages come newest first."""
        while True:
            page = await self._poster.call(method, arguments)
            for one in page.get(what, []):
                yield one
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            arguments = {**arguments, "cursor": cursor}


def _as_event(team: str, channel: str, message: dict[str, Any]) -> dict[str, Any]:
    """The event that Slack would have sent, under the same inbox key."""
    return {
        "type": "event_callback",
        "team_id": team,
        "event": {
            **message,
            "type": "message",
            "subtype": "file_share",
            "channel": channel,
            "channel_type": "im" if channel.startswith("D") else "channel",
        },
    }
