"""The other ranks of a job on several devices: the job's worker, which is rank 0, starts a process for each. What one
of them cannot go on from it says with `Failed`.

None outlives the worker. And the worker does not outlive them: it ends as they did.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import msgspec

from trainer.errors import TrainingFailed
from trainer.training.failures import explain
from trainer.training.libraries import can_fork, load
from trainer.training.messages import Failed
from trainer.training.plan import Plan


class Place(msgspec.Struct, frozen=True):
    """Which rank of the plan's to be, and the file by which they meet."""

    plan: Plan
    rank: int
    meeting: str


class Peers:
    """Ranks 1 to `plan.devices` - 1 of a job, as rank 0 sees them."""

    def __init__(self, plan: Plan, failed: Callable[[Failed], None]) -> None:
        """`failed` is called with the last word of one that had one; then this process ends."""
        self._failed = failed
        self._folder = tempfile.TemporaryDirectory(prefix="finetune-ranks-")
        self.meeting = str(Path(self._folder.name) / "meeting")
        self._over = threading.Event()
        self._ending = threading.Lock()
        self._lost = threading.Event()
        started = [_start(Place(plan, rank, self.meeting)) for rank in range(1, plan.devices)]
        self._processes = [process for process, _ in started]
        for process, said in started:
            threading.Thread(target=self._watch, args=(process, said), daemon=True).start()

    def settle(self, seconds: float) -> None:
        """Where another rank is lost, this one sees errors of its own. Give what was first the time to be known: then
        this does not return."""
        if self._lost.wait(seconds):
            threading.Event().wait()

    def end(self) -> None:
        """The job has ended: so do they."""
        with self._ending:
            self._over.set()
        self._kill()

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.join()
        self._folder.cleanup()

    def _watch(self, process: BaseProcess, said: Connection) -> None:
        failed: Failed | None = None
        with contextlib.suppress(EOFError, OSError):  # it ended without a word
            failed = said.recv()
        process.join()
        code = process.exitcode or 0
        if code == 0:  # it has made the last step
            return
        self._lost.set()
        with self._ending:
            if self._over.is_set():
                return
            try:
                self._kill()
                if failed is not None:
                    self._failed(failed)
                elif code < 0:
                    os.kill(os.getpid(), -code)  # in the same way, so that the server tells what happened
            finally:
                os._exit(0 if failed is not None else abs(code))


def _start(place: Place) -> tuple[BaseProcess, Connection]:
    """A process, and what it says. A copy of this one has the libraries loaded; where another thread runs or a GPU
    forbids it, the process is a new one, which loads them."""
    copies = threading.active_count() == 1 and can_fork()
    context = multiprocessing.get_context("fork" if copies else "spawn")
    said, says = context.Pipe(duplex=False)
    process: BaseProcess = context.Process(target=_be, args=(place, says), daemon=True)  # type: ignore[attr-defined]
    process.start()
    says.close()
    return process, said


def _be(place: Place, says: Connection) -> None:
    """One of the ranks, to its end."""
    threading.Thread(target=_end_with_worker, daemon=True).start()
    code = 1
    try:
        _train(place)
        code = 0
    except TrainingFailed as failure:
        says.send(Failed(failure.code, str(failure), failure.param))
    except Exception as error:
        traceback.print_exc()
        says.send(Failed(*explain(error)))
    finally:
        sys.stderr.flush()
        os._exit(code)


def _end_with_worker() -> None:
    worker = multiprocessing.parent_process()
    assert worker is not None
    worker.join()
    os._exit(1)


def _train(place: Place) -> None:
    from trainer.logs import set_up_logging

    missing = load()
    assert missing is None, missing  # rank 0 has found everything
    from trainer.training.ranks import join
    from trainer.training.reporting import ControlFlags
    from trainer.training.run import train

    set_up_logging()
    train(place.plan, lambda report: None, ControlFlags(), join(place.rank, place.plan.devices, place.meeting))
