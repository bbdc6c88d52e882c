"""Columns of numbers about millions of examples, on disk: memory holds one column at a time."""

import tempfile
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Columns:
    """Columns that grow at the end, each in a temporary file that is gone when the block is left."""

    def __init__(self, types: Mapping[str, type[np.generic]]) -> None:
        self._types = types
        self._files = {name: tempfile.TemporaryFile() for name in types}  # noqa: SIM115, closed on exit

    def __enter__(self) -> "Columns":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._files.values():
            file.close()

    def append(self, name: str, values: ArrayLike) -> None:
        self._files[name].write(np.asarray(values, self._types[name]).tobytes())

    def read(self, name: str) -> NDArray[Any]:
        file = self._files[name]
        file.seek(0)
        return np.fromfile(file, self._types[name])

    def at(self, name: str, index: int) -> Any:
        """One value of a column, without reading the others."""
        kind = np.dtype(self._types[name])
        file = self._files[name]
        file.seek(index * kind.itemsize)
        return np.frombuffer(file.read(kind.itemsize), kind)[0]
