"""The files in examples/ and the examples in the documentation are what they are said to be."""

import json
import re

import pytest

from training_files import check_file, read_examples

DEPENDS_ON_THE_DAY = {"format_not_taken"}  # models end


@pytest.mark.parametrize(
    ("name", "format", "method", "expected"),
    [
        ("house-voice", "chat", "supervised", set()),
        ("house-voice-validation", "chat", "supervised", set()),
        ("tool-calls", "chat", "supervised", set()),
        ("completion", "completion", "supervised", {"few_examples_of_a_class"}),
        ("preference", "preference", "dpo", set()),
        ("reinforcement", "reinforcement", "reinforcement", set()),
    ],
)
def test_an_example_of_each_format_can_be_trained_on(root, name, format, method, expected):
    report = check_file(root / "examples" / f"{name}.jsonl")
    assert (report.ok, report.format, report.method) == (True, format, method)
    assert set(report.counts) - DEPENDS_ON_THE_DAY == expected
    assert report.examples >= 10
    assert report.tokens.total > 0


def test_the_table_is_told_how_it_would_be_read(root):
    report = check_file(root / "examples" / "questions.csv")
    assert set(report.counts) == {"needs_conversion"}
    assert report.table is not None
    assert report.table.mapping is not None
    assert report.table.mapping.columns == {"user": "question", "assistant": "answer"}


def test_preferred_and_other_answers_are_about_equally_long(root):
    """Or the model would learn length."""
    pairs = list(read_examples(root / "examples" / "preference.jsonl"))
    longer = sum(
        len(one["preferred_output"][0]["content"]) > len(one["non_preferred_output"][0]["content"]) for one in pairs
    )
    assert len(pairs) / 4 <= longer <= len(pairs) * 3 / 4


def test_each_example_in_the_documentation_has_nothing_wrong_with_it(root, judged):
    page = (root / "docs" / "datasets.md").read_text(encoding="utf-8")
    formats = page.split("## Formats")[1].split("## What is checked")[0]
    blocks = re.findall(r"(?:^    .*\n)+", formats, re.MULTILINE)
    assert len(blocks) == 5
    for block in blocks:
        assert judged(json.loads(block)).counts == {}


def test_each_file_of_examples_is_named_in_the_documentation(root):
    page = (root / "docs" / "datasets.md").read_text(encoding="utf-8")
    for path in (root / "examples").iterdir():
        if path.suffix not in (".py", ".toml"):  # scripts, and what the samples are
            assert path.name in page or path.name == "house-voice-validation.jsonl"


@pytest.mark.parametrize(("name", "examples"), [("lsat-train", 1_585), ("lsat-validation", 231)])
def test_real_files_get_sensible_reports(root, name, examples):
    path = root.parent / "shared" / "data" / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"{path.name} is not here (data shared beside the repository)")
    report = check_file(path)
    assert (report.ok, report.format, report.examples) == (True, "chat", examples)
    assert set(report.counts) <= {"duplicate_example"}
