"""Work that must grow in proportion to what it is done to, however hostile: a text, a schema or a line of eight times
the size may take twice as long as that, and no longer.

    python benchmarks/proportion.py [--only NAME]

Prints for each kind the times in ms, and how many times as long the larger one took: 8 is in proportion, 64 its square.
Ends with exit code 1 if one took more than `MOST` times as long, in the best of several rounds. There is no peer.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.check import say
from training_files.pii_and_secrets import mask
from training_files.repair.source import _read
from training_files.tool_text import as_types

FACTOR = 8
MOST = 2 * FACTOR
ROUNDS = 5
SHORTEST = 0.002
"""Seconds: what takes less is too short to be measured, and said to take this long."""


class Kind(NamedTuple):
    """`made` makes what is worked on, in its size; `size` is the smaller one."""

    size: int
    made: Callable[[int], Any]
    work: Callable[[Any], object]


def repeated(piece: Any, before: Any = b"", after: Any = b"") -> Callable[[int], Any]:
    return lambda size: before + piece * (size // len(piece)) + after


def repair(line: bytes) -> object:
    return _read(line, 1, codec="cp1252", syntax=True)


def required(size: int) -> Any:
    names = [f"p{n}" for n in range(size)]
    return [{"name": "f", "parameters": {"properties": {name: {} for name in names}, "required": names}}]


def types(size: int) -> Any:
    schema = {"type": [f"t{n}" for n in range(size)], **{f"k{n}": 0 for n in range(size)}}
    return [{"name": "f", "parameters": {"properties": {"a": schema}}}]


KINDS: dict[str, Kind] = {
    **{
        f"repair a broken string of {piece!r}": Kind(100_000, repeated(piece, b'{"messages": ["'), repair)
        for piece in (b'\\"', b'"', b'",', b"\x01a", b", ", b"\\", b'"\\', b",]", b"\xe9\xff")
    },
    **{
        f"repair Python's {piece!r}": Kind(50_000, repeated(piece, b"{'a': [", b"1]}"), repair)
        for piece in (b"1,", b"'',", b"'\\n',", b"(),", b"'", b"\\'", b"None,", b", ")
    },
    **{
        f"mask {piece!r}": Kind(20_000, repeated(piece, "", ""), mask)
        for piece in (
            "a",
            "1",
            "1 ",
            "a@",
            "a.",
            "sk-",
            "eyJ.",
            "password: ",
            "密码是",
            "AB12 ",
            "-----BEGIN ",
            "://a:",
        )
    },
    "write a schema of many required properties": Kind(4_000, required, as_types),
    "write a schema of many types and keys": Kind(4_000, types, as_types),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--only", default="", help="kinds whose name holds this")
    asked = arguments.parse_args()
    wrong = []
    for name, kind in KINDS.items():
        if asked.only not in name:
            continue
        small, large = (kind.made(size) for size in (kind.size, FACTOR * kind.size))
        gc.disable()
        rounds = [(seconds(kind.work, small), seconds(kind.work, large)) for _ in range(ROUNDS)]
        gc.enable()
        short, long = (min(times) for times in zip(*rounds, strict=True))
        ratio = long / max(short, SHORTEST)
        say(f"{name}: {1000 * short:.1f} ms, {1000 * long:.1f} ms, {ratio:.1f} times")
        if ratio > MOST:
            wrong.append(name)
    if wrong:
        sys.exit(f"out of proportion: {', '.join(wrong)}")


def seconds(work: Callable[[Any], object], given: Any) -> float:
    begun = time.process_time()
    work(given)
    return time.process_time() - begun


if __name__ == "__main__":
    main()
