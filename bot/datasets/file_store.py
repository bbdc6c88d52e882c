"""Our copies of training files: one for each content, named by its SHA-256; sealed where that is configured.

Whoever reads one needs a path, for it is read in a process of its own: a sealed file lies plain meanwhile, in a private
folder.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from bot.datasets.dataset import Dataset
from bot.datasets.plain_folder import PlainFolder
from bot.datasets.sealed_file import opened, pieces, seal, sealed_with
from bot.encryption import KeyRing
from bot.errors import NotFound
from training_files.errors import TrainingFileError


class StoredFile(msgspec.Struct, frozen=True):
    sha256: str
    bytes: int


class Arrival(msgspec.Struct, frozen=True):
    """A training file being downloaded: `path` holds what has come so far; more comes as long as the file `growing`
    exists."""

    path: Path
    growing: Path


class Sealing(msgspec.Struct, frozen=True):
    """The keys that open sealed files; with `seals` new ones are sealed, too."""

    ring: KeyRing
    seals: bool


class FileStore:
    def __init__(self, folder: Path, max_bytes: int, sealing: Sealing | None = None) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._ring = sealing.ring if sealing else None
        self._seals_with = sealing.ring if sealing and sealing.seals else None
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._plain = PlainFolder(folder)

    def path(self, sha256: str) -> Path:
        """Of a copy that is not sealed."""
        return self._folder / f"{sha256}.jsonl"

    def has(self, sha256: str) -> bool:
        return self.path(sha256).exists() or self._sealed(sha256).exists()

    @asynccontextmanager
    async def plain(self, sha256: str) -> AsyncIterator[Path]:
        """A path at which our copy can be read within the block; nothing is there where it is gone. Raises Unopened."""
        sealed = self._sealed(sha256)
        if not sealed.exists():
            yield self.path(sha256)
            return
        part = self._plain.new(sealed.stat().st_size)
        try:
            await asyncio.to_thread(self._write_plain, sha256, part)
            yield part
        finally:
            part.unlink(missing_ok=True)

    @asynccontextmanager
    async def reading(self, dataset: Dataset, arrival: Arrival | None = None) -> AsyncIterator[Path]:
        """As `plain`, of our copy or of the arrival that will become it. People do not know that path: a
        TrainingFileError raised within names the data set instead. Raises NotFound if the copy is gone, Unopened.
        """
        if arrival is None and not self.has(dataset.sha256):
            raise NotFound("copy_gone", file=dataset.name)
        async with self.plain(dataset.sha256) as copy:
            path = arrival.path if arrival else copy
            if not path.exists():
                raise NotFound("copy_gone", file=dataset.name)
            try:
                yield path
            except TrainingFileError as error:
                raise error.calling(path, dataset.name) from error

    def content(self, sha256: str) -> Iterator[bytes]:
        """Of our copy, in pieces. Raises FileNotFoundError, Unopened."""
        sealed = self._sealed(sha256)
        if sealed.exists():
            with sealed.open("rb") as source:
                yield from opened(source, self._ring, sha256)
        else:
            with self.path(sha256).open("rb") as source:
                yield from pieces(source)

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
        if self._seals_with is not None:
            return self._plain.new(self._max_bytes)
        return self._new_part()

    async def adopt(self, part: Path, sha256: str) -> StoredFile:
        """Make a copy of what was written to `part`, on the disk when this returns. Its hash is taken as given."""
        return await asyncio.to_thread(self.put, part, sha256)

    def put(self, part: Path, sha256: str) -> StoredFile:
        """As `adopt`, in a thread of the caller's."""
        size = part.stat().st_size
        if self._seals_with is None:
            _move(part, self.path(sha256))
        else:
            with part.open("rb") as source:
                self._seal(pieces(source), sha256, self._seals_with)
            part.unlink()
        return StoredFile(sha256, size)

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)
        self._sealed(sha256).unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Parts of downloads that a crash interrupted; they are fetched again."""
        for part in self._folder.glob("*.part"):
            part.unlink(missing_ok=True)

    def seal_all(self) -> int:
        """Seal what lies plain, where new files are sealed, and let nothing stay plain that a killed process left; how
        many files that was. Nobody else works on the store, and nobody reads."""
        self._plain.remove_leftovers()
        if self._seals_with is None:
            return 0
        found = list(self._folder.glob("*.jsonl"))
        for file in found:
            self.put(file, file.stem)
        return len(found)

    def seal_anew(self) -> int:
        """Have all sealed files open with the ring's first key; how many did not. Others may read meanwhile. Raises
        Unopened."""
        if self._ring is None:
            return 0
        count = 0
        for file in self._folder.glob("*.sealed"):
            if sealed_with(file) == self._ring.first:
                continue
            self._seal(self.content(file.stem), file.stem, self._ring)
            count += 1
        return count

    def _sealed(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.sealed"

    def _seal(self, content: Iterator[bytes], sha256: str, ring: KeyRing) -> None:
        part = self._new_part()
        try:
            with part.open("wb") as target:
                seal(content, target, ring, sha256)
            _move(part, self._sealed(sha256))
        finally:
            part.unlink(missing_ok=True)

    def _write_plain(self, sha256: str, part: Path) -> None:
        with part.open("wb") as target:
            for piece in self.content(sha256):
                target.write(piece)

    def _new_part(self) -> Path:
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
        os.close(handle)
        return Path(name)


def _move(part: Path, place: Path) -> None:
    """Both what is in it and its name are on the disk then: a power cut leaves no data set without its file."""
    with part.open("r+b") as file:
        os.fsync(file.fileno())
    os.replace(part, place)
    if os.name == "nt":  # which opens no folders
        return
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _append(file: BinaryIO, chunk: bytes) -> None:
    file.write(chunk)
    file.flush()
