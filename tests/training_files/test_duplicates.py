"""Examples that stand in a file twice, or in both files."""

import errno
import json
import random
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.refusal import refused
from texts.findings import sentence
from training_files import check_file, duplicates
from training_files.chat import decode_plain
from training_files.duplicates import Duplicates, Repetition, fingerprint


def chat(question, **more):
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": "Yes."}], **more}


def findings(report, code):
    return [(one.line, sentence(one)) for one in report.warnings if one.code == code]


def test_a_repeated_example_is_found_and_the_first_one_named(write, good):
    report = check_file(write(*good, good[3], chat("Open?"), good[3]))
    assert report.ok
    assert report.counts == {"duplicate_example": 2}
    (eleventh, message), (thirteenth, _) = findings(report, "duplicate_example")
    assert (eleventh, thirteenth) == (11, 13)
    assert "line 4 already" in message


def test_spacing_and_the_order_of_keys_make_no_other_example(write, good):
    plain = json.dumps(good[0], indent=None, separators=(" , ", " : ")).encode()
    turned = {"messages": [{"content": "Is it?", "role": "user"}, {"content": "Yes.", "role": "assistant"}]}
    straight = {"messages": [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": "Yes."}]}
    tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
    first, again = chat("a", tools=tools), dict(reversed(chat("a", tools=tools).items()))
    report = check_file(write(*good, plain, turned, straight, first, again))
    assert [line for line, _ in findings(report, "duplicate_example")] == [11, 13, 15]


@pytest.mark.parametrize(
    "other",
    [
        chat("Open ?"),
        {"messages": [{"role": "system", "content": "Open?"}, {"role": "assistant", "content": "Yes."}]},
        {"messages": [*chat("Open?")["messages"], *chat("Open?")["messages"]]},
        chat("Open?", parallel_tool_calls=False),
    ],
)
def test_another_example_is_no_duplicate(write, good, other):
    assert "duplicate_example" not in check_file(write(*good, chat("Open?"), other)).counts


def test_numbers_beyond_64_bits_are_told_apart(write, good):
    big, bigger = chat("a", weight=2**70), chat("a", weight=2**71)
    report = check_file(write(*good, big, bigger, big))
    assert [line for line, _ in findings(report, "duplicate_example")] == [13]


def test_an_example_in_both_files_is_found_with_its_line_there(write, good):
    validation = write(chat("a"), b"not json", b"", good[7], name="validation.jsonl")
    report = check_file(write(*good), validation=validation)
    assert report.ok
    assert report.counts == {"in_validation_file": 1}
    ((line, message),) = findings(report, "in_validation_file")
    assert line == 8
    assert "line 4 of the validation file" in message


def test_a_repeated_example_of_the_validation_file_counts_as_both(write, good):
    report = check_file(write(*good, good[0]), validation=write(good[0], name="validation.jsonl"))
    assert report.counts == {"in_validation_file": 2, "duplicate_example": 1}


def test_a_missing_validation_file_is_told_in_a_sentence(write, good, tmp_path):
    with refused("no file"):
        check_file(write(*good), validation=tmp_path / "nothing.jsonl")


keys = st.lists(st.integers(0, 30), max_size=60)


@given(keys, keys, st.integers(0, 40))
def test_memory_or_disk_makes_no_difference(in_validation, mine, room):
    index = Duplicates(in_memory=room)
    index.add_validation([key << 100 | key for key in in_validation], range(1, len(in_validation) + 1))
    index.add([key << 100 | key for key in mine], range(1, len(mine) + 1))
    index.finish()
    index.close()
    repeated = [Repetition(n, mine.index(key) + 1) for n, key in enumerate(mine, 1) if mine.index(key) + 1 < n]
    overlapping = [Repetition(n, in_validation.index(key) + 1) for n, key in enumerate(mine, 1) if key in in_validation]
    assert index.found["duplicate_example"].named == repeated
    assert index.found["in_validation_file"].named == overlapping


def test_many_are_all_counted_and_the_first_thousand_named():
    chance = random.Random(1)
    lines = range(1, 60_001)
    keys = [chance.getrandbits(128) for _ in range(30_000)]
    index = Duplicates(in_memory=100)
    index.add(keys + keys, lines)
    index.finish()
    index.close()
    found = index.found["duplicate_example"]
    assert found.count == 30_000
    assert found.named == [Repetition(30_000 + n, n) for n in range(1, duplicates.KEPT + 1)]


def test_a_long_line_is_hashed_as_it_stands():
    content = "word " * (duplicates.PLAINLY_HASHED // 4)
    line = json.dumps(chat(content)).encode()
    assert fingerprint(None, line) == fingerprint(decode_plain(line), b" " + line + b"\r")
    assert fingerprint(None, line) != fingerprint(None, line.replace(b"Yes", b"No!"))


def test_a_full_disk_is_told_in_a_sentence(monkeypatch):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    index = Duplicates(in_memory=1)
    with refused("No space left on device"):
        index.add([1, 2], [1, 2])
