"""Rows become examples that the check has nothing against."""

import json

import pytest

from tests.refusal import refused
from texts.training_file_errors import sentence
from training_files.check import check_file
from training_files.errors import TrainingFileError
from training_files.report import ColumnMapping
from training_files.tables import convert, describe


@pytest.fixture
def rows(tmp_path):
    def write(*rows, name="rows.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write


ALPACA = [
    {"instruction": f"Translate {n}", "input": f"Hallo {n}", "output": f"Hello {n}", "history": []} for n in range(12)
]
SHAREGPT = [
    {
        "conversations": [{"from": "human", "value": f"Hi {n}"}, {"from": "gpt", "value": f"Hello {n}"}],
        "system": "Be kind.",
    }
    for n in range(12)
]
LABELS = [{"text": f"The food was no. {n}", "label": ["good", "bad"][n % 2]} for n in range(12)]
PAIRS = [{"prompt": f"Question {n}?", "chosen": f"good {n}", "rejected": f"bad {n}"} for n in range(12)]
WHOLE = [
    {
        "prompt": f"Question {n}?",
        "chosen": [{"role": "user", "content": f"Question {n}?"}, {"role": "assistant", "content": f"good {n}"}],
        "rejected": [{"role": "user", "content": f"Question {n}?"}, {"role": "assistant", "content": f"bad {n}"}],
    }
    for n in range(12)
]
TRANSCRIPTS = [
    {
        "chosen": f"\n\nHuman: Question {n}?\n\nAssistant: good {n}",
        "rejected": f"\n\nHuman: Question {n}?\n\nAssistant: bad {n}",
    }
    for n in range(12)
]


@pytest.mark.parametrize(
    ("data", "first"),
    [
        (ALPACA, {"messages": [("user", "Translate 0\n\nHallo 0"), ("assistant", "Hello 0")]}),
        (SHAREGPT, {"messages": [("system", "Be kind."), ("user", "Hi 0"), ("assistant", "Hello 0")]}),
        (LABELS, {"messages": [("user", "The food was no. 0"), ("assistant", "good")]}),
    ],
    ids=["alpaca", "sharegpt", "labels"],
)
def test_chat_examples_pass_the_check(rows, converted, tmp_path, data, first):
    examples, skipped = converted(rows(*data))
    assert {"messages": [(one["role"], one["content"]) for one in examples[0]["messages"]]} == first
    assert skipped == []
    report = check_file(tmp_path / "out.jsonl")
    assert (report.ok, report.format, report.examples) == (True, "chat", 12)


@pytest.mark.parametrize("data", [PAIRS, WHOLE, TRANSCRIPTS], ids=["texts", "messages", "transcripts"])
def test_preference_examples_are_the_same_however_they_were_written(rows, converted, tmp_path, data):
    examples, skipped = converted(rows(*data))
    assert examples[3] == {
        "input": {"messages": [{"role": "user", "content": "Question 3?"}]},
        "preferred_output": [{"role": "assistant", "content": "good 3"}],
        "non_preferred_output": [{"role": "assistant", "content": "bad 3"}],
    }
    assert skipped == []
    report = check_file(tmp_path / "out.jsonl")
    assert (report.format, report.examples) == ("preference", 12)
    assert not [finding for finding in report.errors if finding.line is not None]


def test_completion_examples_keep_their_spaces(rows, converted):
    mapping = ColumnMapping("completion", {"prompt": "prompt", "completion": "completion"})
    examples, _ = converted(rows({"prompt": "a ->", "completion": " b"}), mapping)
    assert examples == [{"prompt": "a ->", "completion": " b"}]


def test_a_history_comes_before_the_question(rows, converted):
    row = {"instruction": "And now?", "output": "Later", "history": [["Now?", "Soon"]]}
    examples, _ = converted(rows(row))
    assert [one["content"] for one in examples[0]["messages"]] == ["Now?", "Soon", "And now?", "Later"]


def test_an_empty_instruction_leaves_the_input_alone(rows, converted):
    examples, skipped = converted(
        rows(
            *ALPACA[:2],
            {"instruction": "", "input": "Just this", "output": "ok"},
            {"instruction": "", "input": "", "output": "x"},
        )
    )
    assert examples[2]["messages"][0]["content"] == "Just this"
    assert skipped == [(4, "“instruction” is empty.")]


def test_equal_answers_are_no_preference(rows, converted):
    _, skipped = converted(rows(*PAIRS[:2], {"prompt": "q", "chosen": "same", "rejected": "same"}))
    assert skipped == [(3, "Both answers are the same.")]


def test_the_first_thousand_skipped_rows_are_named_and_all_are_counted(rows, tmp_path):
    path = rows(*[{"question": f"{n}?", "answer": ""} for n in range(1500)], {"question": "q", "answer": "a"})
    result = convert(path, ColumnMapping("chat", {"user": "question", "assistant": "answer"}), tmp_path / "out")
    assert (result.examples, result.skipped_rows, len(result.skipped)) == (1, 1500, 1000)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (
            ColumnMapping("chat", {"user": "prompt", "assistant": "nope"}),
            "no column “nope”; its columns are “prompt”, “chosen”",
        ),
        (ColumnMapping("chat", {"user": "prompt", "preferred": "chosen"}), "“preferred” is no part of a chat example"),
        (
            ColumnMapping("chat", {"user": "prompt"}),
            "which columns are “assistant” and “user” or “conversation” or “messages”",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_in_a_sentence(rows, tmp_path, mapping, said):
    with refused(said):
        convert(rows(*PAIRS), mapping, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_progress_goes_from_nothing_to_all_of_the_file(rows, tmp_path):
    path = rows(*LABELS * 500)
    steps = []
    mapping = describe(path).mapping
    assert mapping is not None
    convert(path, mapping, tmp_path / "out", progress=lambda done, size: steps.append((done, size)))
    size = path.stat().st_size
    assert steps[-1] == (size, size)
    assert steps == sorted(steps)
    assert len(steps) > 5


def test_output_without_end_is_stopped(rows, tmp_path, monkeypatch):
    monkeypatch.setattr("training_files.tables.conversion.MOST_BYTES", 1000)
    with refused("makes more than"):
        convert(rows(*PAIRS * 10), ColumnMapping("chat", {"user": "prompt", "assistant": "chosen"}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_table_is_refused_with_what_it_is(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"%PDF-1.7\n")
    with pytest.raises(TrainingFileError) as refused:
        describe(path)
    assert "is a PDF document, not a table" in sentence(refused.value)
