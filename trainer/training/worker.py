"""The training worker: a process that trains one job and ends. `python -m trainer.training.worker`

It imports the training libraries first and says "ready", so that a worker started early has them warm when a job
comes. It hears: {"op": "train", "plan": {...}}, {"op": "hold"} and {"op": "go"}.
"""

from __future__ import annotations

import errno
import threading
import traceback

import msgspec

from trainer.errors import TrainingFailed
from trainer.pipes import ChildPipe
from trainer.training.plan import Plan


def main() -> None:
    pipe = ChildPipe()
    pipe.listen()
    go = threading.Event()
    go.set()
    try:
        from trainer.hardware import lower_priority
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
    threading.Thread(target=_obey, args=(pipe, go), daemon=True).start()
    try:
        train(msgspec.convert(message["plan"], Plan), pipe.send, go)
    except TrainingFailed as failure:
        pipe.send(kind="failed", code=failure.code, param=failure.param, message=str(failure))
    except Exception as error:
        traceback.print_exc()  # into the worker's log
        pipe.send(kind="failed", code=_code(error), param=None, message=_sentence(error))


def _obey(pipe: ChildPipe, go: threading.Event) -> None:
    while True:
        message = pipe.received.get()
        if message["op"] == "hold":
            go.clear()
        elif message["op"] == "go":
            go.set()


def _code(error: Exception) -> str:
    if _out_of_memory(error):
        return "out_of_memory"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "disk_full"
    return "training_failed"


def _sentence(error: Exception) -> str:
    if _out_of_memory(error):
        return (
            "The machine ran out of memory while training. Start again with a smaller batch_size, shorter examples "
            "or a smaller base model."
        )
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full: the fine-tuned weights could not be saved. Make room and start the job again."
    return f"Training stopped with an unexpected error ({type(error).__name__}: {error}). The trainer's log has more."


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error)


if __name__ == "__main__":
    main()
