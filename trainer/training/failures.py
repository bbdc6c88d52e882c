"""What an unexpected error means to somebody whose job fails of it."""

from __future__ import annotations

import errno


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
