"""What is said in a thread comes to the model in the order in which it was said, however long it takes to look up who
said it."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

_LOOK_EVERY = 0.25


class Turn:
    """A place in a queue. `come` returns once all that stood before it have ended."""

    def __init__(self, earlier: "tuple[Turn, ...]" = ()) -> None:
        self._earlier = earlier
        self._ended = asyncio.Event()

    @property
    def has_ended(self) -> bool:
        return self._ended.is_set()

    async def come(self) -> None:
        for turn in self._earlier:
            await turn._ended.wait()
        self._earlier = ()

    def end(self) -> None:
        """Whoever stands behind need not wait for this one."""
        self._earlier = ()
        self._ended.set()


class TurnAmongProcesses(Turn):
    """A place in a queue that is in the store, where others take from it, too. `is_first`: nothing stands before it."""

    def __init__(self, is_first: Callable[[], Awaitable[bool]]) -> None:
        super().__init__()
        self._is_first = is_first

    async def come(self) -> None:
        while not await self._is_first():  # noqa: ASYNC110 (another process may work on it)
            await asyncio.sleep(_LOOK_EVERY)


class Turns:
    """The queues, one for each thread in which something is under way."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, list[Turn]] = defaultdict(list)

    def take(self, thread: str) -> Turn:
        """The last place in a thread's queue."""
        for quiet in [each for each, queue in self._queues.items() if all(turn.has_ended for turn in queue)]:
            del self._queues[quiet]
        queue = self._queues[thread]
        queue[:] = [turn for turn in queue if not turn.has_ended]
        queue.append(Turn(tuple(queue)))
        return queue[-1]
