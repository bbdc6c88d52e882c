"""Every block that Slack refuses is refused, and good ones are not."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.plain_text import block_text
from sandbox.seed import GENERAL
from sandbox.server import Sandbox
from sandbox.settings import Settings

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def section(**fields: Any) -> Block:
    return {"type": "section", "text": mrkdwn("x")} | fields


def button(**fields: Any) -> Block:
    return {"type": "button", "text": plain("Go"), "action_id": "go"} | fields


def option(value: str = "a", **fields: Any) -> Block:
    return {"text": plain(value), "value": value} | fields


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def menu(kind: str = "static_select", **fields: Any) -> Block:
    return actions({"type": kind, "action_id": "m", "options": [option()]} | fields)


def confirm(**fields: Any) -> Block:
    return actions(button(confirm={"title": plain("Sure?"), "text": plain("Really?")} | fields))


def image(**fields: Any) -> Block:
    return {"type": "image", "alt_text": "a", "image_url": "https://x.example/i.png"} | fields


def table(rows: int, cells: int, text: str = "x") -> Block:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * cells] * rows}


def task_input(element: Block, **fields: Any) -> Block:
    return {"type": "input", "label": plain("L"), "element": {"action_id": "e"} | element} | fields


def feedback(**fields: Any) -> Block:
    buttons = {f"{name}_button": {"text": plain("x"), "value": name} for name in ("positive", "negative")}
    return {"type": "feedback_buttons", "action_id": "f"} | buttons | fields


def icon_button(**fields: Any) -> Block:
    return {"type": "icon_button", "icon": "trash", "text": plain("Delete"), "action_id": "d"} | fields


def below(*elements: Block) -> Block:
    return {"type": "context_actions", "elements": list(elements)}


def cells(*texts: str) -> list[Block]:
    return [{"type": "raw_text", "text": text} for text in texts]


def data_table(length: int = 2, columns: int = 2, text: str = "x", **fields: Any) -> Block:
    return {"type": "data_table", "caption": "Jobs", "rows": [cells(*[text] * columns)] * length} | fields


def series(name: str = "loss", labels: Sequence[str] = ("1", "2"), value: float = 0.5) -> Block:
    return {"name": name, "data": [{"label": label, "value": value} for label in labels]}


def chart(*lines: Block, kind: str = "line", categories: Sequence[str] = ("1", "2"), **fields: Any) -> Block:
    axes = {"categories": list(categories), "x_label": "step", "y_label": "loss"}
    drawn = {"type": kind, "series": list(lines or [series()]), "axis_config": axes}
    return {"type": "data_visualization", "title": "Loss", "chart": drawn} | fields


def pie(*segments: tuple[str, float]) -> Block:
    parts = [{"label": label, "value": value} for label, value in segments]
    return {"type": "data_visualization", "title": "Labels", "chart": {"type": "pie", "segments": parts}}


def card(**fields: Any) -> Block:
    return {"type": "card", "title": mrkdwn("A")} | fields


def container(*children: Block, **fields: Any) -> Block:
    return {"type": "container", "title": plain("C"), "child_blocks": list(children)} | fields


def rich_text(text: str = "x") -> Block:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }


def task(**fields: Any) -> Block:
    return {"type": "task_card", "task_id": "1", "title": "Train", "status": "in_progress"} | fields


MANY = [str(number) for number in range(20)]
NUMBER = {"type": "raw_number", "value": 1.5, "text": "1.5"}


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def slack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncWebClient]:
    """One sandbox for all blocks, with no limit on rates."""
    data = tmp_path_factory.mktemp("blocks")
    async with Sandbox(data=data, manifest=MANIFEST, settings=Settings(rates="off")) as sandbox:
        yield AsyncWebClient(sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[])


MANIFEST = Path(__file__).with_name("manifest.yml")

GOOD: list[list[Block]] = [
    [section(text=mrkdwn("x" * 3000))],
    [section(fields=[mrkdwn("f")] * 10)],
    [{"type": "section", "fields": [plain("f" * 2000)]}],
    [{"type": "header", "text": plain("h" * 150)}, {"type": "divider"}],
    [{"type": "context", "elements": [mrkdwn("c")] * 10}],
    [actions(*[button(action_id=f"b{i}") for i in range(25)])],
    [menu(options=[option(str(i)) for i in range(100)])],
    [menu("overflow", options=[option(str(i)) for i in range(5)])],
    [menu("checkboxes", options=[option(str(i)) for i in range(10)])],
    [menu(initial_option=option())],
    [table(100, 20, "")],
    [image(title=plain("t"))],
    [{"type": "markdown", "text": "# hi"}],
    [confirm(confirm=plain("Yes"), deny=plain("No"))],
    [section(block_id=f"b{i}") for i in range(50)],
    [task_input({"type": "plain_text_input"})],
    [data_table(101, 20, "", page_size=100, row_header_column_index=19)],
    [data_table(rows=[cells("job", "loss"), [rich_text(), NUMBER]])],
    [{"type": "table", "rows": [[NUMBER]], "column_settings": [None, {"align": "right", "is_wrapped": True}]}],
    [chart(*[series(f"s{i}", MANY) for i in range(6)], kind="bar", categories=MANY, title="t" * 50), pie(("a", 1))],
    [chart(series(value=-1), kind="area")],
    [pie(*[(f"{i}", 0.1) for i in range(6)])],
    [card(body=mrkdwn("b" * 200), subtitle=plain("s" * 150), actions=[button(action_id=f"b{i}") for i in range(3)])],
    [{"type": "carousel", "elements": [card() for _ in range(10)]}],
    [container(*[section() for _ in range(9)], table(1, 1), width="full", is_collapsible=True, default_collapsed=True)],
    [{"type": "plan", "title": "P", "tasks": [task(output=rich_text()), task(task_id="2", status="complete")]}],
    [below(feedback(), *[icon_button(action_id=f"d{i}", visible_to_user_ids=["U1"]) for i in range(4)])],
    [rich_text()],
]


@pytest.mark.parametrize("blocks", GOOD, ids=lambda b: str(b[0]["type"]))
async def test_blocks_at_slacks_limits_are_accepted(slack: AsyncWebClient, blocks: list[Block]) -> None:
    assert (await slack.chat_postMessage(channel=GENERAL, text="x", blocks=blocks))["ok"]


BAD: dict[str, Any] = {
    "too many blocks": [section()] * 51,
    "no list": "section",
    "no such type": [{"type": "sketch"}],
    "a field that is not there": [section(colour="red")],
    "empty section": [{"type": "section"}],
    "section too long": [section(text=mrkdwn("x" * 3001))],
    "section empty text": [section(text=mrkdwn(""))],
    "too many fields": [section(fields=[mrkdwn("f")] * 11)],
    "field too long": [section(fields=[mrkdwn("f" * 2001)])],
    "header too long": [{"type": "header", "text": plain("h" * 151)}],
    "header in mrkdwn": [{"type": "header", "text": mrkdwn("h")}],
    "too much context": [{"type": "context", "elements": [mrkdwn("c")] * 11}],
    "too many buttons": [actions(*[button(action_id=f"b{i}") for i in range(26)])],
    "no buttons": [actions()],
    "button text": [actions(button(text=plain("x" * 76)))],
    "button value": [actions(button(value="x" * 2001))],
    "button value no text": [actions(button(value=7))],
    "button url": [actions(button(url="https://x.example/" + "x" * 3000))],
    "button style": [actions(button(style="pretty"))],
    "action_id too long": [actions(button(action_id="x" * 256))],
    "action_id twice": [actions(button(), button())],
    "block_id too long": [section(block_id="x" * 256)],
    "block_id twice": [section(block_id="x"), section(block_id="x")],
    "image without alt": [{"type": "image", "image_url": "https://x.example/i.png"}],
    "image with two sources": [image(slack_file={"id": "F1"})],
    "image without source": [{"type": "image", "alt_text": "a"}],
    "image of no file": [{"type": "image", "alt_text": "a", "slack_file": {"id": "F1"}}],
    "too many options": [menu(options=[option(str(i)) for i in range(101)])],
    "no options": [menu(options=[])],
    "option text": [menu(options=[option(text=plain("x" * 76))])],
    "option value": [menu(options=[option("x" * 151, text=plain("x"))])],
    "option without value": [menu(options=[{"text": plain("x")}])],
    "option description": [menu(options=[option(description=plain("x" * 76))])],
    "initial option elsewhere": [menu(initial_option=option("b"))],
    "overflow": [menu("overflow", options=[option(str(i)) for i in range(6)])],
    "checkboxes": [menu("checkboxes", options=[option(str(i)) for i in range(11)])],
    "radio buttons": [menu("radio_buttons", options=[option(str(i)) for i in range(11)])],
    "placeholder": [menu(placeholder=plain("x" * 151))],
    "confirm title": [confirm(title=plain("x" * 101))],
    "confirm text": [confirm(text=plain("x" * 301))],
    "confirm button": [confirm(confirm=plain("x" * 31))],
    "table rows": [table(101, 1)],
    "table cells": [table(1, 21)],
    "table text": [table(11, 1, "x" * 1000)],
    "markdown together": [{"type": "markdown", "text": "x" * 7000}] * 2,
    "input without label": [{"type": "input", "element": {"type": "plain_text_input"}}],
    "input label": [task_input({"type": "plain_text_input"}, label=plain("x" * 2001))],
    "text input beyond 3000": [task_input({"type": "plain_text_input", "max_length": 3001})],
    "number without decimal": [task_input({"type": "number_input"})],
    "number no string": [task_input({"type": "number_input", "is_decimal_allowed": False, "initial_value": 3})],
    "file input in a message": [task_input({"type": "file_input"})],
    "no data": [data_table(1)],
    "too much data": [data_table(102)],
    "too wide": [data_table(2, 21)],
    "uneven rows": [data_table(rows=[cells("a", "b"), cells("a")])],
    "rich header": [data_table(rows=[[rich_text()], cells("a")])],
    "no caption": [data_table(caption="")],
    "page size": [data_table(page_size=101)],
    "no such column": [data_table(row_header_column_index=2)],
    "number without text": [data_table(rows=[cells("a"), [NUMBER | {"text": ""}]])],
    "data tables together": [data_table(2, 3, "x" * 1000), data_table(2, 3, "x" * 1000)],
    "three charts": [chart(), chart(), chart()],
    "chart title": [chart(title="t" * 51)],
    "no such chart": [chart(kind="radar")],
    "seven series": [chart(*[series(f"s{i}") for i in range(7)])],
    "one name": [chart(series(), series())],
    "name too long": [chart(series("x" * 21))],
    "21 points": [chart(series(labels=[*MANY, "20"]), categories=[*MANY, "20"])],
    "a point missing": [chart(series(labels=["1"]))],
    "no number": [chart(series(value=True))],
    "seven segments": [pie(*[(f"{i}", 1) for i in range(7)])],
    "empty segment": [pie(("a", 0))],
    "alert in a message": [{"type": "alert", "text": plain("x")}],
    "empty card": [{"type": "card", "subtitle": mrkdwn("s")}],
    "card body": [card(body=mrkdwn("b" * 201))],
    "card's buttons": [card(actions=[button(action_id=f"b{i}") for i in range(4)])],
    "menu on a card": [card(actions=[menu()["elements"][0]])],
    "eleven cards": [{"type": "carousel", "elements": [card()] * 11}],
    "no card": [{"type": "carousel", "elements": [section()]}],
    "container without title": [{"type": "container", "child_blocks": [section()]}],
    "eleven inside": [container(*[section()] * 11)],
    "markdown inside": [container({"type": "markdown", "text": "x"})],
    "chart inside": [container(chart())],
    "bad block inside": [container(section(text=mrkdwn("")))],
    "block_id twice inside": [section(block_id="x"), container(section(block_id="x"))],
    "collapsed for good": [container(section(), default_collapsed=True)],
    "width": [container(section(), width="huge")],
    "task status": [task(status="done")],
    "task output": [task(output="text")],
    "section in a plan": [{"type": "plan", "title": "P", "tasks": [section()]}],
    "too much below": [below(*[icon_button(action_id=f"d{i}") for i in range(6)])],
    "a button below": [below(button())],
    "feedback among buttons": [actions(feedback())],
    "feedback without its other half": [below({k: v for k, v in feedback().items() if k != "negative_button"})],
    "feedback value": [below(feedback(positive_button={"text": plain("x"), "value": "x" * 2001}))],
    "feedback without value": [below(feedback(positive_button={"text": plain("x")}))],
    "feedback label": [
        below(feedback(positive_button={"text": plain("x"), "value": "x", "accessibility_label": "x" * 76}))
    ],
    "another icon": [below(icon_button(icon="pencil"))],
    "icon's text": [below(icon_button(text=plain("x" * 76)))],
    "input outside input": [actions({"type": "plain_text_input", "action_id": "x"})],
}


@pytest.mark.parametrize("blocks", BAD.values(), ids=BAD.keys())
async def test_blocks_that_slack_refuses_are_refused_with_a_reason(slack: AsyncWebClient, blocks: Any) -> None:
    with pytest.raises(SlackApiError) as caught:
        await slack.api_call("chat.postMessage", json={"channel": GENERAL, "text": "x", "blocks": blocks})
    assert caught.value.response["error"] == "invalid_blocks"
    assert caught.value.response["response_metadata"]["messages"]


async def test_all_text_of_a_messages_blocks_together_has_a_limit(slack: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="msg_blocks_too_long"):
        await slack.chat_postMessage(channel=GENERAL, text="x", blocks=[section(text=mrkdwn("x" * 3000))] * 5)


async def test_new_blocks_can_be_read_as_text(slack: AsyncWebClient) -> None:
    blocks = [
        chart(series(value=0.5), title="Loss"),
        pie(("spam", 0.75), ("ham", 0.25)),
        data_table(rows=[cells("job", "loss"), [*cells("ftjob-1"), NUMBER]]),
        card(body=mrkdwn("fast"), actions=[button()]),
        container(section(), subtitle=plain("S")),
        {"type": "plan", "title": "P", "tasks": [task(output=rich_text("0.1"))]},
    ]
    posted = await slack.chat_postMessage(channel=GENERAL, text="x", blocks=blocks)
    assert [block_text(block) for block in posted["message"]["blocks"]] == [
        "[line chart Loss]\nloss: 1 0.5, 2 0.5",
        "[pie chart Labels]\nspam 0.75, ham 0.25",
        "Jobs\njob | loss\nftjob-1 | 1.5",
        "A\nfast\n[Go]",
        "C\nS\nx",
        "P\n[in_progress] Train 0.1",
    ]
