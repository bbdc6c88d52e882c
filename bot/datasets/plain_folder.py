"""Where sealed files lie plain for as long as somebody reads them: in memory where the system has a folder for that.

What a killed process left is removed by the next that has the store to itself, wherever that one ran.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

IN_MEMORY: Final = Path("/dev/shm")  # a tmpfs on Linux
_SPARE: Final = 2


class PlainFolder:
    """`folder`: the one that the sealed files lie in; beside them is room where memory has none."""

    def __init__(self, folder: Path) -> None:
        # Containers may share their memory, and each has its store at the same path.
        store = f"{folder.resolve()} {folder.stat().st_ino}"
        self._in_memory = IN_MEMORY / f"finetune-bot-{hashlib.sha256(store.encode()).hexdigest()[:16]}"
        self._on_disk = folder / "plain"

    def new(self, size: int) -> Path:
        """A new, empty file, with room for `size` bytes as far as that can be had."""
        handle, name = tempfile.mkstemp(dir=self._with_room(size))
        os.close(handle)
        return Path(name)

    def remove_leftovers(self) -> None:
        """Of processes that are gone, while no other works on the store."""
        for root in (self._in_memory, self._on_disk):
            if _is_ours(root):
                shutil.rmtree(root, ignore_errors=True)

    def _with_room(self, size: int) -> Path:
        if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > _SPARE * size:
            with contextlib.suppress(OSError):
                return self._made(self._in_memory)
        return self._made(self._on_disk)

    def _made(self, root: Path) -> Path:
        """Raises OSError where somebody else has made it, who could read what lies in it."""
        root.mkdir(mode=0o700, exist_ok=True)
        if not _is_ours(root):
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(root))
        return root


def _is_ours(root: Path) -> bool:
    try:
        found = root.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    return os.name == "nt" or (found.st_uid == os.getuid() and not found.st_mode & 0o077)
