"""Files that are something else than JSONL."""

import gzip
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texts.findings import sentence
from training_files.check import check_file
from training_files.tables.file_type import HEAD, recognise

EXAMPLE = {"messages": [{"role": "user", "content": "a, b; c"}, {"role": "assistant", "content": "x, y; z"}]}


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return buffer.getvalue()


def archive_of(name: str, content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(name, content)
    return buffer.getvalue()


ROWS = {
    "json": json.dumps([EXAMPLE] * 12, indent=2).encode(),
    "json in one long line": b"[" + b", ".join([json.dumps(EXAMPLE).encode()] * 2000) + b"]",
    "json in one short line": json.dumps([EXAMPLE, EXAMPLE]).encode(),
    "json object": json.dumps(EXAMPLE, indent=2).encode(),
    "json that holds its rows": json.dumps({"version": 1, "data": [{"question": "a", "answer": "b"}] * 9}).encode(),
    "json in utf-16": json.dumps([EXAMPLE] * 12, indent=2).encode("utf-16"),
    "csv": b"prompt,completion\nhello,world\nbye,moon\n",
    "csv with semicolons": b"prompt;completion\nhello;world\n",
    "csv with texts of several lines": b'question,answer\n"How,\nwhen\nand where?","Here,\nnow."\nWho?,Me\n',
    "csv in gb18030": "问题,答案\n几点开门？,早上九点\n".encode("gb18030"),
    "tsv": b"prompt\tcompletion\nhello\tworld\n",
    "tsv in utf-16": "Frage\tAntwort\nWann?\tUm neun\n".encode("utf-16"),
}

FOREIGN = {
    "zip": archive("train.jsonl"),
    "zip of a Word document": archive("[Content_Types].xml", "word/document.xml"),
    "gzip": gzip.compress(b"{}"),
    "pdf": b"%PDF-1.7\n%\xe2\xe3",
    "html": b"<!DOCTYPE html>\n<html><body>Sign in</body></html>",
    "png": b"\x89PNG\r\n\x1a\n",
    "utf-16": json.dumps(EXAMPLE).encode("utf-16"),
    "utf-16 without a mark": json.dumps(EXAMPLE).encode("utf-16-le"),
}


@pytest.mark.parametrize("kind", ROWS)
def test_a_file_of_rows_is_said_to_need_conversion_and_how_it_would_be_read(tmp_path, kind):
    path = tmp_path / "upload"
    path.write_bytes(ROWS[kind])
    report = check_file(path)
    (finding,) = report.errors
    assert not report.ok
    assert finding.line is None
    assert finding.code == "needs_conversion"
    assert report.format == kind.split()[0]
    assert report.table is not None
    assert report.table.kind == kind.split()[0]
    assert report.table.mapping is not None
    assert report.cost == {report.model: None}
    assert report.bytes == len(ROWS[kind])


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("xlsx", archive("[Content_Types].xml", "xl/workbook.xml")),
        ("ods", archive_of("mimetype", "application/vnd.oasis.opendocument.spreadsheet")),
        ("xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("parquet", b"PAR1\x15\x04"),
    ],
)
def test_workbooks_and_parquet_are_known_by_their_first_bytes(name, head):
    foreign = recognise(head)
    assert foreign is not None
    assert (foreign.name, foreign.convertible) == (name, True)


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_is_named_once_with_what_to_do(tmp_path, kind):
    path = tmp_path / "upload"
    path.write_bytes(FOREIGN[kind])
    report = check_file(path)
    (finding,) = report.errors
    assert not report.ok
    assert finding.line is None
    assert finding.code == ("not_utf8" if kind.startswith("utf-16") else "not_jsonl")
    assert sentence(finding).count(". ") == 1
    assert sentence(finding).endswith(".")
    assert report.format == kind.split()[0]
    assert report.cost == {report.model: None}
    assert report.bytes == len(FOREIGN[kind])


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(EXAMPLE).encode(),
        b"\xef\xbb\xbf" + json.dumps(EXAMPLE).encode() + b"\n",
        b"\n\n" + json.dumps(EXAMPLE).encode(),
        b'["a", "list"]\n["another", "list"]\n',
        b"[]",
        b'{"messages": [broken, json}\n' + json.dumps(EXAMPLE).encode(),
        b"plain words, on one line\nand more, on another, line",
        b"",
    ],
)
def test_jsonl_with_or_without_errors_is_left_to_the_rules(content):
    if content.startswith(b"plain"):
        assert recognise(content) is not None  # it looks like a table: told so
    else:
        assert recognise(content) is None


VALUES = st.recursive(
    st.none() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(VALUES, min_size=2, max_size=8))
def test_lines_of_json_are_never_taken_for_something_else(values):
    content = "\n".join(json.dumps(value) for value in values).encode()
    assert recognise(content[:HEAD]) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(head):
    recognise(head)
