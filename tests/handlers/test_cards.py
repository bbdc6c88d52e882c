"""Job cards against a Web API behind a real socket, over the real store."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import web

from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from bot.worker_processes import WorkerPools
from handlers.blocks.card import card
from handlers.blocks.message import Message
from handlers.outgoing import cards as cards_module
from handlers.outgoing.cards import CardKeeper
from handlers.outgoing.charts import Charts
from handlers.web.poster import Poster
from tests.groups import group_messages
from tests.parts import CHANNEL, followed_job, until
from tests.scripted_slack import Slack, text

PERMALINK = {"ok": True, "permalink": "https://acme.slack.com/archives/C0/p1"}


class Cards:
    """A keeper of its own, as after a start; it does what is due when it is told to."""

    def __init__(self, slack: Slack, database: Database, *, between_edits: float = 0) -> None:
        self.now = 0.0
        self.jobs = SqlJobStore(database)
        self.store = SqlCardStore(database)
        poster = Poster(slack.client)
        self.keeper = CardKeeper(
            self.jobs,
            group_messages(database),
            self.store,
            poster,
            Charts(self.jobs, self.store, poster, WorkerPools()),
            between_edits=between_edits,
            steady=lambda: self.now,
        )

    async def round(self) -> None:
        await self.keeper.round()
        await asyncio.gather(*self.keeper._rounds._under_way.values())

    async def become(self, state: str, job_id: str = "job-1") -> None:
        def change(job: Job) -> JobUpdate:
            return JobUpdate(msgspec.structs.replace(job, state=state))

        assert await self.jobs.update(job_id, change)

    async def dirty(self) -> bool:
        return bool(await self.store.dirty(1))


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as made:
        made.replies["chat.getPermalink"] = [PERMALINK]
        yield made


@pytest.fixture
async def cards(slack: Slack, database: Database) -> Cards:
    cards = Cards(slack, database)
    await cards.jobs.insert(followed_job("ftjob-1", state="running"))
    return cards


def shown(slack: Slack) -> list[str]:
    return [call["text"].rsplit(": ", 1)[1] for call in slack.called("chat.update")]


async def test_a_card_is_posted_and_edited_when_something_changes(slack: Slack, cards: Cards) -> None:
    await cards.round()
    (post,) = slack.called("chat.postMessage")
    assert (post["channel"], post["metadata"]["event_payload"]) == (CHANNEL, {"id": "card/job-1"})
    await cards.become("paused")
    await cards.round()
    await cards.round()
    assert shown(slack) == ["Paused"]
    assert not await cards.dirty()


async def test_a_card_of_an_earlier_process_is_brought_up_to_date(
    slack: Slack, cards: Cards, database: Database
) -> None:
    """It was posted and never marked, and the job went on meanwhile."""
    await cards.store.posting("job-1", 1.0)
    marked: dict[str, Any] = {"ts": "9.0", "metadata": {"event_payload": {"id": "card/job-1"}}}
    slack.replies["conversations.history"] = [{"ok": True, "messages": [marked]}]
    await cards.become("failed")
    again = Cards(slack, database)
    await again.round()
    await again.round()
    assert slack.called("chat.postMessage") == []
    assert shown(slack) == ["Failed"]


async def test_after_an_edit_in_doubt_nobody_relies_on_what_was_shown_before(slack: Slack, cards: Cards) -> None:
    await cards.round()
    slack.replies["chat.update"] = [text(503), {"ok": True, "ts": "1.0"}]
    await cards.become("paused")
    await cards.round()
    await cards.become("running")
    cards.now += 3
    await cards.round()
    assert shown(slack) == ["Paused", "Training"]


async def test_while_slack_is_away_a_card_is_tried_after_growing_pauses(slack: Slack, cards: Cards) -> None:
    await cards.round()
    slack.replies["chat.update"] = [*[text(503)] * 4, {"ok": True, "ts": "1.0"}]
    await cards.become("paused")
    tried_at = []
    for _ in range(30):
        before = len(slack.called("chat.update"))
        await cards.round()
        if len(slack.called("chat.update")) > before:
            tried_at.append(cards.now)
        cards.now += 3
    assert tried_at == [0, 3, 9, 21, 45]
    assert not await cards.dirty()


async def test_a_post_in_doubt_is_not_looked_for_before_slack_had_time_to_carry_it_out(
    slack: Slack, cards: Cards, database: Database
) -> None:
    slack.replies["chat.postMessage"] = [text(503)]
    patient = Cards(slack, database, between_edits=60)
    await patient.round()
    await patient.round()
    assert slack.called("conversations.history") == []
    assert len(slack.called("chat.postMessage")) == 1


async def test_however_long_a_post_took_to_fail_slack_has_time_before_it_is_looked_for(
    slack: Slack, database: Database
) -> None:
    patient = Cards(slack, database, between_edits=3)

    def slowly(request: web.Request) -> web.StreamResponse:
        patient.now += 10
        return text(503)(request)

    await patient.jobs.insert(followed_job("ftjob-1", state="running"))
    slack.replies["chat.postMessage"] = [slowly, {"ok": True, "ts": "1.0"}]
    await patient.round()
    await patient.round()
    assert slack.called("conversations.history") == []
    patient.now += 3
    await patient.round()
    assert len(slack.called("conversations.history")) == 1


async def test_an_edit_that_failed_slowly_cannot_overtake_the_next(slack: Slack, database: Database) -> None:
    patient = Cards(slack, database, between_edits=3)

    def slowly(request: web.Request) -> web.StreamResponse:
        patient.now += 10
        return text(503)(request)

    await patient.jobs.insert(followed_job("ftjob-1", state="running"))
    await patient.round()
    patient.now += 3
    await patient.become("paused")
    slack.replies["chat.update"] = [slowly, {"ok": True, "ts": "1.0"}]
    await patient.round()
    await patient.become("failed")
    await patient.round()
    assert shown(slack) == ["Paused"]
    patient.now += 3
    await patient.round()
    assert shown(slack) == ["Paused", "Failed"]


async def test_a_start_redraws_what_an_earlier_version_said_of_an_ended_job_and_nothing_else(
    slack: Slack, cards: Cards, database: Database
) -> None:
    await cards.jobs.insert(followed_job("ftjob-2", id="job-2", state="running"))
    await cards.become("succeeded")
    await cards.jobs.update("job-2", lambda job: JobUpdate(msgspec.structs.replace(job, state="cancelled")))
    while await cards.dirty():
        await cards.round()
    old = await cards.store.card("job-1")
    assert old is not None
    await cards.store.showing(old, "the hash of what an earlier version showed")
    assert not await cards.dirty()

    before = len(shown(slack))
    running = asyncio.create_task(Cards(slack, database).keeper.run())
    await until(lambda: len(shown(slack)) > before)
    async with asyncio.timeout(60):
        while await cards.dirty():
            await asyncio.sleep(0.01)
    running.cancel()
    assert shown(slack)[before:] == ["Ready"]


async def test_a_card_that_cannot_be_made_waits_while_the_others_go_on(
    slack: Slack, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def render(job: Job, *arguments: Any, **options: Any) -> Message:
        tried.append(job.id)
        if job.id == "job-1":
            raise KeyError("a state that nobody thought of")
        return card(job, *arguments, **options)

    monkeypatch.setattr(cards_module, "render", render)
    await cards.jobs.insert(followed_job("ftjob-2", id="job-2", state="running"))
    running = asyncio.create_task(cards.keeper.run())
    await until(lambda: len(slack.called("chat.postMessage")) == 1)
    await cards.become("paused")
    await cards.become("paused", "job-2")
    await until(lambda: shown(slack) == ["Paused"])
    await cards.become("failed", "job-2")
    await until(lambda: shown(slack) == ["Paused", "Failed"])
    running.cancel()
    assert tried.count("job-1") == 1


async def test_nothing_is_remembered_of_a_card_that_shows_all(slack: Slack, database: Database) -> None:
    """What is kept in memory grows with what goes on, not with what there was."""
    cards = Cards(slack, database, between_edits=3)
    await cards.jobs.insert(followed_job("ftjob-1", state="running"))
    await cards.round()
    cards.now = 4
    await cards.round()
    assert not await cards.dirty()
    assert not cards.keeper._not_before
