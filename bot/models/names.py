"""What a fine-tuned model is called: by people, and when it is made.

A fine-tuned model's id is `ft:<base>:<organisation>:<suffix>:<id>`, and a checkpoint's ends in `:ckpt-step-<step>`
(OpenAI's fine-tuning guide, read 2026-11-21; the trainer keeps to it). People call it by its suffix.
"""

import re
import unicodedata
from typing import Final

from training_files.split_names import without_split

LONGEST_SUFFIX: Final = 64
_ID: Final = re.compile(r"ft:(?P<base>[^:]+):[^:]*:(?P<suffix>[^:]*):(?P<id>[^:]+)(:ckpt-step-(?P<step>\d+))?")


def short_name(model: str) -> str:
    """What people call it: "house-voice", "house-voice, step 88" for a checkpoint, "SmolLM2-135M-Instruct (9aBc)" for
    one without a suffix. A base model goes by its id. Several models may share a short name.
    """
    parts = _ID.fullmatch(model)
    if parts is None:
        return model
    name = parts["suffix"] or f"{parts['base'].rpartition('/')[2]} ({parts['id']})"
    return f"{name}, step {parts['step']}" if parts["step"] else name


def suffix_from_file(name: str) -> str | None:
    """The suffix for a model that nobody has named: its training file's name, in the 64 letters, digits and hyphens
    that every provider takes. "House voice_train.jsonl" makes "House-voice". None where nothing is left.
    """
    # Letters with accents lose them; other scripts have no letters in a suffix.
    plain = unicodedata.normalize("NFKD", without_split(name) or name.partition(".")[0])
    words = re.findall(r"[A-Za-z0-9]+", re.sub(r"[\u0300-\u036f]", "", plain))
    return "-".join(words)[:LONGEST_SUFFIX].strip("-") or None


def next_suffix(suffix: str) -> str:
    """The suffix for the next model after one of this suffix: "house-voice" makes "house-voice-2", that
    "house-voice-3"."""
    numbered = re.fullmatch(r"(.+)-([0-9]{1,3})", suffix)
    name, number = (numbered[1], int(numbered[2]) + 1) if numbered else (suffix, 2)
    return f"{name[: LONGEST_SUFFIX - len(str(number)) - 1]}-{number}"


def suffix_of(model: str) -> str | None:
    """The suffix in the id of a fine-tuned model."""
    parts = _ID.fullmatch(model)
    return (parts["suffix"] or None) if parts else None


def given_suffix(suffix: str | None, file_name: str | None) -> str | None:
    """None where nobody gave it: it only repeats the file's name."""
    return None if suffix == suffix_from_file(file_name or "") else suffix
