"""The line below a thread that says that the model thinks."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

# Slack takes it away after two minutes (assistant.threads.setStatus, read 2026-11-21).
_LASTS: Final = 100.0
# So long the first words wait for a call that is under way: carried out after them, it would stay below the answer.
_LONGEST_CALL: Final = 1.0


class ThinkingStatus:
    """Calls `show` from `begin` on as often as Slack forgets it, until `end`; Slack itself takes it away when something
    is posted. Nothing waits for it to be shown."""

    def __init__(self, show: Callable[[], Awaitable[None]] | None) -> None:
        self._show = show
        self._over = asyncio.Event()
        self._showing: asyncio.Task[None] | None = None

    def begin(self) -> None:
        if self._show is not None:
            self._showing = asyncio.create_task(self._keep_showing(self._show))

    async def end(self) -> None:
        self._over.set()
        if self._showing is not None:
            _, late = await asyncio.wait([self._showing], timeout=_LONGEST_CALL)
            for task in late:
                task.cancel()
            self._showing = None

    async def _keep_showing(self, show: Callable[[], Awaitable[None]]) -> None:
        while not self._over.is_set():
            await show()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), _LASTS)
