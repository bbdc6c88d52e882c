"""What the benchmark of the check stands on: its file, its peer and its table."""

import pytest

from benchmarks import corpus, table
from training_files import check_file, read_examples


def test_the_file_is_clean_mixed_and_the_same_for_the_same_seed(tmp_path):
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        corpus.write(tmp_path / name, 200_000, seed)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "again").read_bytes() != (tmp_path / "other").read_bytes()
    assert check_file(tmp_path / "one").counts == {}
    answers = [example["messages"][2]["content"] for example in read_examples(tmp_path / "one")]
    chinese = sum(not answer.isascii() and "的" in answer for answer in answers) / len(answers)
    assert 0.2 < chinese < 0.5


def test_the_file_of_tool_calls_is_clean_and_calls_tools(tmp_path):
    corpus.write(tmp_path / "tools", 200_000, tools=True)
    report = check_file(tmp_path / "tools")
    assert (report.counts, report.format, report.tokens.exact) == ({}, "chat", False)
    assert all(example["messages"][2]["tool_calls"] for example in read_examples(tmp_path / "tools"))


def test_a_row_is_added_and_one_of_the_same_day_and_commit_is_replaced(tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text("# Benchmarks\n\nWords.\n\n## other\n\n| a |\n|---|\n| 1 |\n\n## last\n\nMore words.\n")
    for commit, seconds in (("aaa", "3 s"), ("bbb", "2 s"), ("bbb", "1 s")):
        monkeypatch.setattr(table, "commit", lambda commit=commit: commit)
        table.record("check", {"time": seconds}, readme)
    lines = readme.read_text().splitlines()
    rows = [line for line in lines if line.startswith("| 2")]
    assert [row.split(" | ")[1:] for row in rows] == [["aaa", "3 s |"], ["bbb", "1 s |"]]
    assert lines[lines.index("| date | commit | time |") - 1] == ""
    table.record("last", {}, readme)
    assert "More words.\n\n| date | commit |\n" in readme.read_text()
    assert "\n".join(lines).startswith(
        "# Benchmarks\n\nWords.\n\n## other\n\n| a |\n|---|\n| 1 |\n\n## last\n\nMore words."
    )
    with pytest.raises(ValueError, match="other columns"):
        table.record("check", {"memory": "1 MB"}, readme)
