"""The file of all findings, as spreadsheets open it."""

import csv
import io
from pathlib import Path

import pytest

from texts.findings import sentence
from training_files import check_file
from training_files.findings_csv import findings_csv


def rows(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf"), "without it Excel reads UTF-8 as something else"
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_each_finding_has_its_row_by_line(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b'{"messages": [{"role": "human", "content": "a"}]}\n[1]\n{"mess\n')
    found = check_file(path)
    listed = rows(findings_csv(found, sentence))
    assert len(listed) == len(found.errors) + len(found.warnings)
    assert [int(row["line"] or 0) for row in listed] == sorted(int(row["line"] or 0) for row in listed)
    role = next(row for row in listed if row["code"] == "unrecognized_role")
    assert role["severity"] == "error"
    assert role["line"] == "1"
    assert role["field"] == "messages[0].role"
    assert "human" in role["finding"]


@pytest.mark.parametrize("text", ["=1+1", " =1+1", "\t=1", "@SUM(A1)", "+1", "-1", "＝1", "\r\n=cmd|' /C calc'!A0"])
def test_no_spreadsheet_takes_the_files_text_for_a_formula(tmp_path: Path, text: str) -> None:
    import msgspec

    path = tmp_path / "train.jsonl"
    path.write_bytes(b"{}")
    found = check_file(path)
    spoiled = [msgspec.structs.replace(finding, message=text, quote=text) for finding in found.errors]
    for row in rows(findings_csv(msgspec.structs.replace(found, errors=spoiled, warnings=[]), sentence)):
        assert row["finding"].startswith("'")
        assert row["excerpt"].startswith("'")
