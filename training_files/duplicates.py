"""Examples that stand in a file twice, or in the training and the validation file: exact ones, in bounded memory.

An example is known by a 128-bit hash of its content, whatever the spacing and the order of keys in its line (hashes
that are equal by chance: one in 10^24 for a million examples). The first `IN_MEMORY` are kept in a dictionary, and what
repeats one of them is found at once. Those after them are written to a temporary file in `PARTS` parts by their hash,
each small enough to be looked through by itself at the end, as databases join tables that do not fit in memory.
"""

import heapq
import struct
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
from xxhash import xxh3_128_intdigest

from training_files.errors import no_room

IN_MEMORY = 1 << 15
PARTS = 256
PART_BUFFER = 1 << 13
"""Bytes of a part that are collected before they are written."""

PLAINLY_HASHED = 1 << 20
"""Bytes from which on a line is hashed as it stands: another copy of its content would take too much memory."""

KEPT = 1_000
"""Repetitions named for each kind; all are counted."""

Kind = Literal["duplicate_example", "in_validation_file"]


def fingerprint(example: Any, line: bytes) -> int:
    """128 bits that stand for an example's content: `example` is what was decoded from `line`, in the order of its
    keys or, for a struct, of its fields.
    """
    if len(line) > PLAINLY_HASHED:
        return xxh3_128_intdigest(line.strip())
    try:
        return xxh3_128_intdigest(_encode(example))
    except (msgspec.MsgspecError, OverflowError, RecursionError, UnicodeEncodeError):  # numbers beyond 64 bits
        return xxh3_128_intdigest(line.strip())


_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Repetition(msgspec.Struct, frozen=True, order=True):
    """The example on `line` also stands on line `first`, of the same file or of the validation file."""

    line: int
    first: int


class Repetitions(msgspec.Struct):
    """All counted, the first `KEPT` named."""

    count: int = 0
    named: list[Repetition] = []

    def add(self, found: Sequence[Repetition]) -> None:
        self.count += len(found)
        self.named = heapq.nsmallest(KEPT, [*self.named, *found])


class Duplicates:
    """Give it the hashes of the validation file first (`add_validation`), then those of the training file (`add`); then
    `finish`, and in the end `close`. `found` grows on the way.
    """

    def __init__(self, *, in_memory: int = IN_MEMORY) -> None:
        self.found: dict[Kind, Repetitions] = {"duplicate_example": Repetitions(), "in_validation_file": Repetitions()}
        self._room = in_memory
        self._seen: dict[int, int] = {}
        self._in_validation: dict[int, int] = {}
        self._spilled: _Spilled | None = None

    def add_validation(self, hashes: Sequence[int], lines: Sequence[int]) -> None:
        for key, line in zip(hashes, lines, strict=True):
            if key not in self._in_validation:
                if len(self._in_validation) < self._room:
                    self._in_validation[key] = line
                else:
                    self._spill(key, -line)

    def add(self, hashes: Sequence[int], lines: Sequence[int]) -> None:
        seen, in_validation = self._seen, self._in_validation
        # Where the validation file did not fit, no training example may settle here: its part knows more.
        room = self._room - len(in_validation)
        repeated, overlapping = [], []
        for key, line in zip(hashes, lines, strict=True):
            if in_validation and key in in_validation:
                overlapping.append(Repetition(line, in_validation[key]))
            first = seen.get(key)
            if first is not None:
                repeated.append(Repetition(line, first))
            elif len(seen) < room:
                seen[key] = line
            else:
                self._spill(key, line)
        self._note(repeated, overlapping)

    def finish(self) -> None:
        """Finds what is still on disk. Memory: what one part takes."""
        if self._spilled is None:
            return
        for records in self._spilled.parts():
            seen: dict[bytes, int] = {}
            in_validation: dict[bytes, int] = {}
            repeated, overlapping = [], []
            for key, line in records:
                if line < 0:
                    in_validation.setdefault(key, -line)
                    continue
                if key in in_validation:
                    overlapping.append(Repetition(line, in_validation[key]))
                first = seen.setdefault(key, line)
                if first != line:
                    repeated.append(Repetition(line, first))
            self._note(repeated, overlapping)

    def close(self) -> None:
        if self._spilled is not None:
            self._spilled.close()

    def _spill(self, key: int, line: int) -> None:
        try:
            if self._spilled is None:
                self._spilled = _Spilled()
            self._spilled.write(key, line)
        except OSError as error:
            raise no_room(error) from error

    def _note(self, repeated: list[Repetition], overlapping: list[Repetition]) -> None:
        if repeated:
            self.found["duplicate_example"].add(repeated)
        if overlapping:
            self.found["in_validation_file"].add(overlapping)


class _Spilled:
    """Hashes with their lines in a temporary file, by part, each part in the order in which it was written."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._buffers = [bytearray() for _ in range(PARTS)]
        self._places: list[list[tuple[int, int]]] = [[] for _ in range(PARTS)]
        self._end = 0

    def write(self, key: int, line: int) -> None:
        buffer = self._buffers[key % PARTS]
        buffer += key.to_bytes(16, "little")
        buffer += line.to_bytes(8, "little", signed=True)
        if len(buffer) >= PART_BUFFER:
            self._places[key % PARTS].append((self._end, len(buffer)))
            self._end += self._file.write(buffer)
            buffer.clear()

    def parts(self) -> Iterator[Iterator[tuple[bytes, int]]]:
        for buffer, places in zip(self._buffers, self._places, strict=True):
            chunks = []
            for start, size in places:
                self._file.seek(start)
                chunks.append(self._file.read(size))
            yield struct.iter_unpack("<16sq", b"".join(chunks) + buffer)

    def close(self) -> None:
        self._file.close()
