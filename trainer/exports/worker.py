"""Writes an export. In a process of its own: `python -m trainer.exports.worker '{...}'` says `plan.Said`."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from trainer.exports.card import write_card
from trainer.exports.merged import write_merged
from trainer.exports.plan import Plan, Problem, Progress, Said, Written
from trainer.objects import Trial
from trainer.pipes import ChildPipe

_EVERY = 0.25  # seconds between two reports
_SPARE = 64 << 20


class NoRoom(OSError):
    """The disk is too full for what is to be written; the message is for people."""


def write(plan: Plan, say: Callable[[Progress], None]) -> None:
    """Fill the folder `into`. OSError where it cannot be written, ValueError where the model cannot be exported so."""
    into = Path(plan.into)
    into.mkdir(parents=True, exist_ok=True)
    total = expected_bytes(plan)
    free = shutil.disk_usage(into).free
    if free < total + _SPARE:
        raise NoRoom(f"The disk has no room for this export: {total >> 20} MB are needed and {free >> 20} MB are free")
    wrote = _Counter("writing", total, say)
    if plan.format == "gguf":
        from trainer.exports.gguf_model import write_gguf

        write_gguf(plan, into / plan.file_name, wrote, os.cpu_count() or 1)
    elif plan.format == "merged":
        write_merged(plan, into, wrote)
    else:
        for name in plan.files:
            shutil.copyfile(Path(plan.folder) / name, into / name)
            wrote((into / name).stat().st_size)
    write_card(plan, into)


def try_written(plan: Plan, say: Callable[[Progress], None]) -> Trial:
    """Load what was written. ValueError where it does not answer as the model does."""
    from trainer.exports.trial import try_out

    say(Progress("checking"))
    into = Path(plan.into)
    return try_out(plan, into / plan.file_name if plan.format == "gguf" else into)


def pack(plan: Plan, trial: Trial, say: Callable[[Progress], None]) -> Written:
    """Make one file of what was written."""
    written = Path(plan.into) / plan.file_name if plan.format == "gguf" else _packed(plan, say)
    size = written.stat().st_size
    digest = hashlib.sha256()
    read = _Counter("packing", size, say)
    with written.open("rb") as file:
        while piece := file.read(1 << 22):
            digest.update(piece)
            read(len(piece))
        os.fsync(file.fileno())
    return Written(str(written), size, digest.hexdigest(), trial)


def expected_bytes(plan: Plan) -> int:
    if plan.format == "gguf":
        from trainer.exports.gguf_model import expected_bytes as of_gguf

        return of_gguf(plan)
    if plan.format == "merged":
        # Once beside each other: what is packed is taken away file by file.
        sizes = [file.stat().st_size for file in plan.whole.glob("*.safetensors")]
        return sum(sizes) + max(sizes, default=0)
    return 2 * sum((Path(plan.folder) / name).stat().st_size for name in plan.files)


def _packed(plan: Plan, say: Callable[[Progress], None]) -> Path:
    """All files of the folder as one. Weights do not get smaller by packing."""
    into = Path(plan.into)
    packed = into / plan.file_name
    files = sorted(path for path in into.iterdir() if path != packed)
    done = _Counter("packing", sum(path.stat().st_size for path in files), say)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            archive.write(path, path.name)
            done(path.stat().st_size)
            path.unlink()
    return packed


class _Counter:
    def __init__(self, step: str, total: int, say: Callable[[Progress], None]) -> None:
        self._step, self._total, self._say = step, total, say
        self._done = 0
        self._said = 0.0

    def __call__(self, more: int) -> None:
        self._done += more
        if time.monotonic() - self._said >= _EVERY or self._done >= self._total:
            self._said = time.monotonic()
            told = {"step": self._step, "done": min(self._done, self._total), "total": self._total}
            self._say(msgspec.convert(told | {"type": "progress"}, Progress))


def problem(error: Exception) -> str:
    """A sentence for whoever asked."""
    if isinstance(error, NoRoom | ValueError):
        return str(error).rstrip(".") + "."
    if isinstance(error, OSError):
        return f"The model could not be exported: {error.strerror or error}."
    return f"The model could not be exported ({type(error).__name__}: {error})."


def main() -> None:
    pipe: ChildPipe[None] = ChildPipe()
    pipe.listen()
    if sys.platform != "win32":
        os.nice(5)
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    said: Said
    try:
        write(plan, pipe.send)
        said = pack(plan, try_written(plan, pipe.send), pipe.send)
    except Exception as error:
        traceback.print_exc()  # into the worker's log
        said = Problem(problem(error))
    pipe.send(said)


if __name__ == "__main__":
    main()
