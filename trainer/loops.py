"""What runs for as long as the server does, and goes on whatever happens in it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterator

from trainer import instruments
from trainer.store.rows import trouble

logger = logging.getLogger(__name__)


class Loops:
    """What fails is tried again after `first` seconds, then after twice as long each time, up to `longest`. `down`
    names the loops that wait for that, for whoever watches the server."""

    def __init__(self, first: float = 1.0, longest: float = 60.0) -> None:
        self._first = first
        self._longest = longest
        self.down: set[str] = set()

    def pauses(self) -> Iterator[float]:
        """Seconds, without end."""
        pause = self._first
        while True:
            yield pause
            pause = min(2 * pause, self._longest)

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Until its task is cancelled: begun again after an error that it does not see to itself."""
        return asyncio.create_task(self._keep(name, loop), name=name)

    async def until_written(self, write: Callable[[], object], *, but: Collection[str] = ()) -> None:
        """Write into the store as soon as it is not in trouble (`store.trouble`). Trouble that `but` names is raised,
        and so is every other error."""
        for pause in self.pauses():
            try:
                write()
                return
            except Exception as error:
                found = trouble(error)
                if found is None or found in but:
                    raise
                logger.error("the database could not be written, again in %g s: %s", pause, error)
                await asyncio.sleep(pause)

    async def _keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        pauses = self.pauses()
        instruments.LOOP_UP.labels(name).set(1)
        while True:
            began = time.monotonic()
            try:
                await loop()
                logger.error("%s ended, which it never should", name)
            except Exception:
                logger.exception("%s broke off", name)
            if time.monotonic() - began > self._longest:
                pauses = self.pauses()
            self.down.add(name)
            instruments.LOOP_UP.labels(name).set(0)
            await asyncio.sleep(next(pauses))
            self.down.discard(name)
            instruments.LOOP_UP.labels(name).set(1)
