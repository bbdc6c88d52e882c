"""The lines of a file of any size, in batches, with bounded memory.

A line ends with LF, as in JSONL; a CR before it is whitespace to JSON. A byte-order mark at the start is taken
off. Covers reading only: what a line means is `chat`'s business.
"""

import codecs
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from training_files.errors import TrainingFileError

BLOCK = 1 << 18
"""Bytes read at a time: more would take more memory and be no faster."""

LONGEST_LINE = 8 << 20
"""Bytes. A longer line is skipped: of one near it the program takes up to four copies while it decodes and counts it.
It is 30 times as much text as the longest example that any model takes.
"""

MOST_VALUES = 500_000
"""Brackets and commas of a line. One with more is skipped: decoded, such a line can take 50 times as much memory.
The longest example that any model takes has a tenth of it.
"""

LOOK_AGAIN = 0.02  # seconds after which a growing file is looked at again


class Batch(msgspec.Struct, gc=False):
    """Consecutive lines. `number` is the first one's, from 1. `raw` is what was read for them, hashed by the
    caller. `cut` marks the file's last line where no line end follows it. `oversized` marks one line that
    was skipped: it is too long, or holds too many values.
    """

    number: int
    lines: list[bytes]
    raw: bytes
    cut: bool = False
    oversized: bool = False
    byte_order_mark: bool = False


def read_batches(
    path: Path, *, block: int = BLOCK, longest: int = LONGEST_LINE, growing: Path | None = None
) -> Iterator[Batch]:
    """The file in batches of about `block` bytes; every byte of it is in exactly one batch's `raw`.

    `growing` is a file that stands as long as somebody else is still writing the one at `path`: then more is waited
    for, and an empty batch says so now and again. Raises TrainingFileError where the file cannot be opened or read.
    """
    try:
        with open_file(path) as file:
            for batch in _batches(_blocks(file, block, growing), longest):
                yield from _without_crowded(batch)
    except OSError as error:
        raise TrainingFileError("cannot_be_read", name=path.name, reason=error.strerror or str(error)) from error


class Stretch(msgspec.Struct, frozen=True, gc=False):
    """A part of a file that can be read by itself: the lines that end in its bytes from `start` to `end`.

    The first of them has the number `number` and begins at byte `opens`, which is before `start` as a rule. The `last`
    stretch also has the line without an end.
    """

    number: int
    opens: int
    start: int
    end: int
    last: bool


def stretches(blocks: Iterable[bytes], size: int) -> Iterator[Stretch]:
    """A file in stretches of `size` bytes or a little more, given its blocks. Read with blocks of the same size, they
    have the batches of `read_batches`.
    """
    number, opens, start = 1, 0, 0
    lines, next_opens, end = 0, 0, 0
    for raw in blocks:
        if newlines := raw.count(b"\n"):
            lines += newlines
            next_opens = end + raw.rfind(b"\n") + 1
        end += len(raw)
        if newlines and end - start >= size:  # so no stretch begins in a line of more than a block
            yield Stretch(number, opens, start, end, last=False)
            number, opens, start, lines = number + lines, next_opens, end, 0
    yield Stretch(number, opens, start, end, last=True)


def read_stretch(
    file: BinaryIO, stretch: Stretch, *, block: int = BLOCK, longest: int = LONGEST_LINE
) -> Iterator[Batch]:
    """The batches of a stretch of an open file, whose place in it is left alone."""
    blocks = (
        os.pread(file.fileno(), min(block, stretch.end - place), place)
        for place in range(stretch.start, stretch.end, block)
    )
    opened = os.pread(file.fileno(), stretch.start - stretch.opens, stretch.opens)
    for batch in _batches(blocks, longest, number=stretch.number, opened=opened, last=stretch.last):
        yield from _without_crowded(batch)


def open_file(path: Path) -> BinaryIO:
    """The regular file at `path`, opened for reading. Raises TrainingFileError."""
    try:
        if path.is_dir():
            raise TrainingFileError("is_a_folder", name=path.name or str(path))
        if path.exists() and not path.is_file():
            raise TrainingFileError("not_a_regular_file", name=path.name)
        return path.open("rb")
    except FileNotFoundError as error:
        raise TrainingFileError("no_such_file", path=str(path)) from error
    except PermissionError as error:
        raise TrainingFileError("may_not_be_read", name=path.name) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise TrainingFileError("cannot_be_opened", name=path.name, reason=reason) from error


def read_head(path: Path, size: int, *, growing: Path | None = None) -> bytes:
    """The file's first `size` bytes, or all that there are; waits for them as `read_batches` does."""
    with open_file(path) as file:
        head = b""
        for raw in _blocks(file, size, growing):
            head += raw
            if len(head) >= size:
                break
        return head[:size]


def _blocks(file: BinaryIO, block: int, growing: Path | None) -> Iterator[bytes]:
    """What is in the file, piece by piece; an empty one where more is to come."""
    while True:
        whole = growing is None or not growing.exists()  # asked first: what was written before it went is still read
        raw = file.read(block)
        if not raw:
            if whole:
                return
            time.sleep(LOOK_AGAIN)
        yield raw


def _without_crowded(batch: Batch) -> Iterator[Batch]:
    """The batch, parted where a line holds more than MOST_VALUES."""
    if max(map(len, batch.lines), default=0) <= MOST_VALUES:
        yield batch
        return
    begin, raw, mark = 0, batch.raw, batch.byte_order_mark
    for place, line in enumerate(batch.lines):
        if len(line) > MOST_VALUES and sum(map(line.count, (b"{", b"[", b","))) > MOST_VALUES:
            yield Batch(batch.number + begin, batch.lines[begin:place], raw, byte_order_mark=mark)
            yield Batch(batch.number + place, [], b"", oversized=True)
            begin, raw, mark = place + 1, b"", False
    yield Batch(batch.number + begin, batch.lines[begin:], raw, cut=batch.cut, byte_order_mark=mark)


def _batches(
    blocks: Iterator[bytes], longest: int, *, number: int = 1, opened: bytes = b"", last: bool = True
) -> Iterator[Batch]:
    """`opened` is the beginning of the first line, where that stands before the blocks."""
    parts = [opened]  # the line that is still open: joined once, however many blocks it takes
    held = len(opened)
    skipping = False
    first = number == 1 and not opened
    for raw in blocks:
        if not raw:
            yield Batch(number, [], raw)
            continue
        fresh = raw
        marked = first and raw.startswith(codecs.BOM_UTF8)
        if marked:
            fresh = raw[len(codecs.BOM_UTF8) :]
        first = False
        if skipping:
            _, newline, fresh = fresh.partition(b"\n")
            if not newline:
                yield Batch(number, [], raw)
                continue
            skipping = False
            number += 1
        lines = fresh.split(b"\n")
        parts.append(lines[0])
        held += len(lines[0])
        if len(lines) > 1:
            lines[0] = b"".join(parts)
            parts, held = [lines[-1]], len(lines[-1])
        lines.pop()
        yield Batch(number, lines, raw, byte_order_mark=marked)
        number += len(lines)
        if held > longest:
            yield Batch(number, [], b"", oversized=True)
            parts, held, skipping = [], 0, True
    if held and not skipping and last:
        yield Batch(number, [b"".join(parts)], b"", cut=True)
