"""The folders of training files, as the settings want them."""

from collections.abc import Iterator

from bot.datasets.file_keys import require_keys, ring_of_files
from bot.datasets.file_store import FileStore, Sealing
from bot.settings import Settings


def file_store_of(settings: Settings) -> FileStore:
    """Raises StartError where files are to be encrypted, and there are no keys, or where some are that no key opens."""
    ring = ring_of_files(settings)
    folder = settings.finetune_data / "files"
    require_keys(folder, ring)
    sealing = Sealing(ring, settings.finetune_encrypt_files) if ring else None
    return FileStore(folder, settings.finetune_max_file_mb * 1_000_000, sealing)


def of_each_workspace(settings: Settings) -> Iterator[Settings]:
    """The settings for each folder of `FINETUNE_DATA` that has training files."""
    for folder in (settings.finetune_data, *sorted(settings.finetune_data.glob("workspaces/*"))):
        if (folder / "files").is_dir():
            yield settings.model_copy(update={"finetune_data": folder})
