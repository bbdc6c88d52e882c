"""A training worker that learns nothing, for tests of where and how often it runs: it needs none of the libraries whose
import takes seconds. It speaks, saves and goes on as the real one does, until there is a file `finish` beside its
witness; at a file `full` its disk is full, once. Into `gpus-ATTEMPT` it writes which GPUs it sees, and with fewer
devices than a file `needs` says it asks for those.

The witness, a file that all attempts write to, has a line for each thing done: when, by which attempt and process, what
("step" or "saved"), and at which step.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

from trainer.training.messages import Done, Measured, NeedsDevices, Saved, SavedModel, Started, Stopped
from trainer.training.runners import attempts, bucket_attempts
from trainer.training.runners.mailbox import Mailbox

SAVED_EVERY = 5
TOTAL = 100_000
_STEP_SECONDS = 0.05
_METRICS = {"train_loss": 1.0, "train_mean_token_accuracy": 0.5}


class Line(NamedTuple):
    at: float
    attempt: int
    pid: int
    what: str
    step: int


def read(witness: Path) -> list[Line]:
    if not witness.is_file():
        return []
    lines = [line.split() for line in witness.read_text().splitlines()]
    return [Line(float(at), int(attempt), int(pid), what, int(step)) for at, attempt, pid, what, step in lines]


def executable(folder: Path, **environment: str) -> Path:
    """A program that takes the place of the nodes' Python, with `witness` and `finish` in `folder`."""
    program = folder / "python"
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    variables = " ".join(f"{name}='{value}'" for name, value in environment.items())
    program.write_text(f"#!/bin/sh\n{variables} exec {sys.executable} -m {__name__} {folder} $3\n")
    program.chmod(0o755)
    return program


def main(place: Path, folder: str) -> None:
    if "://" not in folder:
        _train(place, Path(folder))
        return
    with bucket_attempts.brought(folder) as here:
        if here is not None:
            _train(place, here)
        with contextlib.suppress(FileNotFoundError):
            (place / "full").unlink()
            sys.exit(errno.ENOSPC)


def _train(place: Path, folder: Path) -> None:
    plan = attempts.plan_of(folder)
    if plan is None or not attempts.counts(folder):
        return
    attempts.watch(folder, lambda: os._exit(0))
    (place / f"gpus-{folder.name}").write_text(os.environ.get("CUDA_VISIBLE_DEVICES", ""))
    stop: list[bool] = []
    mailbox = Mailbox(folder)
    needs = int((place / "needs").read_text()) if (place / "needs").exists() else 1
    if plan.devices < needs <= plan.most_devices:
        mailbox.send(NeedsDevices(needs))
        return
    mailbox.listen(lambda command: stop.append(True), lambda: None, patience=1e9)
    saved = [int(one.name.split("-")[1]) for one in folder.glob("checkpoint-*") if (one / attempts.MARK).is_file()]
    step = max(saved, default=0)
    mailbox.send(Started(1, 2, 1.0, 0.1, cut=0, dropped=0, context_length=2048, lineage={}, resumed_at=step or None))
    while not (place / "finish").exists() and not (place / "full").exists():
        time.sleep(_STEP_SECONDS)
        step += 1
        _witness(place, folder, "step", step)
        elapsed = {"elapsed_tokens": 9 * step, "elapsed_examples": step}
        mailbox.send(Measured(step, TOTAL, _METRICS | elapsed, seconds_left=1.0, seconds=1.0))
        if step % SAVED_EVERY == 0 or stop:
            _save(folder, step)
            _witness(place, folder, "saved", step)
            mailbox.send(Saved(step))
        if stop:
            mailbox.send(Stopped(_keep(folder, f"pause-{step}", step)))
            return
    if (place / "finish").exists():
        mailbox.send(Done([_keep(folder, f"step-{step}", step)], step))


def _keep(folder: Path, name: str, step: int) -> SavedModel:
    weights = folder / "output" / name
    weights.mkdir(parents=True)
    (weights / "adapter_config.json").write_text("{}")
    return SavedModel(step, name, _METRICS)


def _save(folder: Path, step: int) -> None:
    state = folder / f"checkpoint-{step}"
    state.mkdir(exist_ok=True)
    (state / attempts.MARK).write_text("{}")


def _witness(place: Path, folder: Path, what: str, step: int) -> None:
    with (place / "witness").open("a") as file:
        file.write(f"{time.time()} {folder.name} {os.getpid()} {what} {step}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
