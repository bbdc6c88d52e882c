"""A large table is described soon, and read in flat memory."""

import json
import subprocess
import sys

import pytest

from tests.refusal import refused
from training_files.report import ColumnMapping
from training_files.tables import convert, describe, description, rows


def test_samples_are_short_and_on_one_line(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('question,answer\n"one\n two",' + "x" * 500 + "\n" + "a,b\n" * 9)
    question, answer = describe(path).columns
    assert question.samples == ("one two", "a", "a")
    assert answer.samples[0] == "x" * 79 + "…"


def test_of_very_many_columns_the_first_are_listed_and_the_rest_counted(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("\n".join([",".join(f"c{n}" for n in range(2_000))] * 4))
    table = describe(path)
    assert (len(table.columns), table.unlisted) == (100, 1_900)


def test_more_columns_than_a_sheet_has_are_refused_with_the_limit(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("\n".join([",".join(["a"] * 16_384)] * 4))
    assert describe(path).unlisted == 16_284
    path.write_text("\n".join([",".join(["a"] * 16_385)] * 4))
    with refused(r"16,385 columns. 16,384 are read"):
        describe(path)
    path = tmp_path / "wide.json"
    path.write_text(json.dumps([{f"c{n}": n for n in range(16_385)}] * 4))
    with refused("16,385 columns"):
        describe(path)


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl"])
def test_short_rows_are_read_up_to_a_number_and_many_more_only_where_they_are_longer(tmp_path, kind, monkeypatch):
    assert rows.FREE_ROWS == 200_000
    monkeypatch.setattr(rows, "FREE_ROWS", 20_000)  # writing and reading ten times as many shows no more
    monkeypatch.setattr(description, "COUNTING", 60.0)  # all are counted, also where the machine has other work
    path, out = tmp_path / f"table.{kind}", tmp_path / "out.jsonl"
    as_chat = ColumnMapping("chat", {"user": "q", "assistant": "a"})

    def write(count, answer):
        line = f"Hi,{answer}" if kind == "csv" else json.dumps({"q": "Hi", "a": answer})
        begin, between, end = {"csv": ("q,a\n", "\n", ""), "json": ("[", ",", "]"), "jsonl": ("", "\n", "")}[kind]
        path.write_text(begin + between.join([line] * count) + end)

    write(20_000, "Hi")
    assert describe(path).rows == pytest.approx(20_000, rel=0.2)
    assert convert(path, as_chat, out).examples == 20_000
    write(45_000, "Hi")
    too_many = r"more than \d+,000 rows, of about \d+ bytes each\. 20,000 rows are read"
    with refused(too_many):
        describe(path)
    with refused(too_many):
        convert(path, as_chat, out)
    write(20_500, "Hello, what can I do for you on this fine day?".replace(",", " and"))
    assert convert(path, as_chat, out).examples == 20_500


def test_samples_show_no_secret_and_no_personal_data(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("question,answer,mail\n" + "Which key?,sk-proj-Ab3dE5gH1jK2mN4pQ6rS8tU0vW1xY3z,jo@bluewin.ch\n" * 9)
    assert [column.samples[0] for column in describe(path).columns] == ["Which key?", "[SECRET]", "[EMAIL]"]


def test_when_time_is_up_the_rows_are_estimated_and_said_to_be(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.write_text("question,answer\n" + ("How long is this?," + "About as long as that. " * 20 + "\n") * 20_000)
    monkeypatch.setattr(description, "COUNTING", 600)
    assert (describe(path).rows, describe(path).exact) == (20_000, True)
    monkeypatch.setattr(description, "COUNTING", 0)
    table = describe(path)
    assert not table.exact
    assert 17_000 < table.rows < 23_000


MEASURE = """
import resource, sys
from pathlib import Path
from training_files.tables import convert, describe
for name in sys.argv[1:]:
    path = Path(name)
    convert(path, describe(path).mapping, path.with_suffix(".out"))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_file(tmp_path):
    row = {"question": "How long is a question in the middle of the file? " * 5, "answer": "As long as that. " * 30}
    line = ",".join(row.values()) + "\n"
    files = []
    for times in (2_000, 20_000):
        files += [tmp_path / f"{times}.json", tmp_path / f"{times}.csv"]
        files[-2].write_text("[\n" + ",\n".join([json.dumps(row)] * times) + "\n]")
        files[-1].write_text("question,answer\n" + line * times)
    done = subprocess.run([sys.executable, "-c", MEASURE, *map(str, files)], capture_output=True, text=True, check=True)
    small, large = map(int, done.stdout.split()[1::2])
    unit = 1 if sys.platform == "darwin" else 1024
    assert (large - small) * unit < 8 << 20
