"""Publishes each change in the workspace to open pages and waiting tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """Something has changed.

    `what` is message, channel, view, home, status, session, prompts, workflow, locale, presence or toast.
    """

    what: str
    channel: str = ""
    thread_ts: str = ""
    ts: str = ""
    user: str = ""
    text: str = ""


class Changes:
    def __init__(self) -> None:
        self._watchers: set[asyncio.Queue[Change | None]] = set()

    def publish(self, change: Change) -> None:
        for queue in self._watchers:
            queue.put_nowait(change)

    @asynccontextmanager
    async def watch(self) -> AsyncIterator["asyncio.Queue[Change | None]"]:
        """A queue of the changes from now on; None means that the workspace has ended."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    def close(self) -> None:
        for queue in self._watchers:
            queue.put_nowait(None)
