"""A loop that starts whatever work is due: different keys in parallel, one key never twice at a time.

Where nothing is due it waits for a change of the store, if all changes are known here: a process with a thousand
workspaces, in most of which nothing happens, would else do nothing but look.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable

import structlog

from bot.backoff import Backoff
from bot.changes import CHANGES
from bot.errors import BotError
from bot.notices.interfaces import PostError
from bot.timing import Timing

log = structlog.get_logger()

# Started in one go, with a pause after: two hundred notices that are due at once would else be written, and
# hold up everything else, in one breath.
_IN_ONE_GO = 8
# The pause doubles with each look that finds nothing, up to so many times `every`: what is due by the clock is found.
_LONGEST_REST = 60


class WorkLoop:
    """`due(in_progress)` returns (key, coroutine factory) pairs to start now.

    `backoff`: before a key is tried again whose work raised something, however often that was, while others go on. In
    seconds: `every` between rounds; `breath` between two starts if much is due at once; `last_seconds` for work under
    way when the loop is cancelled, since Slack may have asked to wait for minutes.
    """

    def __init__(
        self,
        name: str,
        due: Callable[[Collection[str]], Awaitable[Iterable[tuple[str, Callable[[], Coroutine[None, None, None]]]]]],
        *,
        every: float,
        backoff: Backoff = Timing.fault,
        breath: float = 0.05,
        last_seconds: float = 2.0,
    ) -> None:
        self._name = name
        self._due = due
        self._every = every
        self._backoff = backoff
        self._breath = breath
        self._last_seconds = last_seconds
        self._is_run = False
        self._is_calm = False
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._failures: Counter[str] = Counter()

    async def run(self) -> None:
        """Until cancelled; what is under way then may end, if it is quick."""
        self._is_run = True
        changes, rest = CHANGES.get(), self._every
        try:
            while True:
                known = changes.count if changes else 0
                await self._tried("", self.round)
                await asyncio.sleep(self._every)
                is_calm = changes is not None and self._is_calm and not self._under_way
                rest = min(2 * rest, _LONGEST_REST * self._every) if is_calm else self._every
                if changes is not None and is_calm and await changes.after(known, rest - self._every):
                    rest = self._every
        finally:
            self._is_run = False
            if self._under_way:
                _, late = await asyncio.wait(self._under_way.values(), timeout=self._last_seconds)
                for task in late:
                    task.cancel()

    async def look(self) -> None:
        """The same as `round` while it runs; where another process runs it, that will come to what is due."""
        if self._is_run:
            await self.round()

    async def round(self) -> None:
        """Start whatever is due and not under way."""
        # What was under way when `due` began to read may end before it answers, and its answer is then out of date.
        busy = set(self._under_way)
        begun = 0
        self._is_calm = False
        found = list(await self._due(busy))
        self._is_calm = not found and not busy
        for key, work in found:
            if key in busy or key in self._under_way:
                continue
            if begun and begun % _IN_ONE_GO == 0:
                await asyncio.sleep(self._breath)
            begun += 1
            self._under_way[key] = asyncio.create_task(self._do(key, work), name=f"{self._name} {key}")

    async def _do(self, key: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        try:
            await self._tried(key, work)
        finally:
            self._under_way.pop(key, None)

    async def _tried(self, key: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Do it; where it fails, say so, and wait until it may be tried again."""
        try:
            await work()
            del self._failures[key]
        except Exception as error:
            self._failures[key] += 1
            seconds = self._backoff.delay(self._failures[key])
            # What was to be done is still due. It is Slack, or the store (locked, full) or a provider, as a rule.
            say = log.warning if _is_known(error) else log.exception
            say("work failed", of=self._name, key=key, why=str(error), seconds=seconds)
            await asyncio.sleep(seconds)


def _is_known(error: BaseException) -> bool:
    """Whether it is a trouble that others have, also where several things were done at a time."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_known, error.exceptions))
    return isinstance(error, PostError | BotError)
