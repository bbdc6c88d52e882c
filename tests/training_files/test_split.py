"""Splitting off a validation file."""

import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.refusal import refused
from training_files import TrainingFileError
from training_files.split import Split, split, subset


def chat(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def done(tmp_path: Path, examples: list[Any], **more: Any) -> tuple[Split, list[Any], list[Any]]:
    path, training, validation = (tmp_path / name for name in ("all.jsonl", "training.jsonl", "validation.jsonl"))
    path.write_text("\n".join(map(json.dumps, examples)) + "\n\n", encoding="utf-8")
    result = split(path, training, validation, **more)
    sides = [
        [json.loads(line) for line in one.read_text(encoding="utf-8").splitlines()] for one in (training, validation)
    ]
    assert (result.training, result.validation) == (len(sides[0]), len(sides[1]))
    return result, sides[0], sides[1]


def test_a_tenth_goes_to_validation_and_nothing_is_lost_or_moved(tmp_path: Path) -> None:
    examples = [chat(f"Question {n}", f"Answer number {n}") for n in range(100)]
    result, training, validation = done(tmp_path, examples)
    assert result == Split(90, 10, None)
    assert [one for one in examples if one in training] == training
    assert [one for one in examples if one in validation] == validation
    assert not [one for one in training if one in validation]


def test_the_seed_decides(tmp_path: Path) -> None:
    examples = [chat(f"Question {n}", f"Answer number {n}") for n in range(50)]
    _, _, first = done(tmp_path, examples, seed=1)
    assert done(tmp_path, examples, seed=1)[2] == first
    assert done(tmp_path, examples, seed=2)[2] != first
    shuffled = random.Random(0).sample(examples, 50)
    assert sorted(map(json.dumps, done(tmp_path, shuffled, seed=1)[2])) == sorted(map(json.dumps, first))


def test_repeated_examples_stay_together_also_when_case_and_blanks_differ(tmp_path: Path) -> None:
    examples = [chat(f"Question {n}", f"Answer number {n}") for n in range(20)]
    examples += [chat(f"  QUESTION   {n}", f"Answer  number {n}") for n in range(20)]
    for seed in range(5):
        _, training, validation = done(tmp_path, examples, seed=seed, share=0.3)
        assert len(validation) == 12
        assert not _asked(training) & _asked(validation)


def _asked(examples: list[Any]) -> set[str]:
    return {" ".join(one["messages"][0]["content"].lower().split()) for one in examples}


@pytest.mark.parametrize("field", ["completion", "answer"])
def test_each_label_gives_its_share(tmp_path: Path, field: str) -> None:
    labels = ["good"] * 60 + ["bad"] * 30 + ["neither"] * 10
    examples = [
        {"prompt": f"Text {n}", "completion": label} if field == "completion" else chat(f"Text {n}", label)
        for n, label in enumerate(labels)
    ]
    result, _, validation = done(tmp_path, examples, share=0.2)
    assert result == Split(80, 20, field)
    counted = Counter(one.get("completion") or one["messages"][1]["content"] for one in validation)
    assert counted == {"good": 12, "bad": 6, "neither": 2}


def test_answers_that_are_nearly_all_different_are_no_labels(tmp_path: Path) -> None:
    examples = [chat(f"Question {n}", f"{n // 2}") for n in range(20)]
    assert done(tmp_path, examples)[0].stratified_by is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=60),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 99),
)
def test_both_sides_hold_an_example_whatever_the_share(
    tmp_path: Path, answers: list[str], share: float, seed: int
) -> None:
    examples = [chat(f"Question {n % 7}", answer) for n, answer in enumerate(answers)]
    if len(set(map(json.dumps, examples))) < 2:
        with refused("two different"):
            done(tmp_path, examples, share=share, seed=seed)
        return
    result, training, validation = done(tmp_path, examples, share=share, seed=seed)
    assert result.training >= 1
    assert result.validation >= 1
    assert not {json.dumps(one) for one in training} & {json.dumps(one) for one in validation}
    assert Counter(map(json.dumps, training + validation)) == Counter(map(json.dumps, examples))


def test_lines_are_copied_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    lines = ['{ "messages":[], "n":1.00}', '{"n":  123456789012345678901234567890, "t": "\\u00e9"}']
    path.write_text("\r\n".join(lines), encoding="utf-8")
    split(path, tmp_path / "t", tmp_path / "v")
    assert sorted((tmp_path / "t").read_text() + (tmp_path / "v").read_text()) == sorted("\n".join(lines) + "\n")


@pytest.mark.parametrize("share", [0, 1, -0.1, 7])
def test_a_share_that_is_none_is_refused(tmp_path: Path, share: float) -> None:
    with refused("between 0 and 1"):
        done(tmp_path, [chat("a", "b"), chat("c", "d")], share=share)


def test_a_line_that_is_no_example_is_named(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text('{"messages": []}\n[]\n', encoding="utf-8")
    with refused("Line 2"):
        split(path, tmp_path / "t", tmp_path / "v")
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_or_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    path, pipe = tmp_path / "all.jsonl", tmp_path / "pipe"
    path.write_text("\n".join(json.dumps(chat(f"q {n}", "a")) for n in range(10)), encoding="utf-8")
    os.mkfifo(pipe)
    for outs in ((pipe, tmp_path / "v"), (tmp_path / "t", pipe)):
        with refused("not a file"):
            split(path, *outs)
    assert pipe.is_fifo()


def test_no_file_is_written_over_the_one_that_is_split(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\n', encoding="utf-8")
    for training, validation in ((path, tmp_path / "v"), (tmp_path / "t", path), (tmp_path / "t", tmp_path / "t")):
        with refused("different names"):
            split(path, training, validation)


@pytest.mark.parametrize("content", ["", "\n" * 100])
def test_a_file_without_examples_is_told_and_not_split(tmp_path: Path, content: str) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TrainingFileError):
        split(path, tmp_path / "t", tmp_path / "v")


def test_with_one_seed_a_smaller_subset_lies_within_a_larger(tmp_path: Path) -> None:
    path, out = tmp_path / "all.jsonl", tmp_path / "part.jsonl"
    lines = [json.dumps(chat(f"Question {n}", f"Answer number {n}")) for n in range(40)]
    path.write_text("\n".join(lines), encoding="utf-8")
    parts = []
    for count in (10, 20, 40):
        assert subset(path, out, examples=count) == count
        parts.append(out.read_text(encoding="utf-8").splitlines())
    assert set(parts[0]) < set(parts[1]) < set(parts[2])
    assert parts[1] == [line for line in lines if line in parts[1]], "in their order"
    assert parts[0] != lines[:10]
