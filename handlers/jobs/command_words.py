"""Reading `/finetune checkpoints [JOB] [keep STEP [NAME] | release STEP]`."""

from typing import Final

import msgspec

from bot.errors import Invalid

_QUOTES: Final = "\"'“”‘’「」"


class CheckpointWords(msgspec.Struct, frozen=True):
    """`job`: what names it, "" for the latest here. `step`: of the checkpoint to `keep`, or else to release; None where
    they shall be listed."""

    job: str
    step: int | None = None
    keep: bool = False
    name: str | None = None


def read_checkpoint_words(text: str) -> CheckpointWords:
    """Raises Invalid."""
    words = text.replace("`", "").split()
    job = words.pop(0) if words and words[0] not in {"keep", "release"} else ""
    match words:
        case []:
            return CheckpointWords(job)
        case ["keep", step, *name] if _is_step(step):
            # In quotes or not; one with spaces is no name, and whoever keeps it says so.
            return CheckpointWords(job, int(step), keep=True, name=" ".join(name).strip(_QUOTES) or None)
        case ["release", step] if _is_step(step):
            return CheckpointWords(job, int(step))
    raise Invalid("checkpoints_usage")


def _is_step(word: str) -> bool:
    return word.isdecimal() and len(word) < 10
