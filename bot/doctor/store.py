"""The folder of FINETUNE_DATA: whether the bot can work in it, and whether its store is whole and its files open."""

import os
import shutil
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bot.datasets.file_keys import require_keys, ring_of_files
from bot.doctor.finding import Finding, ok, warning, wrong
from bot.errors import StartError
from bot.settings import SCHEMA, Settings
from bot.store.inspection import inspect
from bot.store.place import postgresql
from bot.store.schema import migration_names

FULL: Final = 100_000_000
LOW: Final = 1_000_000_000
"""Bytes that are free."""
_PROCESSES: Final = "m040_processes"
"""The migration since which a store knows of its bots."""


def check_store(folder: Path, *, in_use: bool) -> Iterator[Finding]:
    """`in_use`: a bot works in it."""
    disk = _disk(folder)
    yield disk
    if disk.code == "folder_not_written":
        return
    yield _store(folder)
    yield ok("bot_runs" if in_use else "bot_does_not_run", folder=folder)


def check_database(folder: Path, url: SecretStr, schema: str = SCHEMA) -> tuple[int, list[Finding]]:
    """How many bots work in the PostgreSQL database at `url`, and what is found there. `folder`: of training files."""
    try:
        engine = postgresql(url, schema)
        in_use, there = engine.is_in_use(), engine.migrations()
        bots = engine.bots() if in_use and there and _PROCESSES in there else []
    except StartError as error:
        return 0, [_disk(folder), wrong("store_unreadable", error=error)]
    if len(bots) > 1:
        runs = ok("bots_run_on_database", where=engine.where, count=len(bots), leader=bots[0])
    else:
        runs = ok("bot_runs_on_database" if in_use else "bot_does_not_run_on_database", where=engine.where)
    return len(bots) or int(in_use), [_disk(folder), _tables(engine.where, there), runs]


def check_files(folders: Iterable[Path], settings: Settings) -> Iterator[Finding]:
    """Whether the encrypted files in these folders open with the keys of `settings`."""
    try:
        ring = ring_of_files(settings)
        count = sum(require_keys(folder, ring) for folder in folders)
    except StartError as error:
        yield wrong("files_not_opened", error=error)
    else:
        if count:
            yield ok("files_encrypted", count=count)


def _tables(where: str, migrations: Set[str] | None) -> Finding:
    if migrations is None:
        return ok("no_store_in_postgresql_yet", where=where)
    if migrations - migration_names():
        return wrong("store_in_postgresql_newer", where=where)
    behind = migration_names() - migrations
    return ok("store_in_postgresql_behind" if behind else "store_in_postgresql", where=where)


def _disk(folder: Path) -> Finding:
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return wrong("folder_not_written", folder=folder)
    return _room(folder, shutil.disk_usage(there).free)


def _room(folder: Path, free: int) -> Finding:
    if free < FULL:
        return wrong("disk_full", folder=folder, free=free)
    return warning("disk_low", folder=folder, free=free) if free < LOW else ok("disk", folder=folder, free=free)


def _store(folder: Path) -> Finding:
    try:
        state = inspect(folder)
    except StartError as error:
        return wrong("store_unreadable", error=error)
    if state is None:
        return ok("no_store_yet", folder=folder)
    if state.damage is not None:
        return wrong("store_damaged", folder=folder, damage=state.damage)
    if state.newer:
        return wrong("store_newer", folder=folder)
    return ok("store_behind" if state.behind else "store", folder=folder, size=state.size)
