"""The folder of training files, as the settings want it."""

from bot.datasets.file_store import FileStore, Sealing
from bot.encryption import key_ring
from bot.errors import StartError
from bot.settings import Settings


def file_store_of(settings: Settings) -> FileStore:
    """Raises StartError where files are to be encrypted, and there are no keys."""
    ring = key_ring(settings)
    if ring is None and settings.finetune_encrypt_files:
        raise StartError("no_keys_for_files")
    sealing = Sealing(ring, settings.finetune_encrypt_files) if ring else None
    return FileStore(settings.finetune_data / "files", settings.finetune_max_file_mb * 1_000_000, sealing)
