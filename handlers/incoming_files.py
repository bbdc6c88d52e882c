"""Dropped files that are not checked yet: a command that names one is answered once it is checked.

That covers what is in the inbox, also after a crash, and what may still be found in a channel's history.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection
from typing import Any, Final

from bot.store.inbox import SqlInbox
from bot.store.missed_channels import SqlMissedChannels

# Seconds. Where Slack does not let a channel be read, a command goes on with the files that are known.
_READING_BACK: Final = 20.0
_LOOK_EVERY: Final = 1.0


class IncomingFiles:
    """`changed` is called whenever the inbox has finished something, or a channel was read back. `made_by`: the
    callback_ids of modals of which files come."""

    def __init__(self, inbox: SqlInbox, unread: SqlMissedChannels, made_by: Collection[str] = ()) -> None:
        self._inbox = inbox
        self._unread = unread
        self._made_by = made_by
        self._changed = asyncio.Event()
        self._awaited: Counter[str] = Counter()

    def changed(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def is_awaited(self, channel: str) -> bool:
        """Whether somebody waits for what was dropped into it."""
        return self._awaited[channel] > 0

    async def checked(self, channel: str, names: Collection[str] = ()) -> None:
        """Returns once no file is in hand that was dropped into `channel`: of these names, or any at all."""
        self._awaited[channel] += 1
        try:
            try:
                async with asyncio.timeout(_READING_BACK):
                    while changed := await self._reading_back(channel):
                        await changed.wait()
            except TimeoutError:
                pass
            while changed := await self._in_hand(channel, names):
                # Another process, of which no event tells, may have them in hand.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), _LOOK_EVERY)
        finally:
            self._awaited[channel] -= 1

    async def _reading_back(self, channel: str) -> asyncio.Event | None:
        """The event of the next change; None if the channel has been read."""
        changed = self._changed
        if await self._unread.everywhere() is not None:
            return changed
        return changed if any(unread.channel == channel for unread in await self._unread.channels()) else None

    async def _in_hand(self, channel: str, names: Collection[str]) -> asyncio.Event | None:
        changed = self._changed
        for entry in await self._inbox.pending(f"message/{channel}/"):
            event: dict[str, Any] = entry.payload.get("event") or {}  # type: ignore[assignment]
            dropped = [file.get("name") or file.get("title") for file in event.get("files") or []]
            # A stub, as Slack Connect sends it, has no name yet.
            if any(not name or not names or name in names for name in dropped):
                return changed
        for entry in await self._inbox.pending("view_submission/"):
            view: dict[str, Any] = entry.payload.get("view") or {}  # type: ignore[assignment]
            if view.get("callback_id") in self._made_by and f'"{channel}"' in str(view.get("private_metadata")):
                return changed
        return None
