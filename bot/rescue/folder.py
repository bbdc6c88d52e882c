"""The folder of a rescue: its objects, each written whole or not at all, and the manifest that knows their hashes.

    FOLDER/
      manifest.json              what is saved, when and with which hash; what could not be had, and why
      models.json
      files/ID.json              what the provider says of a file
      files/ID/NAME              its content
      jobs/ID/job.json, events.json, checkpoints.json
      results/ID.csv             the figures of a job; ID.base64 beside it where they came encoded

An object that is written, and not yet in the manifest when the process dies, is fetched once more.
"""

import asyncio
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

import msgspec
from filelock import FileLock, Timeout

from bot.errors import StartError

MANIFEST: Final = "manifest.json"
_PARTS: Final = ".parts"
_LOCK: Final = ".lock"
_SAVE_EVERY: Final = 1.0
_LONGEST_NAME: Final = 150


class Saved(msgspec.Struct, frozen=True):
    """`at`: when it was last seen to be so."""

    sha256: str
    bytes: int
    at: datetime


class Missing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What could not be had. `kind`: file, results, events or checkpoints; `id`: the file's or the job's. `status` and
    `code` are the answer's, `why` its words, or a kind of our errors where nobody answered."""

    kind: str
    id: str
    why: str
    status: int | None = None
    code: str | None = None
    name: str | None = None

    @property
    def is_gone(self) -> bool:
        """Deleted or expired: nobody will have it any more."""
        return self.status in {404, 410}


class Manifest(msgspec.Struct):
    """`saved` by path. `ended_at` is None while something may be left to do."""

    provider: str
    began_at: datetime
    ended_at: datetime | None = None
    missing: list[Missing] = []
    saved: dict[str, Saved] = {}
    format: int = 1


class RescueFolder:
    """Made by `opened`, or `reading`. OSError goes through to whoever calls."""

    def __init__(self, path: Path, manifest: Manifest, clock: Callable[[], float]) -> None:
        self.path = path
        self.manifest = manifest
        self._clock = clock
        self._recorded_at = 0.0
        self._recording = asyncio.Lock()

    async def has(self, name: str) -> Saved | None:
        """What is recorded of an object that is there, byte for byte."""
        saved = self.manifest.saved.get(name)
        if saved is None or not await asyncio.to_thread(_is, self.path / name, saved):
            return None
        return saved

    async def keep(self, name: str, content: bytes) -> bool:
        """Write an object, unless it is there with the same content; whether it was written."""
        saved = await self.has(name)
        if saved is not None and saved.sha256 == sha256_of(content):
            self.manifest.saved[name] = msgspec.structs.replace(saved, at=self.now())
            return False
        await self.receive(name, _at_once(content))
        return True

    async def receive(self, name: str, chunks: AsyncIterable[bytes]) -> Saved:
        """Write an object as its bytes come; nothing is there of one that breaks off."""
        target = self.path / name
        part = self.path / _PARTS / quote(name, safe="")[-_LONGEST_NAME:]
        written, digest = 0, hashlib.sha256()
        try:
            with part.open("wb") as out:
                async for chunk in chunks:
                    digest.update(chunk)
                    written += len(chunk)
                    await asyncio.to_thread(out.write, chunk)
                await asyncio.to_thread(_put, out, part, target)
        finally:
            part.unlink(missing_ok=True)
        saved = self.manifest.saved[name] = Saved(digest.hexdigest(), written, self.now())
        await self._record_now_and_then()
        return saved

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def forget(self, name: str) -> None:
        """What is there is not what the provider has now."""
        self.manifest.saved.pop(name, None)

    def now(self) -> datetime:
        return _moment(self._clock())

    def record(self) -> None:
        """Write the manifest."""
        _write_manifest(self.path, _encoded(self.manifest))

    async def _record_now_and_then(self) -> None:
        """Written with every object it would be most of what is written."""
        async with self._recording:
            if time.monotonic() - self._recorded_at >= _SAVE_EVERY:
                await asyncio.to_thread(_write_manifest, self.path, _encoded(self.manifest))
                self._recorded_at = time.monotonic()


@contextmanager
def opened(path: Path, provider: str, clock: Callable[[], float] = time.time) -> Iterator[RescueFolder]:
    """The folder, ours alone until the end, when its manifest is written. `provider`: the address that is read.

    Raises StartError where another rescue works in it, or it holds other things, or what another provider had.
    """
    try:
        if path.exists() and not (path / MANIFEST).exists() and any(one.name != _LOCK for one in path.iterdir()):
            raise StartError("rescue_folder_of_others", folder=path)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(path / _LOCK, timeout=0):
            manifest = _manifest(path) or Manifest(provider, _moment(clock()))
            if manifest.provider != provider:
                raise StartError("rescue_of_another", folder=path, there=manifest.provider, here=provider)
            manifest.ended_at = None
            (path / _PARTS).mkdir(exist_ok=True)
            folder = RescueFolder(path, manifest, clock)
            folder.record()
            try:
                yield folder
            finally:
                folder.record()
                shutil.rmtree(path / _PARTS, ignore_errors=True)
    except Timeout as error:
        raise StartError("rescue_folder_in_use", folder=path) from error
    except OSError as error:
        raise StartError("folder_not_written", folder=path, why=error.strerror or error) from error


def reading(path: Path, clock: Callable[[], float] = time.time) -> RescueFolder:
    """The folder as it is. Raises StartError where it is none of a rescue."""
    manifest = _manifest(path)
    if manifest is None:
        raise StartError("no_rescue", folder=path)
    return RescueFolder(path, manifest, clock)


def as_json(value: Mapping[str, Any] | list[Any]) -> bytes:
    """For people, too. NaN stays what it is: a training that diverged tells it."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass") + b"\n"


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def component(word: str) -> str:
    """A word of the provider's as the name of a file or folder: in one folder, on every system, and short enough."""
    name = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|%]', lambda match: f"%{ord(match[0]):02X}", word)
    name = re.sub(r"^\.|[. ]$", lambda match: f"%{ord(match[0]):02X}", name) or "%"
    raw = name.encode("utf-8", "replace")
    if len(raw) <= _LONGEST_NAME:
        return raw.decode()
    stem, ending = raw[: _LONGEST_NAME - 30].decode(errors="ignore"), Path(name).suffix[:12]
    return f"{stem}~{hashlib.sha256(raw).hexdigest()[:10]}{ending}"


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(int(at), UTC)


def _manifest(path: Path) -> Manifest | None:
    try:
        return msgspec.json.decode((path / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StartError("rescue_manifest_unreadable", file=path / MANIFEST, why=error) from error


def _encoded(manifest: Manifest) -> bytes:
    in_order = msgspec.structs.replace(manifest, saved=dict(sorted(manifest.saved.items())))
    return msgspec.json.format(msgspec.json.encode(in_order), indent=2) + b"\n"


def _write_manifest(path: Path, content: bytes) -> None:
    part = path / _PARTS / MANIFEST
    with part.open("wb") as out:
        out.write(content)
        _put(out, part, path / MANIFEST)


def _put(out: BinaryIO, part: Path, target: Path) -> None:
    """What was written to `part` is on the disk, and under its name at once."""
    out.flush()
    os.fsync(out.fileno())
    out.close()  # Windows moves no open file
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, target)


def _is(path: Path, saved: Saved) -> bool:
    try:
        if path.stat().st_size != saved.bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == saved.sha256
    except FileNotFoundError:
        return False


async def _at_once(content: bytes) -> AsyncIterator[bytes]:
    yield content
