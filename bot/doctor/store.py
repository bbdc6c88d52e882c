"""The folder of FINETUNE_DATA: whether the bot can work in it, and whether its store is whole."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.doctor.finding import Finding, ok, warning, wrong
from bot.errors import StartError
from bot.store.inspection import inspect

FULL: Final = 100_000_000
LOW: Final = 1_000_000_000
"""Bytes that are free."""


def check_store(folder: Path, *, in_use: bool) -> Iterator[Finding]:
    """`in_use`: a bot works in it."""
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield wrong("folder_not_written", folder=folder)
        return
    yield _room(folder, shutil.disk_usage(there).free)
    yield _store(folder)
    yield ok("bot_runs" if in_use else "bot_does_not_run", folder=folder)


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
