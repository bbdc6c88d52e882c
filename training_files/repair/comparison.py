"""Examples of the repaired file that stand in it twice, exactly or nearly, or in the validation file too."""

from array import array
from collections.abc import Collection, Sequence, Set
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from training_files import content_scan
from training_files.chat import decode_plain
from training_files.duplicates import Duplicates, Kind, Repetition, Repetitions, fingerprint
from training_files.repair import exact_json
from training_files.repair.plain import Plain
from training_files.repair.plan import Remark
from training_files.repair.repair import Example
from training_files.repair.source import opened, records

# Examples that are compared at once.
_BATCH: Final = 4_096
_KINDS: Final[dict[str, Kind]] = {"duplicates": "duplicate_example", "validation_overlap": "in_validation_file"}
_REMARKS: Final = {
    "duplicates": "same_as_line",
    "near_duplicates": "nearly_same_as_line",
    "validation_overlap": "same_in_validation_file",
}

COMPARING: Final = frozenset(_REMARKS)
"""Ids of the repairs that compare examples with each other."""


class Comparison:
    """Of one draft. The examples are added in their order, each with its line in the original; which of them repeat
    another is known at the end. Places count the draft's lines from 1.
    """

    def __init__(self, repairs: Set[str], validation: Path | None) -> None:
        """`repairs`: ids; those that compare nothing are passed over."""
        self.lines = array("Q")
        self.places: dict[str, Collection[int]] = {}
        self._nearly = "near_duplicates" in repairs
        self._found = {id: _Places() for id in _KINDS if id in repairs}
        self._first: dict[str, Repetition] = {}
        self._hashes: list[int] = []
        self._duplicates = Duplicates()
        self._duplicates.found.update({_KINDS[id]: places for id, places in self._found.items()})
        if validation is not None and "validation_overlap" in self._found:
            self._add_validation(validation)

    def add(self, line: int, example: Example | Plain, text: bytes) -> None:
        self.lines.append(line)
        if self._found:
            self._hashes.append(_fingerprint(example, text))
            if len(self._hashes) == _BATCH:
                self._compare()

    def finish(self, draft: Path) -> None:
        """`places` is set: by the repair's id, the examples that it would leave out."""
        self._compare()
        self._duplicates.finish()
        self.places = {id: repeated.places for id, repeated in self._found.items()}
        self._first = {id: repeated.named[0] for id, repeated in self._found.items() if repeated.named}
        if self._nearly:
            repeated = bytearray(len(self.lines))
            for place in self.places.get("duplicates", ()):
                repeated[place - 1] = 1
            self.places["near_duplicates"] = near = content_scan.near_duplicates(draft, repeated)
            if near:
                self._first["near_duplicates"] = Repetition(*min(near.items()))

    def close(self) -> None:
        self._duplicates.close()

    def first(self, repair: str, draft: Path) -> tuple[int, Example, Remark]:
        """The first example that a repair would leave out: its line, its value, and where the other one stands."""
        place, other = self._first[repair].line, self._first[repair].first
        with draft.open("rb") as file:
            text = next(islice(file, place - 1, None))
        line = other if repair == "validation_overlap" else self.lines[other - 1]
        return self.lines[place - 1], exact_json.decode(text), Remark(_REMARKS[repair], {"line": line})

    def _compare(self) -> None:
        last = len(self.lines)
        self._duplicates.add(self._hashes, range(last - len(self._hashes) + 1, last + 1))
        self._hashes = []

    def _add_validation(self, validation: Path) -> None:
        with opened(validation) as source:
            for record in records(source, encoding=True, syntax=True, progress=lambda done: None):
                example = record.plain or record.example
                if example is not None:
                    self._duplicates.add_validation([_fingerprint(example, record.text)], [record.line])


class _Places(Repetitions):
    """Where all repetitions stand, not only those that are named."""

    places: "array[int]" = msgspec.field(default_factory=lambda: array("Q"))

    def add(self, found: Sequence[Repetition]) -> None:
        super().add(found)
        self.places.extend(one.line for one in found)


def _fingerprint(example: Example | Plain, text: bytes) -> int:
    """As the check takes it, for which what is left out of a plain chat and what is null there are the same."""
    if not isinstance(example, dict):
        return fingerprint(example, text)
    try:
        return fingerprint(decode_plain(text), text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return fingerprint(example, text)
