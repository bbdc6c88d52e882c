"""Slack's native table, within what Slack takes, and the same as text."""

import pytest

from bot.notices.interfaces import PostRefused
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.message import Message
from handlers.blocks.parts import image, line, message
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from sandbox.validation.data import check_data_table, check_tables_and_charts
from tests.scripted_slack import Slack, error

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


WITH_BOTH = Message("x", [*line("Hello").blocks, DataTable("Models", ["Model", "Right"], ROWS), image("F9", "Lengths")])


def types_sent(slack: Slack) -> list[list[str]]:
    return [[block["type"] for block in call.get("blocks", [])] for call in slack.called("chat.update")]


async def test_an_edit_loses_its_table_then_its_picture_then_all_blocks(slack: Slack) -> None:
    poster = Poster(slack.client)
    slack.replies["chat.update"] = [error("invalid_blocks"), error("invalid_blocks"), {"ok": True, "ts": "2.0"}]
    assert await poster.update("C1", "1.0", WITH_BOTH, priority=Priority.CHAT)
    whole = ["section", "data_table", "image"]
    assert types_sent(slack) == [whole, ["section", "section", "image"], ["section", "section"]]
    slack.replies["chat.update"] = [error("msg_blocks_too_long"), {"ok": True, "ts": "2.0"}]
    assert not await poster.update("C1", "1.0", line("Hello"), priority=Priority.CHAT)
    assert types_sent(slack)[-1] == []


async def test_an_edit_made_at_once_comes_in_words_though_others_have_used_up_the_room(slack: Slack) -> None:
    poster = Poster(slack.client)
    slack.replies["chat.update"] = [error("invalid_blocks"), {"ok": True, "ts": "2.0"}]
    while poster.may_update_now():
        pass
    await poster.update_now("C1", "1.0", WITH_BOTH)
    assert types_sent(slack)[-1] == ["section", "section", "image"]
    assert not poster.may_update_now()


async def test_what_slack_refuses_for_another_reason_or_has_no_blocks_is_not_tried_again(slack: Slack) -> None:
    slack.replies["chat.update"] = [error("cant_update_message"), error("msg_too_long")]
    for said in (WITH_BOTH, Message("x")):
        with pytest.raises(PostRefused):
            await Poster(slack.client).update("C1", "1.0", said, priority=Priority.CHAT)
    assert len(slack.called("chat.update")) == 2
