"""Reading `/finetune checkpoints [JOB] [keep STEP [NAME] | release STEP]`."""

import msgspec

from bot.errors import Invalid


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
        case ["keep", step, *name] if _is_step(step) and len(name) <= 1:
            return CheckpointWords(job, int(step), keep=True, name=next(iter(name), None))
        case ["release", step] if _is_step(step):
            return CheckpointWords(job, int(step))
    raise Invalid("checkpoints_usage")


def _is_step(word: str) -> bool:
    return word.isdecimal() and len(word) < 10
