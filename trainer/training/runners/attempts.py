"""Attempts at training a job elsewhere, in a folder that the server and the machines that train all see.

Each attempt has a folder of its own, with its plan, its mailbox, its states and the weights it saves, and writes
nowhere else. `attempt.json` beside them says which one counts. So one that was given up and lives on, on a machine that
was cut off, cannot harm its successor; it ends as soon as it sees that it no longer counts.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from trainer.training.messages import Done, Report, Stopped
from trainer.training.plan import Plan

MARK = "between.json"
"""Put into the folder of a saved state last of all."""

ATTEMPT, PLAN, OUTPUT = "attempt.json", "plan.json", "output"
_TRIES = 3
_LOOK = 1.0  # seconds between two looks at which attempt counts


class Attempt(msgspec.Struct, frozen=True):
    """`output`: where the job's weights belong in the end. `submitted`: the cluster is known to have taken it. Not
    `open` once all of its messages were read. `avoid`: nodes that are of no use to the job."""

    number: int
    output: str
    submitted: bool = False
    open: bool = True
    avoid: tuple[str, ...] = ()


# The server's end


def current(job: Path) -> Attempt | None:
    """The attempt of a job's folder that counts; None where there was none."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((job / ATTEMPT).read_bytes(), type=Attempt)
    return None


def write(job: Path, attempt: Attempt) -> None:
    _replace(job / ATTEMPT, attempt)


def begin(job: Path, plan: Plan | None = None) -> Attempt:
    """Make the next attempt the one that counts. It goes on from what its predecessors saved, of which it gets a copy
    of its own, and trains by `plan`, or else by theirs."""
    before = current(job)
    job.mkdir(parents=True, exist_ok=True, mode=0o700)
    if plan is not None:
        attempt = Attempt(before.number + 1 if before else 1, plan.output, avoid=before.avoid if before else ())
    else:
        assert before is not None
        plan, attempt = plan_of(folder_of(job, before)), Attempt(before.number + 1, before.output)
        assert plan is not None
    folder = folder_of(job, attempt)
    shutil.rmtree(folder, ignore_errors=True)  # of a server that was cut off right here
    folder.mkdir(parents=True, mode=0o700)
    older = [one for one in _folders(job) if one != folder]
    _inherit(older, folder)
    write_plan(folder, msgspec.structs.replace(plan, state=str(folder), output=str(folder / OUTPUT)))
    write(job, attempt)
    for one in older:
        shutil.rmtree(one, ignore_errors=True)
    return attempt


def write_plan(folder: Path, plan: Plan) -> None:
    _replace(folder / PLAN, plan)


def holds_state(folder: Path) -> bool:
    """Whether an attempt that did not begin yet has something to go on from."""
    return any(folder.glob(f"checkpoint-*/{MARK}"))


def folder_of(job: Path, attempt: Attempt) -> Path:
    return job / str(attempt.number)


def publish(job: Path, attempt: Attempt, report: Report) -> None:
    """Put the weights that a report tells of where the job's weights belong. May be done again."""
    output = Path(attempt.output)
    for name in weights_of(report):
        output.mkdir(parents=True, exist_ok=True)
        made, into = folder_of(job, attempt) / OUTPUT / name, output / name
        if made.is_dir():
            shutil.rmtree(into, ignore_errors=True)
            made.replace(into)


def weights_of(report: Report) -> list[str]:
    """The folders, in the attempt's output, of the weights that a report tells of."""
    match report:
        case Done(checkpoints):
            return [one.folder for one in checkpoints]
        case Stopped(snapshot) if snapshot is not None:
            return [snapshot.folder]
        case _:
            return []


def _inherit(older: list[Path], folder: Path) -> None:
    """Copy the newest whole state, and the weights that were kept until then. One that is given up and lives on may
    remove them meanwhile: then there are newer ones."""
    for _ in range(_TRIES):
        saved = [one for attempt in older for one in attempt.glob("checkpoint-*") if (one / MARK).is_file()]
        newest = max(saved, key=lambda one: int(one.name.split("-")[-1]), default=None)
        if newest is None:
            return
        with contextlib.suppress(OSError):
            for kept in (newest.parent / OUTPUT).glob("step-*"):
                if kept.suffix != ".part":
                    _copy(kept, folder / OUTPUT / kept.name)
            _copy(newest, folder / newest.name)
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)


def _copy(source: Path, into: Path) -> None:
    shutil.copytree(source, into, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, into: str) -> None:
    """A second name for a file, which nobody changes any more; a copy where the file system has no such names."""
    try:
        os.link(source, into)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, into)


def _folders(job: Path) -> list[Path]:
    return [one for one in job.iterdir() if one.name.isdecimal() and one.is_dir()]


def _replace(path: Path, content: msgspec.Struct) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(content))
    os.replace(part, path)


# The worker's end


def plan_of(folder: Path) -> Plan | None:
    """What the attempt with this folder is to train; None where it has none."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((folder / PLAN).read_bytes(), type=Plan)
    return None


def counts(folder: Path) -> bool | None:
    """Whether the attempt with this folder is the one that counts; None where that cannot be read for now."""
    try:
        attempt = msgspec.json.decode((folder.parent / ATTEMPT).read_bytes(), type=Attempt)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, msgspec.DecodeError):
        return None
    return attempt.open and attempt.number == int(folder.name)


def watch(folder: Path, gone: Callable[[], None]) -> None:
    """Call `gone`, in the background, once the attempt no longer counts."""

    def look() -> None:
        while counts(folder) is not False:
            time.sleep(_LOOK)
        gone()

    threading.Thread(target=look, daemon=True).start()
