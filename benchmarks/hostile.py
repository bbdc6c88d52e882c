"""Files of 10 MB made to keep a check or a repair busy: how long each takes, and how much memory.

    python benchmarks/hostile.py [--megabytes 10] [--only NAME] [--record]

Prints a line for each file: seconds, of them processor time, and peak resident size of `check`, `prepare` (all
repairs), `split` and the second pass, each a process of its own, start-up included. Nothing may fail with a traceback.
There is no peer: what counts is the slowest by processor time, since seconds also depend on what else the machine does.
Needs Linux or macOS.
"""

import argparse
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import table
from benchmarks.check import MEGABYTE, say
from tests.measured import measured

ROOM = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "%s"}]}\n'

SECOND_PASS = """
import sys
from contextlib import suppress
from pathlib import Path
from training_files import TrainingFileError, scan_content
with suppress(TrainingFileError):
    scan_content(Path(sys.argv[1]))
"""


def lines(one: bytes, size: int) -> bytes:
    return one * (size // len(one))


def long_line(before: bytes, one: bytes, after: bytes, size: int, longest: int = 8_000_000) -> bytes:
    """Lines of 8 MB, the last one shorter."""
    made = b""
    while len(made) < size:
        made += before + one * (min(longest, size - len(made)) // len(one)) + after + b"\n"
    return made


def noise(alphabet: bytes, line: int) -> Callable[[int], bytes]:
    def made(size: int) -> bytes:
        rng = random.Random(1)
        chosen = bytearray(rng.choices(alphabet, k=size))
        for at in range(line, size, line):
            chosen[at : at + 1] = b"\n"
        return bytes(chosen)

    return made


def numbers(size: int, form: str, starts: tuple[int, int]) -> bytes:
    """Sixty a line, each another one."""
    rng = random.Random(1)
    made, length = [], 0
    while length < size:
        filled = (form.format(rng.randrange(*starts), rng.randrange(1000), rng.randrange(1000)) for _ in range(60))
        made.append(ROOM % " ".join(filled).encode())
        length += len(made[-1])
    return b"".join(made)


SHAPES: dict[str, Callable[[int], bytes]] = {
    "quotes in an open string": lambda size: long_line(b'{"messages": "', b'\\"', b"", size),
    "quotes, 300 kB a line": lambda size: long_line(b'{"messages": [', b'"', b"", size, 300_000),
    "escaped quotes, 300 kB a line": lambda size: long_line(b'{"messages": [', b'\\"', b"", size, 300_000),
    "strings and commas": lambda size: long_line(b'{"messages": [', b'"",', b"]}", size),
    "commas": lambda size: long_line(b'{"messages": [', b",", b"]}", size),
    "blanks after commas": lambda size: long_line(b'{"messages": [1,', b" ", b"x]}", size),
    "control characters": lambda size: long_line(b'{"messages": "', b"\x01a", b'"}', size),
    "tabs": lambda size: lines(ROOM % (b"a\tb" * 20), size),
    "objects": lambda size: long_line(b'{"messages": [', b'{"a":0},', b"0]}", size),
    "objects, 8 kB a line": lambda size: long_line(b'{"messages": [', b'{"a":0},', b"0]}", size, 8000),
    "empty objects": lambda size: long_line(b'{"messages": [', b"{},", b"0]}", size),
    "empty objects, 8 kB a line": lambda size: long_line(b'{"messages": [', b"{},", b"0]}", size, 8000),
    "empty lists": lambda size: long_line(b'{"messages": [', b"[],", b"0]}", size),
    "numbers": lambda size: long_line(b'{"messages": [', b"0,", b"0]}", size),
    "numbers, 8 kB a line": lambda size: long_line(b'{"messages": [', b"0,", b"0]}", size, 8000),
    "fractions": lambda size: long_line(b'{"messages": [', b"0.1,", b"0]}", size),
    "parts": lambda size: long_line(
        b'{"messages": [{"role": "user", "content": [', b'{"type":"x"},', b'{"type":"x"}]}]}', size
    ),
    "calls": lambda size: long_line(
        b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [',
        b"{},",
        b"{}]}]}",
        size,
    ),
    "messages": lambda size: long_line(b'{"messages": [', b'{"role":"user","content":"a"},', b"0]}", size),
    "keys": lambda size: b"{" + b",".join(b'"%d":0' % n for n in range(size // 12)) + b"}\n",
    "keys of a message": lambda size: (
        b'{"messages": [{' + b",".join(b'"%d":0' % n for n in range(size // 12)) + b"}]}\n"
    ),
    "a key a line": lambda size: b"".join(b'{"%d":0}\n' % n for n in range(size // 14)),
    "short lines": lambda size: lines(b"1\n", size),
    "empty lines": lambda size: lines(b"\n", size),
    "empty examples": lambda size: lines(b"{}\n", size),
    "braces": lambda size: lines(b"{\n", size),
    "short examples": lambda size: lines(b'{"messages":[{}]}\n', size),
    "completions": lambda size: lines(b'{"prompt":"","completion":""}\n', size),
    "Python": lambda size: lines(b"{'messages': [{'role': 'user', 'content': None}]}\n", size),
    "Python, a line": lambda size: long_line(b"{'messages': [", b"{},", b"None]}", size, 1_000_000),
    "Python, numbers, 250 kB a line": lambda size: long_line(b"{'messages': [", b"1,", b"None]}", size, 250_000),
    "Python, texts": lambda size: long_line(b"{'messages': [", b"'',", b"None]}", size),
    "Python, escapes": lambda size: long_line(b"{'messages': [", b"'\\n',", b"None]}", size),
    "Python, nested": lambda size: long_line(b"{'messages': ", b"[", b"", size, 1_000_000),
    "nested": lambda size: long_line(b'{"messages": ', b"[", b"", size),
    "nested and closed": lambda size: lines(b'{"messages": ' + b"[" * 900 + b"]" * 900 + b"}\n", size),
    "not UTF-8": lambda size: long_line(b'{"messages": "', b"\xe9\xff", b'"}', size),
    "UTF-16": lambda size: b"\xff\xfe" + lines((ROOM % b"a").decode().encode("utf-16-le"), size),
    "spread": lambda size: b"[\n" + lines(b'{\n"messages": [\n{\n', size),
    "spread, unfinished": lambda size: b'[\n{"a": "' + b"\\n" * (size // 2),
    "spread, broken each line": lambda size: b"[\n" + lines(b'{"a": 1 "b"},\n', size),
    "many tools": lambda size: lines(
        b'{"messages": [{"role": "user", "content": "a"}], "tools": [' + b",".join([b"{}"] * 2000) + b"]}\n", size
    ),
    "other tools each line": lambda size: b"".join(
        b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "tools": [{"type": '
        b'"function", "function": {"name": "f%d", "parameters": {"type": "object", "properties": {"%d": {"type": '
        b'"string", "pattern": "(a+)+%d"}}}}}]}\n' % (n, n, n)
        for n in range(size // 230)
    ),
    "a tool's many properties": lambda size: (
        b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "tools": [{"type": '
        b'"function", "function": {"name": "f", "parameters": {"type": "object", "properties": {'
        + b",".join(b'"%07d":{}' % n for n in range(min(size, 8_000_000) // 24))
        + b'}, "required": ['
        + b",".join(b'"%07d"' % n for n in range(min(size, 8_000_000) // 24))
        + b"]}}}]}\n"
    ),
    "secrets": lambda size: lines(ROOM % (b"sk-" + b"a1" * 20 + b" a@b.cc +1 415 555 2671 ") * 1, size),
    "other secrets each line": lambda size: b"".join(
        ROOM % (b"sk-Ab3dE5gH1jK2mN4pQ6rS%05d a%d@b.cc +1 415 5%02d %04d " % (n, n, n // 7 % 100, n * 7 % 10_000))
        for n in range(size // 141)
    ),
    "other phone numbers each line": lambda size: numbers(size, "({:03d}) {:03d}-{:04d}", (201, 990)),
    "other phone numbers of any country": lambda size: numbers(size, "+{:02d} {:03d} {:04d}", (20, 99)),
    "phone numbers that nobody has": lambda size: numbers(size, "1{:02d}{:04d}{:04d}", (30, 100)),
    "phone numbers after a word": lambda size: numbers(size, "Tel. {:03d} {:03d}{:03d}", (0, 1000)),
    "card numbers that nobody has": lambda size: numbers(size, "41{:02d} {:04d} {:04d} 1111", (0, 100)),
    "account numbers that nobody has": lambda size: numbers(size, "DE{:02d} {:04d} {:04d} 7777 8888 9999 00", (0, 100)),
    "identity numbers that nobody has": lambda size: numbers(size, "1101{:02d}1980010{:03d}{:03d}", (1, 99)),
    "mail addresses of a role": lambda size: numbers(size, "support@a{:d}{:d}{:d}.com", (1, 1000)),
    "filler": lambda size: lines(ROOM % (b"Sure! " * 200), size),
    "nearly alike": lambda size: b"".join(ROOM % (b"word %d " % (n % 7) * 12) for n in range(size // 190)),
    "JSON's characters": noise(b'{}[]:,"\\ 0a\t', 200),
    "JSON's characters, a line": noise(b'{}[]:,"\\ 0a\t', 10**9),
    "bytes": noise(bytes(byte for byte in range(256) if byte != 10), 200),
    "CSV": lambda size: b"prompt,completion\n" + lines(b'"a","b"\n', size),
    "CSV, quotes": lambda size: b"prompt,completion\n" + b'"' * size,
    "CSV, columns": lambda size: lines(b"a,", size // 2) + b"\n" + lines(b"b,", size // 2),
    "CSV, a cell": lambda size: b"prompt,completion\n" + b"a" * size + b",b\n",
    "JSON table": lambda size: b"[" + lines(b'{"prompt":"a","completion":"b"},', size) + b'{"prompt":"a"}]',
    "JSON, empty rows": lambda size: b"[" + lines(b"{},", size) + b"{}]",
    "JSON, numbers": lambda size: b"[" + lines(b"0,", size) + b"0]",
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--megabytes", type=float, default=10, help="size of each file (default: 10)")
    arguments.add_argument("--only", help="files whose name holds this")
    arguments.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    asked = arguments.parse_args()
    slowest: dict[str, tuple[float, float, str]] = {}
    largest: dict[str, tuple[float, str]] = {}
    for name, made in SHAPES.items():
        if asked.only and asked.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / ("train.csv" if name.startswith("CSV") else "train.jsonl")
            file.write_bytes(made(int(asked.megabytes * MEGABYTE)))
            told = []
            for what, command in commands(file, Path(folder)).items():
                done = measured(*command)
                if done.code not in (0, 1, 2) or "Traceback" in done.complaints:
                    raise SystemExit(f"{name}: {what} ended with {done.code}\n{done.complaints[-2000:]}")
                told.append(f"{what} {done.seconds:.1f} s ({done.processor:.1f} s) {done.megabytes:.0f} MB")
                slowest[what] = max(slowest.get(what, (0.0, 0.0, "")), (done.processor, done.seconds, name))
                largest[what] = max(largest.get(what, (0.0, "")), (done.megabytes, name))
        say(f"{name}: {', '.join(told)}")
    figures = {"files": str(len(SHAPES)), "size": f"{asked.megabytes:g} MB", "cores": str(os.cpu_count())}
    for what in slowest:
        processor, seconds, name = slowest[what]
        figures[what] = f"{processor:.1f} s of processor, {seconds:.1f} s ({name})"
        figures[f"{what}, peak memory"] = f"{largest[what][0]:.0f} MB ({largest[what][1]})"
        say(f"slowest {what}: {figures[what]}; most memory: {figures[f'{what}, peak memory']}")
    if asked.record:
        table.record("hostile", figures)


def commands(file: Path, folder: Path) -> dict[str, list[str]]:
    prepared = str(folder / "out.jsonl")
    return {
        "check": ["-m", "app", "check", str(file), "--json"],
        "prepare": ["-m", "app", "prepare", str(file), "--out", prepared, "--yes"],
        "split": ["-m", "app", "split", str(file)],
        "second pass": ["-c", SECOND_PASS, str(file)],
    }


if __name__ == "__main__":
    main()
