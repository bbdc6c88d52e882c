"""Our copies of training files: one for each content, named by its SHA-256."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from bot.datasets.dataset import Dataset
from bot.errors import NotFound
from training_files.errors import TrainingFileError


class StoredFile(msgspec.Struct, frozen=True):
    path: Path
    sha256: str
    bytes: int


class Arrival(msgspec.Struct, frozen=True):
    """A training file being downloaded: `path` holds what has come so far; more comes as long as the file `growing`
    exists."""

    path: Path
    growing: Path


class FileStore:
    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.jsonl"

    @contextmanager
    def reading(self, dataset: Dataset, arrival: Arrival | None = None) -> Iterator[Path]:
        """The path of our copy, or of the arrival that will become it. People do not know that path: a
        TrainingFileError raised within names the data set instead. Raises NotFound if the copy is gone.
        """
        path = arrival.path if arrival else self.path(dataset.sha256)
        if not path.exists():
            raise NotFound("copy_gone", file=dataset.name)
        try:
            yield path
        except TrainingFileError as error:
            raise error.calling(path, dataset.name) from error

    def check_size(self, size: int) -> None:
        """Raises TrainingFileError for more bytes than are taken."""
        if size > self._max_bytes:
            raise TrainingFileError("larger_than_taken", megabytes=self._max_bytes // 1_000_000)

    @contextmanager
    def arriving(self) -> Iterator[Arrival]:
        """A new, empty file to download to; removed at the end unless it was adopted."""
        arrival = Arrival(self.part(), self.part())
        try:
            yield arrival
        finally:
            arrival.path.unlink(missing_ok=True)
            arrival.growing.unlink(missing_ok=True)

    async def receive(self, arrival: Arrival, chunks: AsyncIterator[bytes]) -> None:
        """Write `chunks` to disk as they come; the arrival is whole when this returns.

        Raises TrainingFileError where the file is larger than allowed or the disk is full.
        """
        size = 0
        try:
            with arrival.path.open("wb") as out:
                async for chunk in chunks:
                    size += len(chunk)
                    self.check_size(size)
                    # Where the disk does not keep up, a write waits for it.
                    await asyncio.to_thread(_append, out, chunk)
        except OSError as error:
            raise TrainingFileError("not_kept", why=error.strerror or str(error)) from error
        arrival.growing.unlink()

    def part(self) -> Path:
        """A new, empty file to write a training file to; `adopt` makes it a copy."""
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
        os.close(handle)
        return Path(name)

    def adopt(self, part: Path, sha256: str) -> StoredFile:
        """Make a copy of what was written to `part`. Its hash is taken as given."""
        size = part.stat().st_size
        os.replace(part, self.path(sha256))
        return StoredFile(self.path(sha256), sha256, size)

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Parts of downloads that a crash interrupted; they are fetched again."""
        for part in self._folder.glob("*.part"):
            part.unlink(missing_ok=True)


def _append(file: BinaryIO, chunk: bytes) -> None:
    file.write(chunk)
    file.flush()
