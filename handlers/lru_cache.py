"""What is remembered of the latest that was asked for, in bounded memory."""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Of more than `most`, those go first that were not used for the longest time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[K, V] = {}  # the latest used last

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        if key not in self._values:
            return None
        value = self._values[key] = self._values.pop(key)
        return value

    def put(self, key: K, value: V) -> None:
        self._values.pop(key, None)
        self._values[key] = value
        if len(self._values) > self._most:
            del self._values[next(iter(self._values))]

    def forget(self, key: K) -> None:
        self._values.pop(key, None)
