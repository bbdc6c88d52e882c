"""Rows in JSON, however the document is laid out."""

import json

import pytest

from tests.refusal import refused
from training_files.tables import describe
from training_files.tables.rows import opened

ROWS = [{"question": f"Is {n} even?", "answer": "yes" if n % 2 == 0 else "no"} for n in range(30)]


@pytest.fixture
def document(tmp_path):
    def write(value, name="rows.json", **options):
        path = tmp_path / name
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, **options)
        path.write_text(text, "utf-8")
        return path

    return write


LAYOUTS = {
    "list": ROWS,
    "holder": {"version": "1.1", "about": {"by": "us"}, "data": ROWS, "count": len(ROWS)},
    "by column": {"question": [one["question"] for one in ROWS], "answer": [one["answer"] for one in ROWS]},
    "pandas columns": {name: {str(n): one[name] for n, one in enumerate(ROWS)} for name in ROWS[0]},
    "pandas index": {str(n): one for n, one in enumerate(ROWS)},
    "pandas split": {
        "columns": ["question", "answer"],
        "index": list(range(30)),
        "data": [[*one.values()] for one in ROWS],
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("indent", [None, 2])
def test_rows_are_found_in_every_usual_layout(document, converted, layout, indent):
    path = document(
        "\n" + json.dumps(LAYOUTS[layout], indent=indent) if layout == "list" else LAYOUTS[layout], indent=2
    )
    examples, skipped = converted(path)
    assert [one["messages"][0]["content"] for one in examples] == [one["question"] for one in ROWS]
    assert skipped == []


def test_objects_one_after_another_over_several_lines_are_rows(document, converted):
    path = document("\n".join(json.dumps(one, indent=2) for one in ROWS))
    examples, _ = converted(path)
    assert len(examples) == len(ROWS)


def test_a_document_of_whole_examples_keeps_its_messages(document, converted):
    example = {
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "weight": 1}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
    }
    examples, _ = converted(document([example] * 3, indent=1))
    assert examples == [example] * 3


def test_numbers_constants_and_nothing_are_read_as_people_mean_them(document, converted):
    text = json.dumps(
        [{"q": "one?", "answer": 1.0}, {"q": "open?", "answer": True}, {"q": "x?", "answer": None}], indent=1
    )
    path = document(text[:-1] + ', {"q": "y?", "answer": NaN}]')
    examples, skipped = converted(path)
    assert [one["messages"][1]["content"] for one in examples] == ["1", "true"]
    assert skipped == [(3, "“answer” is empty."), (4, "“answer” is empty.")]


@pytest.mark.parametrize("block", [1, 2, 3, 7])
def test_where_the_file_is_cut_into_blocks_makes_no_difference(document, converted, monkeypatch, block):
    monkeypatch.setattr("training_files.tables.documents.BLOCK", block)
    rows = [{"question": 'é "\\" 你好 \U0001f600', "answer": 12345.5}, {"question": "b", "answer": -1e5}] * 3
    path = document(json.dumps(rows, indent=1))
    examples, _ = converted(path)
    assert [one["messages"][1]["content"] for one in examples] == ["12345.5", "-100000"] * 3


def test_half_a_character_costs_its_row(document, converted):
    path = document(json.dumps([*ROWS, {"question": "emoji \ud83d", "answer": "cut"}], indent=1))
    examples, skipped = converted(path)
    assert len(examples) == len(ROWS)
    assert skipped == [(31, "It holds half of a character (a lone surrogate).")]


def test_a_document_that_is_cut_off_says_so_and_leaves_nothing(document, converted, tmp_path):
    path = document(json.dumps(ROWS, indent=1)[:-40])
    with refused("ends in the middle"):
        converted(path, describe_of(ROWS))
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("block", [1, 2, 3, 5, 8, 13])
def test_a_document_reads_the_same_wherever_a_block_of_it_ends(document, monkeypatch, block):
    rows = [{"q": 'Hi é "x"\n', "a": [1, 2.5e3, -7, True, None, {"b": {}, "c": []}], "n": 12345678901234567890}] * 3
    monkeypatch.setattr("training_files.tables.documents.BLOCK", block)
    for text in (json.dumps(rows) + "  ", json.dumps(rows, indent=1, ensure_ascii=False)):
        with opened(document(text)) as table:
            assert [row.values for row in table.each] == rows


def describe_of(rows):
    from training_files.tables.columns import propose

    return propose(list(rows[0]), rows)[0]


def test_a_broken_document_is_told_with_what_stands_there(document):
    with refused(r"is not valid JSON after 1 value: .* near “oops"):
        describe(document('[\n{"question": "a", "answer": "b"},\n{"question": oops}\n]' + " " * 100))


def test_a_million_brackets_are_answered(document):
    with refused("nested too deeply"):
        describe(document('[\n{"a": ' + "[" * 1_000_000))


def test_a_number_of_ten_thousand_digits_is_answered(document):
    with refused("number in it is too long"):
        describe(document('[\n{"a": ' + "1" * 10_000 + "}]" + " " * 100))


def test_one_value_of_a_hundred_megabytes_is_given_up(document, monkeypatch):
    monkeypatch.setattr("training_files.tables.documents.LONGEST", 1 << 20)
    with refused("longer than 1 million characters"):
        describe(document('[\n{"question": "' + "x" * (5 << 20) + '"}]'))


def test_two_lists_in_one_object_are_not_mixed(document):
    with refused("holds two lists, “train” and “test”"):
        describe(document({"train": ROWS, "test": ROWS}, indent=1))


def test_jsonl_rows_are_numbered_by_line_and_a_bad_line_costs_only_itself(document, converted):
    lines = [json.dumps(one) for one in ROWS[:3]]
    path = document("\n".join([lines[0], "", "{broken", lines[1], "[1]", lines[2]]), name="rows.jsonl")
    examples, skipped = converted(path)
    assert len(examples) == 3
    assert skipped == [(3, "It is not valid JSON."), (5, "It is not an object.")]


def test_jsonl_in_a_legacy_encoding_is_read(tmp_path, converted):
    path = tmp_path / "rows.jsonl"
    row = json.dumps({"instruction": "翻译成英文", "input": "你好，世界", "output": "Hello, world"}, ensure_ascii=False)
    path.write_bytes((row + "\n").encode("gb18030") * 5)
    examples, _ = converted(path)
    assert examples[0]["messages"][0]["content"] == "翻译成英文\n\n你好，世界"
