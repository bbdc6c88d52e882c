"""That something was written to the store: for loops that would else look again and again whether there is work."""

import asyncio
import contextlib
from contextvars import ContextVar


class Changes:
    """`count`: how many there were."""

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def tell(self) -> None:
        self.count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def after(self, count: int, seconds: float) -> bool:
        """Wait for one after the first `count`, for so many seconds at most; whether there was one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.count == count:
                    await self._next.wait()
        return self.count != count


CHANGES: ContextVar[Changes | None] = ContextVar("changes", default=None)
"""Of the store that this task and those it begins work on; None where another process may write to it, too."""


class Rest:
    """Of something that looks again and again: it need not where it found nothing to do and nothing has changed."""

    def __init__(self) -> None:
        self._found_nothing_at: int | None = None

    def count(self) -> int | None:
        """Before a look; `found_nothing` takes it. None where changes are not known here."""
        changes = CHANGES.get()
        return changes.count if changes else None

    def found_nothing(self, count: int | None) -> None:
        self._found_nothing_at = count

    def goes_on(self) -> bool:
        """Whether another look would find nothing, too."""
        return self._found_nothing_at is not None and self._found_nothing_at == self.count()
