"""Checks blocks that show data: tables and charts.

docs.slack.dev/reference/block-kit/blocks, table-block, data-table-block, data-visualization-block (read 2026-11-28).
"""

import math
from typing import Any

from sandbox.model import Json
from sandbox.slack_errors import fail, limit
from sandbox.validation.elements import check_count, check_fields, check_length

AXES = "categories x_label y_label"
CELLS = ("raw_text", "raw_number", "rich_text")


def check_table(block: Json, at: str) -> None:
    check_count(block["rows"], "block.table.rows", f"{at}/rows")
    for i, row in enumerate(block["rows"]):
        check_count(row, "block.table.cells", f"{at}/rows/{i}")
        _cells(row, f"{at}/rows/{i}")
    settings = block.get("column_settings")
    if settings is None:
        return
    check_count(settings, "block.table.cells", f"{at}/column_settings")
    for i, column in enumerate(settings):
        if column is not None:
            check_fields(column, "", "align is_wrapped", f"{at}/column_settings/{i}")
            if column.get("align", "left") not in ("left", "center", "right"):
                fail("block.format", f"must be left, center or right [json-pointer:{at}/column_settings/{i}/align]")


def check_data_table(block: Json, at: str) -> None:
    """A header and at least one row; all of the same length; no rich text in the header."""
    rows = block["rows"]
    if not isinstance(block["caption"], str) or not block["caption"]:
        fail("block.data_table.caption", f"must be more than 0 characters [json-pointer:{at}/caption]")
    check_count(rows, "block.data_table.rows", f"{at}/rows")
    if len(rows) < 2:
        fail("block.data_table.rows", f"no fewer than 2 items allowed [json-pointer:{at}/rows]")
    for i, row in enumerate(rows):
        check_count(row, "block.data_table.cells", f"{at}/rows/{i}")
        _cells(row, f"{at}/rows/{i}", header=i == 0)
        if len(row) != len(rows[0]):
            fail("block.data_table.cells", f"all rows must have the same number of cells [json-pointer:{at}/rows/{i}]")
    for name, least, most in (("page_size", 1, 100), ("row_header_column_index", 0, len(rows[0]) - 1)):
        number = block.get(name, least)
        if type(number) is not int or not least <= number <= most:
            fail("block.data_table.number", f"must be {least} to {most} [json-pointer:{at}/{name}]")


def check_chart(block: Json, at: str) -> None:
    check_length(block["title"], "block.chart.title", f"{at}/title")
    chart, at = block["chart"], f"{at}/chart"
    if not isinstance(chart, dict) or chart.get("type") not in ("line", "bar", "area", "pie"):
        fail("block.chart.type", f"must be line, bar, area or pie [json-pointer:{at}/type]")
    if chart["type"] == "pie":
        check_fields(chart, "segments", "type", at)
        check_count(chart["segments"], "block.chart.series", f"{at}/segments")
        for i, segment in enumerate(chart["segments"]):
            if _point(segment, f"{at}/segments/{i}") <= 0:
                fail("block.chart.value", f"must be more than 0 [json-pointer:{at}/segments/{i}/value]")
        return
    check_fields(chart, "series axis_config", "type", at)
    axes = chart["axis_config"]
    if not isinstance(axes, dict):
        fail("block.format", f"must be an object [json-pointer:{at}/axis_config]")
    check_fields(axes, "categories", AXES, f"{at}/axis_config")
    categories = axes["categories"]
    check_count(categories, "block.chart.categories", f"{at}/axis_config/categories")
    for i, category in enumerate(categories):
        check_length(category, "block.chart.label", f"{at}/axis_config/categories/{i}")
    for name in ("x_label", "y_label"):
        check_length(axes.get(name) or "", "block.chart.title", f"{at}/axis_config/{name}")
    check_count(chart["series"], "block.chart.series", f"{at}/series")
    names: set[str] = set()
    for i, series in enumerate(chart["series"]):
        here = f"{at}/series/{i}"
        check_fields(series, "name data", "", here)
        check_length(series["name"], "block.chart.label", f"{here}/name")
        if series["name"] in names:
            fail("block.chart.names", f"series name already exists: {series['name']} [json-pointer:{here}/name]")
        names.add(series["name"])
        check_count(series["data"], "block.chart.categories", f"{here}/data")
        for j, point in enumerate(series["data"]):
            _point(point, f"{here}/data/{j}")
        if sorted(point["label"] for point in series["data"]) != sorted(categories):
            fail("block.chart.points", f"needs one value for every category [json-pointer:{here}/data]")


def _point(point: Any, at: str) -> float:
    """The value of a labelled point or segment."""
    if not isinstance(point, dict):
        fail("block.format", f"must be an object [json-pointer:{at}]")
    check_fields(point, "label value", "", at)
    check_length(point["label"], "block.chart.label", f"{at}/label")
    value = point["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        fail("block.chart.value", f"must be a finite number [json-pointer:{at}/value]")
    return float(value)


def _cells(row: list[Any], at: str, *, header: bool = False) -> None:
    for j, cell in enumerate(row):
        if not isinstance(cell, dict) or cell.get("type") not in CELLS[: 2 if header else 3]:
            fail("block.table.cell", f"must be raw_text, raw_number or rich_text [json-pointer:{at}/{j}]")
        if cell["type"] == "raw_text" and not isinstance(cell.get("text"), str):
            fail("block.table.cell", f"missing required field: text [json-pointer:{at}/{j}]")
        if cell["type"] == "raw_number":
            check_fields(cell, "value text", "type", f"{at}/{j}")
            if isinstance(cell["value"], bool) or not isinstance(cell["value"], int | float) or not cell["text"]:
                fail("block.table.cell", f"needs a number and its text [json-pointer:{at}/{j}]")


def check_tables_and_charts(blocks: list[Json]) -> None:
    """What all tables and charts of a message may be together. `blocks` includes those inside of others."""
    cells = sum(
        _length(cell) for b in blocks if b["type"] in ("table", "data_table") for row in b["rows"] for cell in row
    )
    if cells > limit("block.table.text"):
        fail("block.table.text", f"tables must be less than {limit('block.table.text') + 1} characters together")
    if sum(b["type"] == "data_visualization" for b in blocks) > limit("block.chart.count"):
        fail("block.chart.count", f"no more than {limit('block.chart.count')} data_visualization blocks allowed")


def _length(value: Any) -> int:
    """The characters of a cell."""
    if isinstance(value, list):
        return sum(map(_length, value))
    if isinstance(value, dict):
        return sum(len(v) if k == "text" and isinstance(v, str) else _length(v) for k, v in value.items())
    return 0
