"""Files that are something else than JSONL."""

import gzip
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.datasets.check import check_file
from bot.datasets.formats import HEAD, recognise

EXAMPLE = {"messages": [{"role": "user", "content": "a, b; c"}, {"role": "assistant", "content": "x, y; z"}]}


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return buffer.getvalue()


FOREIGN = {
    "json": json.dumps([EXAMPLE] * 12, indent=2).encode(),
    "json in one long line": b"[" + b", ".join([json.dumps(EXAMPLE).encode()] * 2000) + b"]",
    "json object": json.dumps(EXAMPLE, indent=2).encode(),
    "csv": b"prompt,completion\nhello,world\nbye,moon\n",
    "csv with semicolons": b"prompt;completion\nhello;world\n",
    "tsv": b"prompt\tcompletion\nhello\tworld\n",
    "xlsx": archive("[Content_Types].xml", "xl/workbook.xml"),
    "zip": archive("train.jsonl"),
    "gzip": gzip.compress(b"{}"),
    "pdf": b"%PDF-1.7\n%\xe2\xe3",
    "html": b"<!DOCTYPE html>\n<html><body>Sign in</body></html>",
    "parquet": b"PAR1\x15\x04",
    "png": b"\x89PNG\r\n\x1a\n",
    "utf-16": json.dumps(EXAMPLE).encode("utf-16"),
    "utf-16 without a mark": json.dumps(EXAMPLE).encode("utf-16-le"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_is_named_once_with_what_to_do(tmp_path, kind):
    path = tmp_path / "upload"
    path.write_bytes(FOREIGN[kind])
    report = check_file(path)
    (finding,) = report.errors
    assert not report.ok
    assert finding.line is None
    assert finding.code == ("not_utf8" if kind.startswith("utf-16") else "not_jsonl")
    assert finding.message.count(". ") == 1
    assert finding.message.endswith(".")
    assert report.format in ("json", kind.split()[0])
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


@given(st.lists(st.recursive(st.none() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)), max_size=8))
def test_lines_of_json_are_never_taken_for_something_else(values):
    content = "\n".join(json.dumps(value) for value in values).encode()
    assert recognise(content[:HEAD]) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(head):
    recognise(head)
