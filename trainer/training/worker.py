"""The training worker: a process that trains one job and ends. `python -m trainer.training.worker`

It imports the training libraries first and says "ready", so that a worker started early has them warm when a job
comes: {"op": "train", "plan": {...}, "mailbox": folder}. From then on it talks through that mailbox, and goes on while
its server is restarted. It hears: {"op": "hold"}, {"op": "go"}, {"op": "pause"} (save and leave a model that can be
asked) and {"op": "leave"} (save and end). Without a server it leaves after a minute.
"""

from __future__ import annotations

import errno
import gc
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trainer.errors import TrainingFailed
from trainer.mailbox import Mailbox
from trainer.pipes import ChildPipe
from trainer.training.plan import Plan

if TYPE_CHECKING:
    from trainer.training.callback import Wishes


# How long a training goes on without a server, in seconds.
PATIENCE = 60.0


def main() -> None:
    pipe = ChildPipe()
    pipe.listen()
    # What is imported stays: looking for garbage meanwhile takes a fifth of the time (7.1 s of 8.9 s of one processor).
    gc.disable()
    try:
        from trainer.hardware import lower_priority
        from trainer.training.callback import Wishes
        from trainer.training.run import train
    except ImportError as error:
        pipe.send(
            kind="failed",
            code="not_installed",
            param=None,
            message=f'Training needs packages that are not installed here ({error.name}): pip install -e ".[local]"',
        )
        return
    gc.freeze()
    gc.enable()
    lower_priority()
    pipe.send(kind="ready")
    message = pipe.received.get()
    while message["op"] != "train":
        message = pipe.received.get()
    pipe.outlives_server = True
    mailbox = Mailbox(Path(message["mailbox"]))
    wishes = Wishes()
    mailbox.listen(lambda asked: _obey(asked, wishes), wishes.leave, PATIENCE)
    try:
        try:
            train(msgspec.convert(message["plan"], Plan), mailbox.send, wishes)
        except TrainingFailed as failure:
            mailbox.send(kind="failed", code=failure.code, param=failure.param, message=str(failure))
        except Exception as error:
            traceback.print_exc()  # into the worker's log
            code, sentence = explain(error)
            mailbox.send(kind="failed", code=code, param=None, message=sentence)
    except OSError as error:  # there was no room for a last word either
        sys.exit(error.errno or 1)


def _obey(message: dict[str, Any], wishes: Wishes) -> None:
    match message["op"]:
        case "hold":
            wishes.go.clear()
        case "go":
            wishes.go.set()
        case "pause":
            wishes.pause()
        case "leave":
            wishes.leave()


def explain(error: Exception) -> tuple[str, str]:
    """The code and the sentence with which an unexpected error fails its job."""
    if _out_of_memory(error):
        return "out_of_memory", (
            "The machine ran out of memory while training. Start again with a smaller batch_size, shorter examples "
            "or a smaller base model."
        )
    if _disk_full(error):
        return "disk_full", (
            "The disk is full: the fine-tuned weights could not be saved. Make room and start the job again."
        )
    return "training_failed", (
        f"Training stopped with an unexpected error ({type(error).__name__}: {error}). The trainer's log has more."
    )


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error)


def _disk_full(error: Exception) -> bool:
    # Safetensors and torch put the system's words into errors of their own.
    said = str(error)
    return (
        (isinstance(error, OSError) and error.errno == errno.ENOSPC)
        or "No space left on device" in said
        or "PytorchStreamWriter failed" in said
        or ("inline_container.cc" in said and "unexpected pos" in said)
    )


if __name__ == "__main__":
    main()
