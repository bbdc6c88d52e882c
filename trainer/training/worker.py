"""The training worker: a process that trains one job and ends. `python -m trainer.training.worker`

It imports the training libraries first and says "ready", so that a worker started early has them warm when a job
comes. It hears: {"op": "train", "plan": {...}}, {"op": "hold"}, {"op": "go"} and {"op": "pause"}.
"""

from __future__ import annotations

import errno
import threading
import traceback
from typing import TYPE_CHECKING

import msgspec

from trainer.errors import TrainingFailed
from trainer.pipes import ChildPipe
from trainer.training.plan import Plan

if TYPE_CHECKING:
    from trainer.training.callback import Wishes


def main() -> None:
    pipe = ChildPipe()
    pipe.listen()
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
    lower_priority()
    pipe.send(kind="ready")
    message = pipe.received.get()
    while message["op"] != "train":
        message = pipe.received.get()
    wishes = Wishes()
    threading.Thread(target=_obey, args=(pipe, wishes), daemon=True).start()
    try:
        train(msgspec.convert(message["plan"], Plan), pipe.send, wishes)
    except TrainingFailed as failure:
        pipe.send(kind="failed", code=failure.code, param=failure.param, message=str(failure))
    except Exception as error:
        traceback.print_exc()  # into the worker's log
        code, sentence = explain(error)
        pipe.send(kind="failed", code=code, param=None, message=sentence)


def _obey(pipe: ChildPipe, wishes: Wishes) -> None:
    while True:
        message = pipe.received.get()
        if message["op"] == "hold":
            wishes.go.clear()
        elif message["op"] == "go":
            wishes.go.set()
        elif message["op"] == "pause":
            wishes.pause.set()
            wishes.go.set()


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
