"""Whether the keys that are set open the training files that are encrypted: asked before the first one is read."""

from collections import Counter
from pathlib import Path

from bot.datasets.sealed_file import sealed_with
from bot.encryption import KeyRing, key_ring
from bot.errors import StartError
from bot.settings import Settings


def ring_of_files(settings: Settings) -> KeyRing | None:
    """Raises StartError for keys that are none, and where files are to be encrypted without any."""
    ring = key_ring(settings)
    if ring is None and settings.finetune_encrypt_files:
        raise StartError("no_keys_for_files")
    return ring


def require_keys(folder: Path, ring: KeyRing | None) -> int:
    """How many files in `folder` are encrypted. Raises StartError where the ring lacks a key of theirs."""
    files = Counter(key for file in folder.glob("*.sealed") if (key := sealed_with(file)) is not None)
    if missing := [key for key in files if ring is None or not ring.has(key)]:
        count = sum(files[key] for key in missing)
        raise StartError("files_without_key", count=count, folder=folder, keys=sorted(key.hex() for key in missing))
    return files.total()
