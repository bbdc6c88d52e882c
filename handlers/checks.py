"""Checking training files in a process of its own, so that a large one slows down nothing else."""

import asyncio
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import structlog

from bot.datasets import DatasetError, Report, check_file

log = structlog.get_logger()


class Checks:
    """One file at a time. The process is started with the first check, and anew should it die."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def check(self, path: Path, *, model: str, tokenizers: Path | None) -> Report:
        """Raises DatasetError where the file cannot be read, or stops the process that reads it."""
        loop = asyncio.get_running_loop()
        for _ in range(2):
            pool = self._pool = self._pool or _pool()
            try:
                return await loop.run_in_executor(pool, _check, path, model, tokenizers)
            except BrokenProcessPool:
                # Killed from outside, most likely for its memory; another file's check may have done it.
                log.warning("the process for checks died", file=path.name)
                if self._pool is pool:
                    self._pool = None
        raise DatasetError(
            "My check of this file was stopped twice, most likely because this machine has too little memory for it. "
            "Split the file, or ask an administrator of mine."
        )

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent)


def _check(path: Path, model: str, tokenizers: Path | None) -> Report:
    return check_file(path, model=model, tokenizers=tokenizers)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent sees to the end
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="parent watch", daemon=True).start()
