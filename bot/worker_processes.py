"""Worker processes for long work (checking, repairing, splitting training files; drawing charts), so the event loop
stays free.

Each pool is one process, started with the first work there. So a small file is reported on while a large one
is still being read, and neither waits for a second pass.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection
from typing import Any, Final, TypeVar, cast

import structlog

from training_files import TrainingFileError

log = structlog.get_logger()

T = TypeVar("T")

SMALL: Final = 16 << 20
"""Bytes up to which a file is read in about a second."""

MOST_SECONDS: Final = 3600.0


class Pool(StrEnum):
    """Which process does the work: quick work, reports on large files, other work on large files (repairing,
    splitting), the second pass, for which nobody waits, charts of jobs, grading answers, and
    telling trackers of experiments.
    """

    QUICK = "quick"
    REPORT = "report"
    LARGE = "large"
    SECOND = "second"
    CHARTS = "charts"
    GRADING = "grading"
    TRACKING = "tracking"

    @classmethod
    def of_report(cls, size: int) -> "Pool":
        """For a file of so many bytes."""
        return cls.QUICK if size <= SMALL else cls.REPORT

    @classmethod
    def of_work(cls, size: int) -> "Pool":
        return cls.QUICK if size <= SMALL else cls.LARGE


class WorkerPools:
    """The pools, each one process that does one piece of work at a time and is restarted if it dies."""

    def __init__(self) -> None:
        # The threads only wait for a process to say something.
        self._threads = ThreadPoolExecutor(len(Pool), thread_name_prefix="pool")
        self._workers = {pool: _Worker(self._threads, polite=pool is not Pool.QUICK) for pool in Pool}

    async def run(
        self,
        function: Callable[..., T],
        *args: Any,
        pool: Pool = Pool.QUICK,
        seconds: float = MOST_SECONDS,
        on_partial: Callable[[Any], None] | None = None,
        **kwargs: Any,
    ) -> T:
        """What `function` returns or raises; everything that goes to it and comes back is pickled.

        With `on_partial` it is called with `partial=`, and what it gives to that arrives here, in the event loop.
        Raises TrainingFileError where the process dies twice over this work, or is stopped after so many seconds.
        """
        worker = self._workers[pool]
        async with worker.free:
            for _ in range(2):
                try:
                    async with asyncio.timeout(seconds):
                        outcome = await worker.carry_out((function, args, kwargs), on_partial)
                    break
                except TimeoutError:
                    worker.kill()
                    log.warning("stopped, too slow", function=function.__name__, seconds=seconds)
                    raise TrainingFileError("took_too_long", minutes=round(seconds / 60)) from None
                except (EOFError, OSError):
                    # Killed from outside, most likely for its memory.
                    worker.kill()
                    log.warning("a process died", function=function.__name__, pool=pool)
                except BaseException:
                    worker.kill()  # whoever asked does not wait any more
                    raise
            else:
                raise TrainingFileError("stopped_twice")
        if outcome.error is not None:
            raise outcome.error
        return cast(T, outcome.value)

    def warm(self, pool: Pool) -> None:
        """Start the pool's process, where there is none yet: it takes a second, and work for it is on the way."""
        self._threads.submit(self._workers[pool].start)

    def processes(self) -> dict[Pool, multiprocessing.process.BaseProcess]:
        """Those that were started and live."""
        return {pool: worker.process for pool, worker in self._workers.items() if worker.process is not None}

    def close(self) -> None:
        for worker in self._workers.values():
            worker.close()
        self._threads.shutdown(wait=False, cancel_futures=True)


_Work = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class _Partial:
    value: Any


@dataclass(frozen=True)
class _Outcome:
    """What the work returned or raised, kept apart from the trouble of carrying it out."""

    value: Any = None
    error: Exception | None = None


class _Worker:
    def __init__(self, threads: ThreadPoolExecutor, *, polite: bool) -> None:
        self.free = asyncio.Lock()
        self.process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._changing = threading.Lock()  # of `process`, which a thread may be starting while it is to end
        self._closed = False
        self._threads = threads
        self._polite = polite

    async def carry_out(self, work: "_Work", on_partial: Callable[[Any], None] | None) -> "_Outcome":
        """Raises EOFError or OSError where the process dies."""
        loop = asyncio.get_running_loop()
        connection = await loop.run_in_executor(self._threads, self.start)
        await loop.run_in_executor(self._threads, connection.send, (work, on_partial is not None))
        while True:
            said = await loop.run_in_executor(self._threads, connection.recv)
            if isinstance(said, _Outcome):
                return said
            if on_partial is not None:
                on_partial(said.value)

    def start(self) -> Connection:
        """Sees to it that there is a process. In any thread. Raises EOFError where there is to be none any more."""
        with self._changing:
            if self._closed:
                raise EOFError
            if self._connection is None or self.process is None or not self.process.is_alive():
                spawn = multiprocessing.get_context("spawn")
                ours, theirs = spawn.Pipe()
                process = spawn.Process(target=_serve, args=(theirs, self._polite), name="pool")
                process.start()
                theirs.close()
                self.process, self._connection = process, ours
            return self._connection

    def kill(self) -> None:
        # The connection is not closed here: a thread may be reading it, and gets the end of file.
        with self._changing:
            if self.process is not None:
                self.process.kill()
            self.process = self._connection = None

    def close(self) -> None:
        with self._changing:
            self._closed = True
        self.kill()


def _serve(connection: Connection, polite: bool) -> None:
    """The process: work after work, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent sees to the end
    threading.Thread(target=_end_with_parent, name="parent watch", daemon=True).start()
    if polite and hasattr(os, "nice"):
        os.nice(10)  # long work gives way to what people wait for
    with contextlib.suppress(EOFError, OSError):
        while True:
            (function, args, kwargs), wants_partial = connection.recv()
            if wants_partial:
                kwargs["partial"] = lambda value: connection.send(_Partial(value))
            try:
                outcome = _Outcome(function(*args, **kwargs))
            except Exception as error:
                outcome = _Outcome(error=error)
            _send(connection, outcome)


def _send(connection: Connection, outcome: _Outcome) -> None:
    try:
        connection.send(outcome)
    except OSError:
        raise
    except Exception as error:  # what cannot be pickled
        connection.send(_Outcome(error=RuntimeError(f"{outcome.error or error!r}")))


def _end_with_parent() -> None:
    """In the middle of work nothing else notices that the parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
