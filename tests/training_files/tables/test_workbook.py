"""Workbooks, as people fill them in."""

import zipfile
from pathlib import Path

import pytest

from tests.refusal import refused
from training_files.report import TableNote
from training_files.tables import describe

PAIRS = [["question", "answer"], ["How do I open it?", "With the key."], ["And close it?", "The same way."]]


def answers(examples):
    return [one["messages"][-1]["content"] for one in examples]


def test_a_sheet_becomes_examples_with_rows_numbered_as_it_shows_them(workbook, converted):
    rows = [[], ["Our questions", None], [], *PAIRS, [None, None], ["No answer", None], ["Last", "one"]]
    examples, skipped = converted(workbook({"Sheet1": rows}))
    assert answers(examples) == ["With the key.", "The same way.", "one"]
    assert skipped == [(8, "“answer” is empty.")]


def test_the_sheet_that_looks_like_data_is_taken_and_named(workbook, converted):
    path = workbook({"Read me": [["This file holds our questions."]] * 9, "Data": PAIRS, "Empty": []})
    table = describe(path)
    assert TableNote("sheet", {"sheet": "Data", "sheets": 3}) in table.notes
    assert (table.kind, table.rows) == ("xlsx", 2)
    assert len(converted(path)[0]) == 2


def test_a_hidden_sheet_is_left_alone(workbook):
    path = workbook({"Old": PAIRS * 5, "New": PAIRS}, hidden="Old")
    assert describe(path).rows == 2


def test_values_are_as_people_see_them(workbook, converted):
    values = [
        3,
        3.5,
        0.30000000000000004,
        True,
        {"value": 45413, "style": 1},
        {"value": 45413.75, "style": 1},
        {"value": 0.5, "style": 2},
        "1,000\r\nlines",
    ]
    examples, _ = converted(
        workbook({"S": [["question", "answer"], *[[f"Value {n}?", one] for n, one in enumerate(values)]]})
    )
    assert answers(examples) == [
        "3",
        "3.5",
        "0.3",
        "TRUE",
        "2024-05-01",
        "2024-05-01 18:00",
        "12:00",
        "1,000\nlines",
    ]


def test_a_formula_gives_its_stored_value_and_is_never_run(workbook, converted):
    rows = [["question", "answer"], ["2 + 2?", {"formula": "2+2", "value": 5}], ["=cmd|' /C calc'!A0", "=1+1"]]
    examples, _ = converted(workbook({"S": rows}))
    assert answers(examples) == ["5", "=1+1"]
    assert examples[1]["messages"][0]["content"] == "=cmd|' /C calc'!A0"


def test_an_old_workbook_is_read(converted):
    """data/old.xls was written with xlwt 1.3."""
    path = Path(__file__).parent / "data" / "old.xls"
    assert describe(path).kind == "xls"
    assert answers(converted(path)[0]) == ["九点", "3", "TRUE"]


def test_an_opendocument_sheet_is_read(tmp_path, converted):
    path = tmp_path / "book.ods"
    names = " ".join(
        f'xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"' for one in ("office", "table", "text")
    )
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>' for one in row
        )
        + "</table:table-row>"
        for row in PAIRS
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", "<manifest/>")
        file.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    assert describe(path).kind == "ods"
    assert answers(converted(path)[0]) == ["With the key.", "The same way."]


def test_sixteen_thousand_columns_are_read(workbook):
    columns = [f"c{n}" for n in range(16_384)]
    columns[9_000:9_002] = ["question", "answer"]
    rows = ["<row>" + "".join(f'<c t="inlineStr"><is><t>{one}</t></is></c>' for one in columns) + "</row>"]
    rows += ["<row>" + '<c t="inlineStr"><is><t>some words</t></is></c>' * 16_384 + "</row>"] * 5
    found = describe(workbook({"S": rows}))
    assert found.mapping is not None
    assert found.mapping.columns == {"user": "question", "assistant": "answer"}


@pytest.mark.parametrize("keep", [100, 0.5, 0.95])
def test_a_damaged_workbook_is_answered(workbook, keep):
    path = workbook({"S": PAIRS * 50})
    data = path.read_bytes()
    path.write_bytes(data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    with refused(r"book\.xlsx (cannot be read as a workbook|is damaged)"):
        describe(path)


def test_an_empty_workbook_says_so(workbook):
    with refused("no sheet with rows"):
        describe(workbook({"S": []}))
