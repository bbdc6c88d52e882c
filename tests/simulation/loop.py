"""An event loop whose clock jumps instead of waiting, and which can end between any two steps of any task.

Nothing in it depends on the machine: the same callbacks in the same order at the same times, whenever it runs.
"""

import asyncio
import contextvars
import heapq
import itertools
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from tests.simulation.host import HOST, Host

# Seconds, which the clocks of processes, that begin at any number up to a million, can tell apart from none.
_SHORTEST = 1e-6


class Crash(BaseException):
    """The process was killed: no `finally`, no `except`, nothing is put away."""


class Stuck(BaseException):
    """Every task waits for something that will never happen."""


class Timeline:
    """Virtual seconds since the beginning, and what the world (not the process under test) does at which time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, when: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(when, self.now), next(self._order), what))

    def pass_until(self, when: float | None) -> None:
        """To the next thing that the world does, or to `when`, whichever is first."""
        if self._events and (when is None or self._events[0][0] <= when):
            at, _, what = heapq.heappop(self._events)
            self.now = max(self.now, at)
            what()
        elif when is None:
            raise Stuck
        else:
            self.now = max(self.now, when)


class _Nothing:
    """In the place of what is not done."""

    _cancelled = True


_NOTHING = _Nothing()


class _OneByOne(deque[Any]):
    """Lets the loop take a single callback in each of its rounds, so that it can end after any of them."""

    def __len__(self) -> int:
        return min(1, super().__len__())

    def popleft(self) -> Any:
        handle = super().popleft()
        host = handle._context.get(HOST)
        return handle if host is None or host.takes(handle) else _NOTHING


class SimulatedLoop(asyncio.BaseEventLoop):
    """Ends with Crash after `steps` callbacks, if that is given, or after the one in which `die` is called."""

    def __init__(self, timeline: Timeline, steps: int | None = None) -> None:
        super().__init__()
        self._timeline = timeline
        self._steps_left = steps
        self._dying = False
        self._selector = self
        self._ready = _OneByOne()
        self.set_exception_handler(self._on_exception)
        self.set_task_factory(_in_its_host)
        self.failures: list[str] = []
        self._generators_of: dict[int, Host] = {}

    def die(self) -> None:
        self._dying = True

    def time(self) -> float:
        return self._timeline.now

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """A real clock goes on while somebody waits, however shortly."""
        delay = max(delay, _SHORTEST) if delay > 0 else delay
        return super().call_later(delay, callback, *args, context=context)

    def select(self, timeout: float | None) -> list[Any]:
        """What the base class asks between two rounds: here the clock moves, and the process may die."""
        if self._dying:
            raise Crash
        if timeout is None or timeout > 0:
            self._timeline.pass_until(None if timeout is None else self._timeline.now + timeout)
        elif self._steps_left is not None:
            self._steps_left -= 1
            if self._steps_left <= 0:
                raise Crash
        return []

    def go_on(self, handles: Sequence[Any]) -> None:
        """Do what could not be done while a process stood still."""
        self._ready.extend(handles)

    def next_of_all(self, what: Callable[[], None]) -> None:
        """Between the step that is being done and all others, in no process."""
        context = contextvars.Context()
        self._ready.appendleft(asyncio.Handle(what, (), self, context))

    def _asyncgen_firstiter_hook(self, agen: Any) -> None:
        super()._asyncgen_firstiter_hook(agen)  # type: ignore[misc]
        # Nobody says when one comes to its end: an earlier one may have had this id.
        self._generators_of.pop(id(agen), None)
        if host := HOST.get():
            self._generators_of[id(agen)] = host
            host.generators.append(weakref.ref(agen))

    def _asyncgen_finalizer_hook(self, agen: Any) -> None:
        """What a dead process would still close stays as it is."""
        host = self._generators_of.pop(id(agen), None)
        if host is None or host.alive:
            super()._asyncgen_finalizer_hook(agen)  # type: ignore[misc]

    def _process_events(self, event_list: list[Any]) -> None: ...

    def _write_to_self(self) -> None: ...

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.failures.append(f"{context.get('message')}: {context.get('exception')!r}")

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """Threads are no part of a history: the work is done at once."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def _in_its_host(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
    task = asyncio.Task(coroutine, loop=loop, **options)
    if host := HOST.get():
        host.tasks.append(weakref.ref(task))
    return task
