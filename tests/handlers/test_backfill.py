"""Channels are read back until each has been read once, whatever Slack says in between."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.backoff import Backoff
from bot.datasets.dataset import Dataset
from bot.store.database import Database, StoreTrouble
from bot.store.datasets import SqlDatasetStore
from bot.store.inbox import SqlInbox
from bot.store.missed_channels import SqlMissedChannels
from handlers.incoming_files import IncomingFiles
from handlers.missed import Backfill
from handlers.web.poster import Poster
from tests.parts import until
from tests.scripted_slack import Slack, error
from tests.slack_requests import an_inbox


class Reading:
    """A `Backfill` over a real store and a scripted Slack; `answers` by channel, the last one for ever."""

    def __init__(self, database: Database, slack: Slack) -> None:
        self.slack = slack
        self.inbox = SqlInbox(database)
        self.unread = SqlMissedChannels(database)
        self.work_offs = 0
        self.datasets = SqlDatasetStore(database)
        self.backfill = Backfill(
            an_inbox(self.inbox),
            self.unread,
            self.datasets,
            IncomingFiles(self.inbox, self.unread),
            Poster(slack.client),
            self._work_off,
            bot_user="U0BOT",
            team="T1",
            backoff=Backoff(0.05, factor=1),
        )

    async def _work_off(self) -> None:
        self.work_offs += 1

    async def until_read(self) -> None:
        running = asyncio.create_task(self.backfill.run())
        async with asyncio.timeout(60):
            while await self.unread.everywhere() is not None or await self.unread.channels():
                await asyncio.sleep(0.01)
        running.cancel()

    async def offered(self) -> list[str]:
        return [entry.key for entry in await self.inbox.pending()]


@pytest.fixture
async def reading(tmp_path: Path, slack: Slack) -> AsyncIterator[Reading]:
    database = await Database.open(tmp_path)
    made = Reading(database, slack)
    await made.unread.was_away(1_700_000_600)
    yield made
    await database.close()


def _listing(*channels: str) -> dict[str, Any]:
    return {"ok": True, "channels": [{"id": channel, "is_member": True} for channel in channels]}


def _page(*messages: dict[str, Any], cursor: str = "") -> dict[str, Any]:
    return {"ok": True, "messages": list(messages), "response_metadata": {"next_cursor": cursor}}


def _file(number: int, name: str = "train.jsonl", **fields: Any) -> dict[str, Any]:
    return {"user": "U1", "ts": f"170000{number:04}.000100", "files": [{"id": f"F{number}", "name": name}], **fields}


async def test_all_pages_are_read_and_the_oldest_is_worked_on_first(reading: Reading) -> None:
    reading.slack.replies["conversations.list"] = [_listing("C1")]
    reading.slack.replies["conversations.history"] = [_page(_file(3), _file(2), cursor="next"), _page(_file(1))]
    await reading.until_read()
    assert await reading.offered() == [f"message/C1/170000000{n}.000100" for n in (1, 2, 3)]
    first, second = reading.slack.called("conversations.history")
    assert float(first["oldest"]) == 1_700_000_000
    assert second["cursor"] == "next"


async def test_threads_of_that_time_and_those_of_files_are_read_too(reading: Reading) -> None:
    reported = Dataset("d", "sha", "old.jsonl", 1, "U1", "T1", "C1", False, "1699999000.000100", 1_699_999_000.0)
    await reading.datasets.save(reported)
    await reading.datasets.save(replace(reported, id="e", thread_ts="1690000000.000100", created_at=1_690_000_000.0))
    question = {"user": "U1", "ts": "1700000001.000100", "latest_reply": "1700000002.000100"}
    unanswered = {"user": "U1", "ts": "1700000003.000100"}
    reading.slack.replies["conversations.list"] = [_listing("C1")]
    reading.slack.replies["conversations.history"] = [_page(unanswered, question)]
    reading.slack.replies["conversations.replies"] = [
        _page(question, _file(9, thread_ts=question["ts"])),
        _page(_file(8, ts=reported.thread_ts), _file(4, thread_ts=reported.thread_ts)),
    ]
    await reading.until_read()
    read = [(call["ts"], float(call["oldest"])) for call in reading.slack.called("conversations.replies")]
    assert read == [(question["ts"], 1_700_000_000), (reported.thread_ts, 1_700_000_000)]
    assert await reading.offered() == [f"message/C1/170000000{n}.000100" for n in (4, 9)]


async def test_a_thread_that_was_deleted_holds_nothing_up(reading: Reading) -> None:
    reading.slack.replies["conversations.list"] = [_listing("C1")]
    reading.slack.replies["conversations.history"] = [_page(_file(1, latest_reply="1700000002.000100"))]
    reading.slack.replies["conversations.replies"] = [error("thread_not_found")]
    await reading.until_read()
    assert await reading.offered() == ["message/C1/1700000001.000100"]


async def test_what_is_no_training_file_of_a_persons_is_left_alone(reading: Reading) -> None:
    reading.slack.replies["conversations.list"] = [_listing("C1")]
    others = (_file(1, "cat.png"), _file(2, user="U0BOT"), _file(3, bot_id="B1"), {"user": "U1", "ts": "1700000004.0"})
    reading.slack.replies["conversations.history"] = [_page(*others)]
    await reading.until_read()
    assert await reading.offered() == []
    assert reading.work_offs == 0


async def test_channels_that_are_refused_are_let_go_and_those_with_trouble_are_tried_again(reading: Reading) -> None:
    reading.slack.replies["conversations.list"] = [_listing("C1", "C2", "C3")]
    trouble = error("internal_error")
    reading.slack.replies["conversations.history"] = [
        *[trouble] * 4,
        error("not_in_channel"),
        _page(_file(3)),
        _page(_file(1)),
    ]
    await reading.until_read()
    assert await reading.offered() == ["message/C3/1700000003.000100", "message/C1/1700000001.000100"]
    channels = [call["channel"] for call in reading.slack.called("conversations.history")]
    assert channels == ["C1"] * 4 + ["C2", "C3", "C1"]
    assert len(reading.slack.called("conversations.list")) == 1


async def test_a_listing_that_fails_is_asked_for_again(reading: Reading) -> None:
    reading.slack.replies["conversations.list"] = [error("missing_scope", needed="channels:read"), _listing("C1")]
    reading.slack.replies["conversations.history"] = [_page(_file(1))]
    await reading.until_read()
    assert await reading.offered() == ["message/C1/1700000001.000100"]


async def test_a_store_that_has_trouble_at_the_start_is_waited_for(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading.slack.replies["conversations.list"] = [_listing("C1")]
    reading.slack.replies["conversations.history"] = [_page()]
    original, tries = reading.unread.was_away, []

    async def was_away(since: float) -> None:
        tries.append(since)
        if len(tries) < 3:
            raise StoreTrouble("My store cannot be used: the disk is full.")
        await original(since)

    monkeypatch.setattr(reading.unread, "was_away", was_away)
    await reading.backfill.was_away(1_600_000_600)
    running = asyncio.create_task(reading.backfill.run())
    await until(lambda: len(reading.slack.called("conversations.history")) == 1, 60)
    running.cancel()
    assert tries == [1_600_000_600] * 3
    assert float(reading.slack.called("conversations.history")[0]["oldest"]) == 1_600_000_000


async def test_a_connection_that_cannot_be_looked_at_counts_as_lost_until_it_is_seen_again(reading: Reading) -> None:
    since = await reading.unread.everywhere()
    assert since is not None
    await reading.unread.spread(since, [])
    seen = 0

    async def is_connected() -> bool:
        nonlocal seen
        seen += 1
        if seen == 2:
            raise ConnectionError("the session is closed")
        return True

    watching = asyncio.create_task(reading.backfill.watch(is_connected, look_every=0.01))
    async with asyncio.timeout(60):
        while seen < 4:
            await asyncio.sleep(0.01)
    watching.cancel()
    assert await reading.unread.everywhere() is not None, "what was said meanwhile is read back"
