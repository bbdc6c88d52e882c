"""Where the trainer keeps things, and the environment's few settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from trainer.errors import TrainerError


def cache_folder() -> Path:
    """Where base models are kept: FINETUNE_CACHE, else the platform's cache folder."""
    named = os.environ.get("FINETUNE_CACHE")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "finetune-bot" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "finetune-bot"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "finetune-bot"


class Settings(msgspec.Struct, frozen=True):
    """One server's settings. `data` holds the database, uploads and fine-tuned weights; `org` stands in the names
    of fine-tuned models; `base_models` names a further table of base models; `allowed_hosts` are names under which
    the server may be asked besides its own address; `key` is a key given by the environment; a job saves what it needs
    to go on about every `save_seconds`; models that answer chats take at most `chat_memory` GB (0: half of what is free
    when the first is asked), and their files in the cache `chat_disk` GB.
    """

    data: Path
    cache: Path
    org: str = "local"
    host: str = "127.0.0.1"
    port: int = 8902
    base_models: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    key: str | None = None
    save_seconds: float = 60.0
    chat_memory: float = 0.0
    chat_disk: float = 20.0

    @property
    def uploads(self) -> Path:
        return self.data / "files"

    @property
    def parts(self) -> Path:
        """Uploads that are not complete, each in a folder of its own."""
        return self.data / "parts"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def states(self) -> Path:
        """What jobs go on from after an interruption: optimizer states and the like, nobody else's business."""
        return self.data / "states"

    @property
    def logs(self) -> Path:
        return self.data / "logs"


def from_environment(
    data: Path, *, org: str = "local", host: str = "127.0.0.1", port: int = 8902, cache: Path | None = None
) -> Settings:
    """Settings from arguments and these variables: TRAINER_KEY, TRAINER_BASE_MODELS, TRAINER_ALLOWED_HOSTS
    (separated by commas), TRAINER_SAVE_SECONDS, TRAINER_CHAT_MEMORY, TRAINER_CHAT_DISK, FINETUNE_CACHE."""
    table = os.environ.get("TRAINER_BASE_MODELS")
    hosts = os.environ.get("TRAINER_ALLOWED_HOSTS", "")
    return Settings(
        data=data.expanduser().absolute(),
        cache=(cache or cache_folder()).expanduser().absolute(),
        org=org,
        host=host,
        port=port,
        base_models=Path(table).expanduser().absolute() if table else None,
        allowed_hosts=tuple(name.strip().lower() for name in hosts.split(",") if name.strip()),
        key=os.environ.get("TRAINER_KEY") or None,
        save_seconds=_number("TRAINER_SAVE_SECONDS", 60.0),
        chat_memory=_number("TRAINER_CHAT_MEMORY", 0.0),
        chat_disk=_number("TRAINER_CHAT_DISK", 20.0),
    )


def _number(name: str, default: float) -> float:
    said = os.environ.get(name)
    try:
        number = float(said) if said else default
    except ValueError:
        number = -1.0
    if number < 0:
        raise TrainerError(f"{name} is a number, not {said!r}.")
    return number
