"""A card is a projection: it is dirty as long as it may show something old."""

import pytest

from bot.jobs.interfaces import JobUpdate
from bot.jobs.notice import Linked
from bot.notices.interfaces import Card
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore, SqlOutbox
from tests.parts import a_job, a_notice, followed_job


@pytest.fixture
def cards(database: Database) -> SqlCardStore:
    return SqlCardStore(database)


async def posted(jobs: SqlJobStore, cards: SqlCardStore, job_id: str = "job-1", state: str = "running") -> Card:
    await jobs.insert(followed_job(f"ftjob-{job_id}", id=job_id, state=state))
    await cards.posted(job_id, f"5.{job_id}", "first", [])
    card = await cards.card(job_id)
    assert card is not None
    return card


async def change(jobs: SqlJobStore, job_id: str = "job-1") -> None:
    assert await jobs.update(job_id, lambda job: JobUpdate(job))


async def is_dirty(cards: SqlCardStore, job_id: str = "job-1") -> bool:
    return job_id in [card.job_id for card in await cards.dirty(100)]


async def test_a_card_that_shows_the_latest_is_clean(jobs: SqlJobStore, cards: SqlCardStore) -> None:
    card = await posted(jobs, cards)
    await cards.showing(card, "hash")
    assert not await is_dirty(cards)
    assert (await cards.card("job-1") or card).shown == "hash"


async def test_every_change_makes_it_dirty(jobs: SqlJobStore, cards: SqlCardStore) -> None:
    await cards.showing(await posted(jobs, cards), "hash")
    await change(jobs)
    assert await is_dirty(cards)


async def test_a_change_during_an_edit_leaves_it_dirty_even_by_a_clock_that_stands_still(
    jobs: SqlJobStore, cards: SqlCardStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.outbox.time.time", lambda: 1_700_000_000.0)
    await posted(jobs, cards)
    await change(jobs)
    (being_edited,) = await cards.dirty(1)
    await change(jobs)
    await cards.showing(being_edited, "hash")
    assert await is_dirty(cards)


async def test_the_hash_that_slack_shows_is_kept_though_the_card_stays_dirty(
    jobs: SqlJobStore, cards: SqlCardStore
) -> None:
    card = await posted(jobs, cards)
    await change(jobs)
    await cards.showing(card, "hash")
    assert await is_dirty(cards)
    assert (await cards.card("job-1") or card).shown == "hash"


async def test_a_new_chart_makes_it_dirty(jobs: SqlJobStore, cards: SqlCardStore) -> None:
    await cards.showing(await posted(jobs, cards), "hash")
    await cards.set_chart("job-1", "F1", 7)
    (card,) = await cards.dirty(1)
    assert (card.chart_file, card.chart_step) == ("F1", 7)


async def test_since_when_a_post_was_tried_is_the_first_time(jobs: SqlJobStore, cards: SqlCardStore) -> None:
    await jobs.insert(a_job())
    await cards.posting("job-1", 100.0)
    await cards.posting("job-1", 200.0)
    (card,) = await cards.dirty(1)
    assert card.posting_since == 100.0


async def test_the_link_in_the_files_thread_is_told_with_the_posting(
    jobs: SqlJobStore, cards: SqlCardStore, database: Database
) -> None:
    await jobs.insert(a_job())
    linked = a_notice("linked", Linked("https://acme.slack.com/p1"), channel="C1", thread_ts="1.1")
    await cards.posted("job-1", "5.5", "hash", [linked])
    assert [pending.notice for pending in await SqlOutbox(database).next(1e12)] == [linked]


async def test_an_abandoned_card_is_tried_again_when_something_changes(jobs: SqlJobStore, cards: SqlCardStore) -> None:
    await posted(jobs, cards)
    await cards.abandon("job-1")
    assert not await is_dirty(cards)
    await change(jobs)
    assert await is_dirty(cards)


async def test_new_cards_and_endings_do_not_wait_behind_the_progress_of_others(
    jobs: SqlJobStore, cards: SqlCardStore
) -> None:
    await posted(jobs, cards, "job-ended", "succeeded")
    await jobs.insert(followed_job("ftjob-new", id="job-new"))
    for number in range(5):
        await posted(jobs, cards, f"job-{number}")
    assert [card.job_id for card in await cards.dirty(3)] == ["job-new", "job-ended", "job-4"]
