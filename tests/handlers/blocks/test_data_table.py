"""Slack's native table, within what Slack takes, and the same as text."""

import pytest
from scripted_slack import Slack, error

from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.message import Message
from handlers.blocks.parts import line, message
from handlers.web.poster import Poster
from sandbox.validation.data import check_data_table, check_tables_and_charts

ROWS: list[list[Cell]] = [["support", Number(0.823, "82%")], ["模型", Number(9, "9%")]]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        (["Model", "Right"], ROWS),
        (["", "\n"], [["", Number(1, "")]]),
        (["x"] * 30, [["y"] * 30] * 200),
        (["a" * 500, "b"], [["<!channel>" * 90, "🦙" * 300]] * 100),
        (["key", "b"], [["sk-proj-abcdefghijklmnop1234", "x"]]),
    ],
)
def test_whatever_the_table_holds_slack_takes_it(columns: list[str], rows: list[list[Cell]]) -> None:
    shown = message("x", [DataTable("Caption", columns, rows)]).as_arguments()["blocks"]
    assert isinstance(shown, list)
    check_data_table(shown[0], "")
    check_tables_and_charts(shown)
    assert "sk-proj-abcdefgh" not in str(shown)


def test_numbers_sort_as_numbers_and_text_stands_in_columns() -> None:
    table = DataTable("Models", ["Model", "Right"], ROWS)
    assert table.to_dict()["rows"][1][1] == {"type": "raw_number", "value": 0.823, "text": "82%"}
    assert table.as_text() == "Model    Right\nsupport    82%\n模型        9%"


async def test_where_slack_takes_no_tables_the_same_is_sent_in_words(slack: Slack) -> None:
    poster = Poster(slack.client)
    slack.replies["chat.postMessage"] = [error("invalid_blocks"), {"ok": True, "ts": "2.0"}]
    said = Message("x", [*line("Hello").blocks, DataTable("Models", ["Model", "Right"], ROWS), *line("Bye").blocks])
    assert await poster.post("C1", said) == "2.0"
    first, second = (call["blocks"] for call in slack.called("chat.postMessage"))
    assert [block["type"] for block in first] == ["section", "data_table", "section"]
    assert [block["type"] for block in second] == ["section", "section", "section"]
    assert "support    82%" in second[1]["text"]["text"]
