"""Old training data and new examples in one file."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from training_files import read_examples
from training_files.example_format import format_of

Example = dict[str, Any]


def merge(into: Path, new: Sequence[str], old: Sequence[str], old_files: Sequence[Path], held_out: Path | None) -> None:
    """Write the examples of `old_files`, the lines `old` and the lines `new` into a file, each once, in that order.

    Old ones of another format than the new are left out; so is an old chat of which a new one is a correction: what was
    asked is the same; and whatever stands in `held_out`, by which models are judged. Raises TrainingFileError.
    """
    added = list(map(_parse, new))
    format = format_of(added[0]) if added else None
    seen = {_digest(example) for example in read_examples(held_out)} if held_out else set()
    asked = {_digest(question) for example in added if (question := _question(example)) is not None}
    with into.open("wb") as out:
        for example in chain(_kept(_files(old_files), asked), _kept(map(_parse, old), asked), added):
            digest = _digest(example)
            if digest not in seen and format_of(example) == format:
                seen.add(digest)
                out.write(orjson.dumps(example) + b"\n")


def _kept(examples: Iterable[Example], asked: set[bytes]) -> Iterator[Example]:
    for example in examples:
        question = _question(example)
        if question is None or _digest(question) not in asked:
            yield example


def _files(paths: Sequence[Path]) -> Iterator[Example]:
    for path in paths:
        yield from read_examples(path)


def _parse(line: str) -> Example:
    example: Example = orjson.loads(line)
    return example


def _question(example: Example) -> Any:
    """Of a chat, all before its last message; None for what is no chat."""
    messages = example.get("messages")
    return messages[:-1] if isinstance(messages, list) and messages else None


def _digest(value: Any) -> bytes:
    """The same for JSON that says the same."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).digest()
