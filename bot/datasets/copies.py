"""Our copies of training files: one for each content, named by its SHA-256."""

import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from bot.datasets.errors import DatasetError


class Copy(msgspec.Struct, frozen=True):
    path: Path
    sha256: str
    bytes: int


class Copies:
    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.jsonl"

    def check_size(self, size: int) -> None:
        """Raises DatasetError for more bytes than are taken."""
        if size > self._max_bytes:
            raise DatasetError(
                f"The file is larger than {self._max_bytes // 1_000_000} MB, the most that I take. "
                "Split it, or ask an administrator to raise FINETUNE_MAX_FILE_MB."
            )

    async def keep(self, chunks: AsyncIterator[bytes]) -> Copy:
        """Stream `chunks` to disk, hashed on the way; the copy appears whole or not at all.

        Raises DatasetError where the file is larger than allowed or the disk is full.
        """
        digest, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as out:
                async for chunk in chunks:
                    size += len(chunk)
                    self.check_size(size)
                    digest.update(chunk)
                    out.write(chunk)
            sha256 = digest.hexdigest()
            os.replace(name, self.path(sha256))
        except OSError as error:
            raise DatasetError(
                f"I could not keep the file: {error.strerror}. Tell an administrator of mine, then drop it again."
            ) from error
        finally:
            Path(name).unlink(missing_ok=True)
        return Copy(self.path(sha256), sha256, size)

    def part(self) -> Path:
        """A new, empty file to write a training file to; `adopt` makes it a copy."""
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
        os.close(handle)
        return Path(name)

    def adopt(self, part: Path, sha256: str) -> Copy:
        """Make a copy of what was written to `part`. Its hash is taken as given."""
        size = part.stat().st_size
        os.replace(part, self.path(sha256))
        return Copy(self.path(sha256), sha256, size)

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Parts of downloads that a crash interrupted; they are fetched again."""
        for part in self._folder.glob("*.part"):
            part.unlink(missing_ok=True)
