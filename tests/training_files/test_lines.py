"""Reading lines in bounded memory."""

import codecs
import threading
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.refusal import refused
from training_files import lines as reading
from training_files.lines import read_batches, read_head, read_stretch, stretches

pieces = st.lists(st.sampled_from([b"\n", b"\r\n", b"a", b"bcd", b"\xff", codecs.BOM_UTF8, b"x" * 20]), max_size=30)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines") / "file"


@given(pieces.map(b"".join), st.integers(3, 40))
def test_lines_come_whole_and_numbered_whatever_the_block(path, data, block):
    path.write_bytes(data)
    lines = {}
    for batch in read_batches(path, block=block):
        lines.update(enumerate(batch.lines, batch.number))
    expected = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert lines == dict(enumerate(expected, 1))


@given(pieces.map(b"".join), st.integers(3, 40), st.integers(5, 15))
def test_a_long_line_is_skipped_and_the_rest_keeps_its_numbers(path, data, block, longest):
    path.write_bytes(data)
    lines: dict[int, bytes] = {}
    oversized = []
    raw = b""
    for batch in read_batches(path, block=block, longest=longest):
        raw += batch.raw
        lines.update(enumerate(batch.lines, batch.number))
        if batch.oversized:
            oversized.append(batch.number)
    expected = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    assert raw == data
    assert not set(oversized) & set(lines)
    assert all(expected[number - 1] == line for number, line in lines.items())
    assert all(len(expected[number - 1]) > longest for number in oversized)
    kept = {number for number, line in enumerate(expected, 1) if 0 < len(line) <= longest}
    assert kept <= set(lines)


def test_only_the_last_line_without_an_end_is_marked_cut(path):
    path.write_bytes(b"one\ntwo")
    marks = [(batch.lines, batch.cut) for batch in read_batches(path)]
    assert marks == [([b"one"], False), ([b"two"], True)]


def test_a_byte_order_mark_is_taken_off_and_marked(path):
    path.write_bytes(codecs.BOM_UTF8 + b"one\n")
    (batch,) = read_batches(path)
    assert batch.byte_order_mark
    assert batch.lines == [b"one"]


@pytest.mark.parametrize("name", ["nothing-here.jsonl", "nul\0byte", "x" * 5000])
def test_a_file_that_is_not_there_is_told_in_a_sentence(tmp_path, name):
    with refused(r"\.$"):
        list(read_batches(tmp_path / name))


def test_a_folder_is_told_in_a_sentence(tmp_path):
    with refused("is a folder"):
        list(read_batches(tmp_path))


@patch.object(reading, "LOOK_AGAIN", 0.0)
@given(pieces.map(b"".join), st.integers(3, 40), st.data())
def test_what_is_still_being_written_is_read_as_it_comes(path, data, block, cuts):
    growing = path.with_name("growing")
    growing.touch()
    path.write_bytes(data[:3])  # a byte-order mark comes whole: the head is waited for first
    rest = data[3:]
    raw = b""
    lines = {}
    for batch in read_batches(path, block=block, growing=growing):
        raw += batch.raw
        lines.update(enumerate(batch.lines, batch.number))
        if not batch.raw and not batch.lines and growing.exists():
            length = cuts.draw(st.integers(min(1, len(rest)), len(rest)))
            with path.open("ab") as file:
                file.write(rest[:length])
            rest = rest[length:]
            if not rest:
                growing.unlink()
    assert raw == data
    assert lines == {n: line for batch in read_batches(path) for n, line in enumerate(batch.lines, batch.number)}


def test_the_head_of_a_file_that_is_being_written_is_waited_for(tmp_path):
    path, growing = tmp_path / "file", tmp_path / "growing"
    path.write_bytes(b"one")
    growing.touch()

    def write_more():
        with path.open("ab") as file:
            file.write(b"two")
        growing.unlink()

    writer = threading.Timer(0.05, write_more)
    writer.start()
    assert read_head(path, 100, growing=growing) == b"onetwo"
    writer.join()
    assert read_head(path, 4) == b"onet"


@given(pieces.map(b"".join), st.integers(3, 12), st.integers(1, 60), st.integers(12, 20))
def test_a_file_in_stretches_has_the_same_batches(path, data, block, size, longest):
    path.write_bytes(data)
    blocks = [data[place : place + block] for place in range(0, len(data), block)]
    parts = list(stretches(blocks, size))
    with path.open("rb") as file:
        batches = [batch for part in parts for batch in read_stretch(file, part, block=block, longest=longest)]
    assert batches == list(read_batches(path, block=block, longest=longest))
    assert (parts[0].start, parts[-1].end, [part.last for part in parts[:-1]]) == (
        0,
        len(data),
        [False] * (len(parts) - 1),
    )
