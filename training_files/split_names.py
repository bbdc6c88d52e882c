"""Which split a training file is, by its name: `house-voice-train.jsonl` and `house-voice-val.jsonl`.

The words are those by which Hugging Face's `datasets` tells splits apart (`data_files.py`, read 2026-11-28).
"""

import re
from pathlib import PurePath
from typing import Final, Literal

Split = Literal["train", "validation", "test"]

_SPLITS: Final[dict[str, Split]] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}


def split_of(name: str) -> Split | None:
    """None where the name says nothing, or two things."""
    found = {_SPLITS[word] for word in _words(name) if word in _SPLITS}
    return found.pop() if len(found) == 1 else None


def without_split(name: str) -> str:
    """What is left of a file's name without its ending and the words for a split: "house-voice"; may be empty."""
    stem = re.sub(r"[^\W\d_]+", lambda word: "" if word[0].lower() in _SPLITS else word[0], _stem(name))
    return re.sub(r"([\W_])[\W_]*", r"\1", stem).strip("-_. ")


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", _stem(name).lower())


def _stem(name: str) -> str:
    stem = PurePath(name).stem
    return PurePath(stem).stem if stem.lower().endswith(".jsonl") else stem
