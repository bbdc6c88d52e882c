"""A lock for each key, for as long as somebody holds it or waits for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from weakref import WeakValueDictionary


class KeyedLocks:
    """`claimed`: what is held besides, so that another process has to wait, too."""

    def __init__(self, claimed: Callable[..., AbstractAsyncContextManager[None]] | None = None) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()
        self._claimed = claimed

    def of(self, *key: Hashable) -> AbstractAsyncContextManager[None]:
        lock = self._locks.setdefault(key, asyncio.Lock())
        return lock if self._claimed is None else self._both(lock, key)

    @contextlib.asynccontextmanager
    async def _both(self, lock: asyncio.Lock, key: tuple[Hashable, ...]) -> AsyncIterator[None]:
        assert self._claimed is not None
        async with lock, self._claimed(*key):
            yield
