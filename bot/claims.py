"""What a process has in hand, so that the others know: they wait for it, or ask it to stop."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Final

import structlog

from bot.errors import BotError
from bot.store.processes import SqlProcesses

log = structlog.get_logger()

_LOOK_EVERY: Final = 0.25


class Claims:
    """Of one `name`, each for a key. All are free once the process is `lost`, or has left."""

    def __init__(self, store: SqlProcesses, process: str, name: str, lost: asyncio.Event) -> None:
        self._store = store
        self._process = process
        self._name = name
        self._lost = lost
        self._numbers = itertools.count(1)

    @contextlib.asynccontextmanager
    async def held(self, *key: object) -> AsyncIterator[None]:
        """By one process at a time."""
        thing = self._thing(*key)
        try:
            while not await self._store.claim(thing, self._process):  # noqa: ASYNC110 (another process has it)
                await asyncio.sleep(_LOOK_EVERY)
            yield
        finally:  # also where it is cancelled while it claims
            await asyncio.shield(self._give_up(thing))

    @contextlib.asynccontextmanager
    async def announced(self, *key: object) -> AsyncIterator[None]:
        """By any number at a time."""
        async with self.held(*key, f"{self._process}.{next(self._numbers)}"):
            yield

    async def is_announced_elsewhere(self, *key: object) -> bool:
        """By another process."""
        return await self._store.is_claimed_elsewhere(self._thing(*key, ""), self._process)

    async def ended_elsewhere(self, *key: object) -> None:
        """Wait until no other process announces it any more."""
        while await self.is_announced_elsewhere(*key):  # noqa: ASYNC110 (nobody here knows of it)
            await asyncio.sleep(_LOOK_EVERY)

    async def ask_to_stop(self, *key: object) -> bool:
        """Whether some process has it in hand."""
        return await self._store.ask_to_stop(self._thing(*key))

    async def asked_to_stop(self, *key: object) -> None:
        """Wait until somebody asks this process, which has it in hand."""
        while True:
            with contextlib.suppress(BotError):  # the store's troubles pass
                if await self._store.is_asked_to_stop(self._thing(*key)):
                    return
            await asyncio.sleep(_LOOK_EVERY)

    def _thing(self, *key: object) -> str:
        return "/".join([self._name, *map(str, key)])

    async def _give_up(self, thing: str) -> None:
        """Whatever it takes, or nobody else would get it for as long as this process lives."""
        while not self._lost.is_set():
            try:
                await self._store.give_up(thing, self._process)
            except BotError as error:
                log.warning("claim not given up", thing=thing, why=str(error))
                await asyncio.sleep(_LOOK_EVERY)
            else:
                break
