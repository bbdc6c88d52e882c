"""Files made to break the check: a clear answer, in bounded memory and time, measured in a process of its own."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.measured import measured
from training_files.lines import LONGEST_LINE

pytest.importorskip("resource", reason="peak memory is measured on Linux and macOS")

MOST_MEGABYTES = 150  # millions of bytes, as everywhere a figure of memory is given
MOST_FOR_A_LINE = 200  # where the file is one line as long as is read
MOST_SECONDS = 120  # the slowest takes 6 on two busy cores
GOOD = "".join(
    json.dumps({"messages": [{"role": "user", "content": f"{n} + 1?"}, {"role": "assistant", "content": str(n + 1)}]})
    + "\n"
    for n in range(10)
)


class Checked(NamedTuple):
    counts: dict[str, int]
    examples: int
    lines: dict[str, int | None]  # of each code the first line
    megabytes: float
    seconds: float


def checked(path: Path) -> Checked:
    """`finetune-bot check --json` in a child process."""
    done = measured("-m", "app", "check", path, "--json")
    assert done.code in (0, 1), done.said
    report = json.loads(done.said)
    lines: dict[str, int | None] = {}
    for finding in report["errors"] + report["warnings"]:
        lines.setdefault(finding["code"], finding["line"])
    return Checked(report["counts"], report["examples"], lines, done.megabytes, done.seconds)


def line_of(content: str) -> str:
    return json.dumps({"messages": [{"role": "user", "content": content}, {"role": "assistant", "content": "a"}]},
                      ensure_ascii=False) + "\n"  # fmt: skip


@pytest.mark.parametrize(
    ("filled", "megabytes"),
    [
        (b"\0", 100),
        pytest.param(b"\0", 1024, marks=pytest.mark.soak),
        pytest.param(b"word wor", 1024, marks=pytest.mark.soak),
    ],
)
def test_one_line_of_a_gigabyte(tmp_path, megabytes, filled):
    path = tmp_path / "line.jsonl"
    with path.open("wb") as file:
        file.write(GOOD.encode())
        start = file.tell()
        if filled == b"\0":
            file.truncate(start + (megabytes << 20))  # a hole: it takes no room on the disk
            file.seek(0, os.SEEK_END)
        else:
            for _ in range(megabytes):
                file.write(filled * (1 << 17))
        file.write(b"\n" + GOOD.encode())
    report = checked(path)
    assert (report.lines["line_too_long"], report.examples) == (11, 21)
    assert report.megabytes < MOST_MEGABYTES
    assert report.seconds < MOST_SECONDS


@pytest.mark.parametrize("megabytes", [100, pytest.param(1024, marks=pytest.mark.soak)])
def test_a_file_of_nothing_but_zeros(tmp_path, megabytes):
    path = tmp_path / "hole.jsonl"
    with path.open("wb") as file:
        file.truncate(megabytes << 20)
    report = checked(path)
    assert report.counts["line_too_long"] == 1
    assert report.megabytes < MOST_MEGABYTES
    assert report.seconds < MOST_SECONDS


@pytest.mark.parametrize(
    "content",
    [
        "word wor" * (LONGEST_LINE // 8 - 100),
        "1. Ask “why?”, then—again.\n" * (LONGEST_LINE // 40),
        "word wor" * (LONGEST_LINE // 8 - 100) + "😀",
        "自行车维修" * (LONGEST_LINE // 15 - 100),
    ],
    ids=["letters", "punctuation", "an emoji", "Chinese without punctuation"],
)
def test_the_longest_line_that_is_read(tmp_path, content):
    path = tmp_path / "line.jsonl"
    path.write_text(GOOD + line_of(content) + GOOD, encoding="utf-8")
    report = checked(path)
    assert report.examples == 21
    assert report.lines["example_too_long"] == 11
    assert report.megabytes < MOST_FOR_A_LINE


def test_a_line_made_of_a_million_objects_is_skipped(tmp_path):
    path = tmp_path / "line.jsonl"
    path.write_text(GOOD + '{"messages":[' + ",".join(['{"a":0}'] * 990_000) + "]}\n")
    report = checked(path)
    assert (report.lines["line_too_long"], report.examples) == (11, 11)
    assert report.megabytes < MOST_FOR_A_LINE
    assert report.seconds < MOST_SECONDS


@pytest.mark.parametrize(
    ("line", "times"), [(b"1\n", 500_000), (b"{}\n", 500_000), (b'{"messages":[' + b"{}," * 3000 + b"0]}\n", 166)]
)
def test_a_file_in_which_nothing_is_right_is_given_up(tmp_path, line, times):
    path = tmp_path / "wrong.jsonl"
    path.write_bytes(line * times)
    report = checked(path)
    assert report.counts["too_many_findings"] == 1
    assert 100_000 < sum(report.counts.values()) < 200_000
    assert report.examples == times
    assert report.megabytes < MOST_MEGABYTES


NASTY = {
    "nested lists": (b'{"messages":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "invalid_json"),
    "nested objects": (b'{"messages":' * 100_000 + b"1" + b"}" * 100_000, "invalid_json"),
    "nested in a tool": (
        b'{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"tools":'
        + b"[" * 900
        + b"]" * 900
        + b"}",
        None,
    ),
    "NaN": (b'{"messages":[{"role":"user","content":"a","weight":NaN}]}', "invalid_json"),
    "infinity": (b'{"messages":[{"role":"user","content":"a","weight":-Infinity}]}', "invalid_json"),
    "half a surrogate pair": (b'{"messages":[{"role":"user","content":"\\udc00"}]}', "invalid_json"),
    "half of one in a key": (b'{"\\ud800":1,"messages":[]}', "invalid_json"),
    "NUL bytes": (b"\0" * 100_000, "invalid_json"),
    "a NUL in a string": (b'{"messages":[{"role":"user","content":"a\0b"}]}', "control_character"),
    "an integer of 100,000 digits": (b'{"messages":[{"role":"user","weight":' + b"9" * 100_000 + b"}]}", None),
    "an exponent out of range": (b'{"messages":[{"role":"user","content":"a","weight":1e999999}]}', None),
    "a number of 65 bits": (b'{"messages":[{"role":"user","content":"a","weight":36893488147419103232}]}', None),
    "duplicate keys": (b'{"messages":[],"messages":[{"role":"user","role":"assistant","content":"a"}]}', "fine"),
    "10,000 keys": (b'{"messages":[{"role":"user",' + b",".join(b'"k%d":0' % n for n in range(10_000)) + b"}]}", None),
    "10,000 messages": (b'{"messages":[' + b",".join([b'{"role":"x"}'] * 10_000) + b"]}", "unrecognized_role"),
    "10,000 calls": (
        b'{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":['
        + b",".join(b'{"id":"%d","type":"function","function":{"name":"f","arguments":"{}"}}' % n for n in range(9_999))
        + b"]}]}",
        None,
    ),
    "a pattern that backtracks": (
        json.dumps({
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {
                    "name": "f", "arguments": json.dumps({"x": "a" * 5_000 + "!"})}}]},
                {"role": "tool", "tool_call_id": "1", "content": "b"},
                {"role": "assistant", "content": "c"},
            ],
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {
                "type": "object", "properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}}}}],
        }).encode(),
        None,
    ),
}  # fmt: skip


def test_lines_made_to_break_a_reader_are_answered_on_their_lines(tmp_path):
    path = tmp_path / "file.jsonl"
    path.write_bytes(b"\n".join(line for line, _ in NASTY.values()) + b"\n" + GOOD.encode())
    report = checked(path)
    assert report.examples == len(NASTY) + 10
    expected: dict[str, int] = {}
    for number, (_, code) in enumerate(NASTY.values(), 1):
        if code not in (None, "fine"):
            expected.setdefault(code, number)
    assert expected.items() <= report.lines.items()
    assert report.counts["invalid_json"] >= sum(code == "invalid_json" for _, code in NASTY.values())
    assert report.megabytes < MOST_MEGABYTES
    assert report.seconds < MOST_SECONDS


def test_a_million_empty_lines(tmp_path):
    path = tmp_path / "empty.jsonl"
    path.write_bytes(GOOD.encode() + b"\n" * 1_000_000)
    report = checked(path)
    assert (report.counts["empty_line"], report.examples) == (1_000_000, 10)
    assert report.megabytes < MOST_MEGABYTES
    assert report.seconds < MOST_SECONDS


@pytest.mark.parametrize("kind", ["random bytes", "random bytes in lines", "lines that are wrong"])
def test_a_megabyte_of_nonsense(tmp_path, kind):
    path = tmp_path / "file.jsonl"
    data = os.urandom(1 << 20)
    if kind == "random bytes in lines":
        data = b"{" + data[:1000] + b"\n".join(data[n : n + 200] for n in range(0, len(data), 200))
    elif kind == "lines that are wrong":
        data = b'{"messages": [{"role": "human", "content": ["a", 1]}, []]}\n' * (1 << 14)
    path.write_bytes(data)
    report = checked(path)
    assert report.counts
    assert report.megabytes < MOST_MEGABYTES
    assert report.seconds < MOST_SECONDS


def test_a_file_full_of_different_system_prompts_tools_and_keys(tmp_path):
    path = tmp_path / "file.jsonl"
    with path.open("w") as file:
        for n in range(10_000):
            messages = [{"role": "system", "content": f"You are number {n}."}, {"role": "user", "content": f"{n}?"}]
            messages.append({"role": "assistant", "content": f"Class {n}", "name": f"n{n}"})
            file.write(json.dumps({"messages": messages, f"key{n}": n}) + "\n")
    report = checked(path)
    assert report.examples == 10_000
    assert report.megabytes < MOST_MEGABYTES
    assert report.seconds < MOST_SECONDS
