"""What a process runs on, where several share a loop: it can die, or stand still for a while, and the others go on.

Whatever a process does is done in a context that names its host, and so is what it calls back later.
"""

import asyncio
import contextlib
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

HOST: ContextVar["Host | None"] = ContextVar("host", default=None)


class Host:
    """`skew`: of its wall clock, in seconds; `uptime`: what its steady clock showed at the beginning."""

    def __init__(self, name: str, skew: float, uptime: float) -> None:
        self.name = name
        self.skew = skew
        self.uptime = uptime
        self.alive = True
        self.stands_still = False
        self.tasks: list[weakref.ref[asyncio.Task[Any]]] = []
        self.generators: list[weakref.ref[Any]] = []
        self.stepped: Callable[[], None] = lambda: None
        self._held: list[Any] = []

    def takes(self, handle: Any) -> bool:
        """Whether it does this now."""
        if self.alive and self.stands_still:
            self._held.append(handle)
        elif self.alive:
            self.stepped()
            return True
        return False

    def wake(self) -> list[Any]:
        """What is to be done now."""
        self.stands_still, held, self._held = False, self._held, []
        return held

    def die(self) -> None:
        """Not within a step of its own. What it left in memory reaches nothing while it is put away."""
        self.alive = False
        HOST.set(self)  # so that nothing comes of what is begun meanwhile
        for reference in self.tasks:
            task = reference()
            if task is not None and not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                with contextlib.suppress(BaseException):
                    task.get_coro().close()
        for each in self.generators:
            if (generator := each()) is not None:
                with contextlib.suppress(BaseException):
                    generator.ag_await.close()
