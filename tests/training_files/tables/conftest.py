"""Workbooks and Parquet files for tests, made on the spot; workbooks part by part, so that they can be wrong."""

import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from texts.repairs import remark
from training_files.repair import Remark

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows as a Parquet file."""
    import arro3.io

    def write(rows: list[dict[str, Any]], name: str = "rows.parquet") -> Path:
        source = tmp_path / "rows.for.parquet"
        source.write_text("\n".join(map(json.dumps, rows)))
        path = tmp_path / name
        arro3.io.write_parquet(arro3.io.read_json(source, arro3.io.infer_json_schema(source)), path)
        return path

    return write


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Writes an xlsx of sheets by name, each a list of rows of texts, numbers or `raw` cells, or pieces of XML."""

    def write(sheets: dict[str, Any], *, hidden: str = "", doctype: str = "", name: str = "book.xlsx") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            for part, text in _parts(list(sheets), hidden, doctype).items():
                file.writestr(part, '<?xml version="1.0" encoding="UTF-8"?>' + text)
            for number, rows in enumerate(sheets.values(), 1):
                with file.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as sheet:
                    sheet.write(f'<?xml version="1.0"?>{doctype}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                    for piece in _xml(rows):
                        sheet.write(piece.encode())
                    sheet.write(b"</sheetData></worksheet>")
        return path

    return write


def _xml(rows: Iterable[Any]) -> Iterable[str]:
    for number, row in enumerate(rows, 1):
        if isinstance(row, str):
            yield row
        elif row:
            yield f'<row r="{number}">{"".join(_cell(number, at, value) for at, value in enumerate(row))}</row>'


def _cell(row: int, at: int, value: Any) -> str:
    place = f'r="{chr(65 + at)}{row}"'
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c {place} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c {place}><v>{value}</v></c>"
    if isinstance(value, dict):  # a formula, or a number in some style
        formula = f"<f>{escape(value['formula'])}</f>" if "formula" in value else ""
        return f'<c {place} s="{value.get("style", 0)}">{formula}<v>{value["value"]}</v></c>'
    return f'<c {place} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def _parts(names: list[str], hidden: str, doctype: str) -> dict[str, str]:
    states = ("visible", "hidden")
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}" state="{states[name == hidden]}"/>'
        for number, name in enumerate(names, 1)
    )
    targets = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, len(names) + 1)
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{doctype}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{targets}'
        f'<Relationship Id="rId99" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="20"/></cellXfs></styleSheet>',
    }


@pytest.fixture
def converted(tmp_path: Path) -> Callable[..., tuple[list[Any], list[tuple[int, str]]]]:
    """Converts a file as it would be read: the examples, and the rows that were skipped with why."""
    from training_files.tables import convert, describe

    def run(path: Path, mapping: Any = None) -> tuple[list[Any], list[tuple[int, str]]]:
        out = tmp_path / "out.jsonl"
        mapping = mapping or describe(path).mapping
        result = convert(path, mapping, out)
        examples = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        assert len(examples) == result.examples
        assert result.skipped_rows == len(result.skipped)
        return examples, [(one.row, remark(Remark(one.why, one.values))) for one in result.skipped]

    return run
