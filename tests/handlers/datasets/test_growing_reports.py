"""A report that grows while its check runs, against a Web API behind a real socket."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from aiohttp import web

from bot.datasets.dataset import Dataset
from handlers.datasets.reports import ReportMessages
from handlers.web.poster import Poster
from tests.scripted_slack import Slack, error
from training_files import Report, Tokens

DATASET = Dataset("ds-1", "aa", "big.jsonl", 900_000_000, "U1", "T1", "C1", False, "1.0", 0.0)


def so_far(megabytes: int) -> Report:
    return Report(
        ok=True,
        format="chat",
        examples=megabytes * 1000,
        errors=[],
        warnings=[],
        counts={},
        tokens=Tokens(1, 1, 1, 1, 1, True, "o200k_base"),
        epochs=3,
        cost={},
        model="gpt-4.1-mini",
        bytes=megabytes * 1_000_000,
        sha256="",
        complete=False,
    )


@pytest.fixture
def growing(report_messages: ReportMessages) -> Callable[..., Any]:
    def growing(dataset: Dataset = DATASET, between_edits: float = 1.5) -> Any:
        return replace(report_messages, between_edits=between_edits).growing(dataset, "2.0")

    return growing


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


async def test_the_first_findings_are_shown_at_once_and_the_next_only_after_a_pause(
    slack: Slack, growing: Callable[..., Any]
) -> None:
    async with growing() as show:
        for megabytes in (10, 20, 30):
            show(so_far(megabytes))
            await until(lambda: slack.called("chat.update"))
    (edit,) = slack.called("chat.update")
    assert edit["ts"] == "2.0"
    assert "10 of 900 MB" in edit["text"]


async def test_the_next_edit_shows_the_latest_of_what_came_meanwhile(slack: Slack, growing: Callable[..., Any]) -> None:
    async with growing(between_edits=0.1) as show:
        show(so_far(10))
        await until(lambda: slack.called("chat.update"))
        show(so_far(20))
        show(so_far(30))
        await until(lambda: len(slack.called("chat.update")) == 2)
    assert "30 of 900 MB" in slack.called("chat.update")[1]["text"]


async def test_an_edit_under_way_has_arrived_before_the_report_is_shown(
    slack: Slack, growing: Callable[..., Any]
) -> None:
    begun, may_answer, events = asyncio.Event(), asyncio.Event(), []

    async def slowly(_: web.Request) -> web.StreamResponse:
        begun.set()
        await may_answer.wait()
        events.append("answered")
        return web.json_response({"ok": True})

    async def check() -> None:
        async with growing() as show:
            show(so_far(10))
            await begun.wait()
        events.append("report")

    slack.replies["chat.update"] = [slowly]
    checking = asyncio.create_task(check())
    await begun.wait()
    # Whoever does not wait for the edit is done by now: one more request comes and goes.
    await Poster(slack.client).call("auth.test", {})
    may_answer.set()
    await checking
    assert events == ["answered", "report"]


async def test_after_an_edit_that_slack_refused_the_next_one_is_made(slack: Slack, growing: Callable[..., Any]) -> None:
    slack.replies["chat.update"] = [error("message_not_found"), {"ok": True, "ts": "2.0"}]
    async with growing(between_edits=0.01) as show:
        show(so_far(10))
        await until(lambda: slack.called("chat.update"))
        show(so_far(20))
        await until(lambda: len(slack.called("chat.update")) == 2)


async def test_a_small_file_is_not_shown_growing(slack: Slack, growing: Callable[..., Any]) -> None:
    small = msgspec.structs.replace(DATASET, bytes=100_000)
    async with growing(small) as show:
        show(so_far(0))
        # An edit would have begun before this request is answered.
        await Poster(slack.client).call("auth.test", {})
    assert slack.called("chat.update") == []
