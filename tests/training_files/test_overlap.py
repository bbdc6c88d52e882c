"""Examples that stand in a training file and in a validation file."""

from pathlib import Path

import orjson

from tests.refusal import refused
from training_files import check_file
from training_files.overlap import count_overlap


def _example(number: int, *, spaced: bool = False) -> bytes:
    messages = [{"role": "user", "content": f"Question {number}?"}, {"role": "assistant", "content": "Yes."}]
    line = orjson.dumps({"messages": messages})
    return line.replace(b":", b": ") if spaced else line


def _file(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_each_example_of_the_training_file_that_stands_in_the_other_counts_as_in_a_report(tmp_path: Path) -> None:
    training = _file(tmp_path / "a.jsonl", [*(_example(n) for n in range(20)), b"", b"no example", _example(3)])
    validation = _file(tmp_path / "b.jsonl", [b"{", *(_example(n, spaced=True) for n in (3, 3, 7, 99))])
    report = check_file(training, validation=validation)
    assert count_overlap(training, validation) == 3 == report.counts["in_validation_file"]


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with refused("There is no file"):
        count_overlap(tmp_path / "gone.jsonl", _file(tmp_path / "b.jsonl", [_example(1)]))
