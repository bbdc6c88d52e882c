"""The training worker: `python -m trainer.training.worker` imports the training libraries, says `Ready`, and for each
`Order` forks a process that trains this one job and ends (`runners.prefork` has what is said).

That process talks through its mailbox (`training.messages`), and goes on while its server is restarted. Without a
server it leaves after a minute.

Where forking is not safe (no Linux, or a GPU whose driver forbids it) the process trains the first job itself.

`python -m trainer.training.worker FOLDER` trains the attempt with this folder, or this address in a bucket
(`runners.attempts`, `runners.bucket_attempts`): so a cluster starts it. It goes on without a server to the end, and
ends where it no longer counts.
"""

from __future__ import annotations

import errno
import logging
import math
import os
import platform
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from telemetry import traces
from trainer.errors import TrainingFailed
from trainer.logs import set_up_logging
from trainer.pipes import ChildPipe
from trainer.traces import recorded
from trainer.training.failures import explain
from trainer.training.libraries import can_fork, load
from trainer.training.messages import Command, Failed, Go, Hold, Leave, Pause, Told
from trainer.training.peers import Peers
from trainer.training.runners import attempts
from trainer.training.runners.mailbox import Mailbox
from trainer.training.runners.prefork import Begun, Ended, Forked, Order, Ready

if TYPE_CHECKING:
    from trainer.training.plan import Plan
    from trainer.training.reporting import ControlFlags


logger = logging.getLogger("trainer.training.worker")  # this module is __main__

# How long a training goes on without a server, in seconds.
PATIENCE = 60.0
# How long an error of several processes that train together waits for the end of one of them, which may be its cause.
_SETTLE = 5.0


def main(arguments: list[str] | None = None) -> None:
    if arguments:
        _train_attempt(arguments[0])
        return
    pipe: ChildPipe[Order] = ChildPipe(Order)
    pipe.listen()
    missing = load()
    pipe.send(Ready())
    while True:
        order = pipe.received.get()
        if missing is not None or not can_fork():
            pipe.outlives_server = True
            pipe.send(Begun())
            _work(order, missing)
            return
        with warnings.catch_warnings():
            # Since 3.12 Python warns where other threads run. Those here only wait: for orders, and for jobs to end.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            _be_forked(pipe, order)
        pipe.send(Forked(pid))
        threading.Thread(target=_report, args=(pipe, pid), daemon=True).start()


def _be_forked(pipe: ChildPipe[Order], order: Order) -> None:
    code = 1
    try:
        pipe.leave()
        _work(order)
        code = 0
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)  # not by way of the parent's main, nor of what it registered for its own end


def _report(pipe: ChildPipe[Order], pid: int) -> None:
    _, status = os.waitpid(pid, 0)
    pipe.send(Ended(pid, os.waitstatus_to_exitcode(status)))


def _work(order: Order, missing: str | None = None) -> None:
    """Train the job of an order. Exits with the system's error number where not even that could be said."""
    folder = Path(order.mailbox)
    if not Mailbox.names_me(folder, PATIENCE):
        return
    from trainer.hardware import lower_priority

    lower_priority()
    _train(order.plan, Mailbox(folder), missing, PATIENCE)


def _train_attempt(place: str) -> None:
    """Exits with EX_TEMPFAIL where the bucket could not be used, with ENOSPC where a disk of this machine's own is
    full: then others may be of use."""
    if "://" not in place:
        _train_in(Path(place))
        return
    from trainer.training.runners import bucket_attempts
    from trainer.training.runners.bucket import BucketError

    try:
        with bucket_attempts.brought(place) as folder:
            if folder is not None:
                _train_in(folder, own_disk=True)
    except BucketError:
        traceback.print_exc()
        sys.exit(os.EX_TEMPFAIL)
    except OSError as error:
        traceback.print_exc()
        sys.exit(error.errno or 1)


def _train_in(folder: Path, *, own_disk: bool = False) -> None:
    plan = attempts.plan_of(folder)
    if plan is None or not attempts.counts(folder):
        return
    attempts.watch(folder, lambda: os._exit(0))
    _train(plan, Mailbox(folder, look=1.0), load(), patience=math.inf, own_disk=own_disk)


def _train(plan: Plan, mailbox: Mailbox, missing: str | None, patience: float, *, own_disk: bool = False) -> None:
    """`patience`: how long it goes on without a server, in seconds. Where it is full, a disk that no other machine uses
    is no reason to fail: the process exits with ENOSPC."""
    if missing is not None:
        sentence = f'Training needs packages that are not installed here ({missing}): pip install -e ".[local]"'
        mailbox.send(Failed("not_installed", sentence))
        return
    from trainer.training.ranks import join
    from trainer.training.reporting import ControlFlags
    from trainer.training.run import train

    flags = ControlFlags()
    peers: Peers | None = None
    try:
        try:
            if plan.devices > 1:
                peers = Peers(plan, mailbox.send)  # before another thread runs: then they can be forked
            mailbox.listen(lambda command: _obey(command, flags), flags.leave, patience)
            set_up_logging()
            ranks = join(0, plan.devices, peers.meeting) if peers else None
            with (
                recorded("finetune-trainer-worker", os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")),
                traces.span("train in worker", parent=plan.traceparent, base=plan.base),
            ):
                logger.info("job %s trains", plan.job_id)
                train(plan, mailbox.send, flags, ranks)
        except TrainingFailed as failure:
            failed = Failed(failure.code, str(failure), failure.param)
        except Exception as error:
            traceback.print_exc()  # into the worker's log
            if peers is not None:
                peers.settle(_SETTLE)
            failed = Failed(*explain(error))
        else:
            return
        finally:
            if peers is not None:
                peers.end()  # before a last word: what stops all of them is said once
        if own_disk and failed.code == "disk_full":
            mailbox.send(Told(f"The disk of the node {platform.node()} is full"))
            sys.exit(errno.ENOSPC)
        mailbox.send(failed)
    except OSError as error:  # there was no room for a last word either
        sys.exit(error.errno or 1)


def _obey(command: Command, flags: ControlFlags) -> None:
    match command:
        case Hold():
            flags.go.clear()
        case Go():
            flags.go.set()
        case Pause():
            flags.pause()
        case Leave():
            flags.leave()


if __name__ == "__main__":
    main(sys.argv[1:])
