"""A place in a bucket: objects by their keys, and folders of them.

Any store that obstore knows by its address can be one: `s3://bucket/place`, or what speaks S3's protocol
(`AWS_ENDPOINT_URL`). Access is found where the store's own tools look for it: `AWS_…`, or the machine's role.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

# Whoever asks tries again, and says so.
_RETRIES: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
_CHUNK = 32 << 20  # a request has half a minute
_WHOLE = ".whole"


class BucketError(Exception):
    """The bucket cannot be used, for now at least."""


class BucketRefused(BucketError):
    """There is no such bucket, or it is not for whoever asks."""


class Bucket:
    """Its methods wait, and raise BucketError; OSError where it is about a local file."""

    def __init__(self, address: str) -> None:
        """Raises ImportError without the extra `cluster`."""
        import obstore.exceptions
        import obstore.store

        self.address = address.rstrip("/")
        self._obstore = obstore
        options = {} if address.startswith("file:") else {"retry_config": _RETRIES}
        with self._told():
            self._store: Any = obstore.store.from_url(f"{self.address}/", **options)

    def get(self, key: str) -> bytes | None:
        """An object; None where there is none."""
        with self._told():
            try:
                return bytes(self._obstore.get(self._store, key).bytes())
            except FileNotFoundError:
                return None

    def has(self, key: str) -> bool:
        with self._told():
            try:
                self._obstore.head(self._store, key)
            except FileNotFoundError:
                return False
        return True

    def put(self, key: str, content: bytes | Path) -> None:
        with self._told():
            try:
                self._obstore.put(self._store, key, content)
            except FileNotFoundError as error:
                if isinstance(content, Path) and not content.exists():
                    raise
                raise BucketRefused(f"{self.address}: there is no such bucket") from error

    def list(self, folder: str, *, after: str | None = None) -> dict[str, int]:
        """The keys of all that is in a folder, of those that come `after` a key, and of how many bytes each is."""
        with self._told():
            pages = self._obstore.list(self._store, folder, offset=after)
            return {one["path"]: one["size"] for page in pages for one in page}

    def remove(self, folder: str) -> None:
        for key in self.list(folder):
            with self._told(), contextlib.suppress(FileNotFoundError):
                self._obstore.delete(self._store, key)

    def upload(self, files: Path, folder: str, *, last: str | None = None) -> None:
        """All files of a local folder; the one with the name `last` last of all."""
        found = sorted(one for one in files.rglob("*") if one.is_file())
        for file in sorted(found, key=lambda one: one.name == last):
            self.put(f"{folder}/{file.relative_to(files).as_posix()}", file)

    def upload_once(self, files: Path, folder: str) -> None:
        """As `upload`, unless that was done before."""
        if not self.has(f"{folder}/{_WHOLE}"):
            self.upload(files, folder)
            self.put(f"{folder}/{_WHOLE}", b"")

    def download(self, folder: str, into: Path) -> None:
        """FileNotFoundError where some of it is removed meanwhile."""
        for key in self.list(folder):
            self.fetch(key, into / key.removeprefix(folder).lstrip("/"))

    def fetch(self, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._told(), path.open("wb") as file:
            size = self._obstore.head(self._store, key)["size"]
            for begin in range(0, size, _CHUNK):
                end = min(begin + _CHUNK, size)
                file.write(self._obstore.get_range(self._store, key, start=begin, end=end))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._obstore.exceptions.BaseError as error:
            refusals = (self._obstore.exceptions.PermissionDeniedError, self._obstore.exceptions.UnauthenticatedError)
            kind = BucketRefused if isinstance(error, refusals) else BucketError
            raise kind(f"{self.address}: {str(error).strip().splitlines()[0][:300]}") from error
