"""Notices are said once and in order: the real outbox, and a Slack that does as it is told."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from bot.backoff import Backoff
from bot.jobs.job import Job
from bot.jobs.notice import Ended, EndedElsewhere, Notice, Text
from bot.notices.deliver import Delivery
from bot.notices.interfaces import PostDoubtful, PostLater, PostRefused
from bot.store.database import Database, StoreTrouble
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore, SqlOutbox
from tests.parts import CHANNEL, a_job, a_notice
from tests.store_reading import all_notices


class FakeSlack:
    """Threads, and what goes wrong with the next posts and look-ups."""

    def __init__(self) -> None:
        self.threads: defaultdict[tuple[str, str | None], list[str]] = defaultdict(list)
        self.trouble: list[Exception | str | None] = []
        self.lookup_trouble: list[Exception] = []
        self.lookups: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.speaking: list[str] = []

    async def post(self, notice: Notice, thread_ts: str | None) -> str:
        self.speaking.append(notice.id)
        await self.gate.wait()
        trouble = self.trouble.pop(0) if self.trouble else None
        if isinstance(trouble, Exception):
            raise trouble
        self.threads[notice.channel, thread_ts].append(notice.id)
        if trouble == "posted, but the answer is lost":
            raise PostDoubtful("TimeoutError")
        return f"17.{len(self.speaking):06}"

    async def find(self, notice: Notice, thread_ts: str | None, since: float) -> str | None:
        self.lookups.append(notice.id)
        if self.lookup_trouble:
            raise self.lookup_trouble.pop(0)
        return "17.000001" if notice.id in self.threads[notice.channel, thread_ts] else None


LOST = "posted, but the answer is lost"


@pytest.fixture
def slack() -> FakeSlack:
    return FakeSlack()


@pytest.fixture
def delivery(outbox: SqlOutbox, slack: FakeSlack) -> Delivery:
    return Delivery(
        outbox, slack, look_every=0.005, backoff=Backoff(0), after_fault=0, store_fault=Backoff(0.01, longest=0.01)
    )


@asynccontextmanager
async def at_work(delivery: Delivery) -> AsyncIterator[None]:
    task = asyncio.create_task(delivery.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def all_said(delivery: Delivery, outbox: SqlOutbox) -> None:
    async with at_work(delivery), asyncio.timeout(60):
        while await outbox.open():
            await asyncio.sleep(0.005)


def line(number: int, thread: str = "1.1", job: Job | None = None) -> Notice:
    return a_notice(f"line/{number}", Text(f"Line {number}"), job, thread_ts=thread)


async def test_each_notice_is_said_once(delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack) -> None:
    await outbox.put([line(1), line(2)])
    await outbox.put([line(2), line(3)])
    await all_said(delivery, outbox)
    await outbox.put([line(1)])
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1", "job-1/line/2", "job-1/line/3"]
    assert slack.lookups == []


async def test_a_thread_keeps_its_order_through_trouble_and_other_threads_do_not_wait(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack
) -> None:
    slack.gate.clear()
    await outbox.put([line(1), line(2), line(3, thread="2.2")])
    async with at_work(delivery):
        while len(slack.speaking) < 2:
            await asyncio.sleep(0)
        assert sorted(slack.speaking) == ["job-1/line/1", "job-1/line/3"]
        slack.trouble = [PostDoubtful("TimeoutError"), PostLater("ratelimited", 0), LOST]
        slack.gate.set()
        while await outbox.open():
            await asyncio.sleep(0.005)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1", "job-1/line/2"]


async def test_a_notice_in_doubt_is_looked_up_before_it_is_said_again(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack
) -> None:
    slack.trouble = [LOST]
    await outbox.put([line(1)])
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1"]
    assert slack.lookups == ["job-1/line/1"]


async def test_what_was_not_heard_is_said_again(delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack) -> None:
    slack.trouble = [PostDoubtful("TimeoutError")]
    await outbox.put([line(1)])
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1"]
    assert slack.lookups == ["job-1/line/1"]


@pytest.mark.parametrize("trouble", [PostLater("ratelimited", 0), PostDoubtful("TimeoutError"), RuntimeError("a bug")])
async def test_a_lookup_that_could_not_be_made_leaves_the_doubt(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack, trouble: Exception
) -> None:
    slack.trouble = [LOST]
    slack.lookup_trouble = [trouble]
    await outbox.put([line(1)])
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1"]
    assert len(slack.lookups) == 2


async def test_in_a_thread_that_cannot_be_read_it_is_said_again(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack
) -> None:
    slack.trouble = [LOST]
    slack.lookup_trouble = [PostRefused("missing_scope")]
    await outbox.put([line(1)])
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1"] * 2


async def test_what_slack_asks_to_say_later_is_in_no_doubt(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack
) -> None:
    slack.trouble = [PostLater("ratelimited", 0)] * 3
    await outbox.put([line(1)])
    await all_said(delivery, outbox)
    assert slack.lookups == []
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1"]


async def test_after_a_crash_in_the_middle_of_saying_it_is_looked_up(
    outbox: SqlOutbox, slack: FakeSlack, delivery: Delivery
) -> None:
    await outbox.put([line(1), line(2)])
    slack.threads[CHANNEL, "1.1"].append("job-1/line/1")
    await outbox.attempting("job-1/line/1", 1_700_000_000)
    await all_said(delivery, outbox)
    assert slack.lookups == ["job-1/line/1"]
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1", "job-1/line/2"]


async def test_a_doubt_is_looked_for_from_the_first_attempt_on(outbox: SqlOutbox) -> None:
    await outbox.put([line(1)])
    await outbox.attempting("job-1/line/1", 100.0)
    await outbox.later("job-1/line/1", 150.0, doubtful=True)
    await outbox.attempting("job-1/line/1", 200.0)
    (pending,) = await outbox.next(300.0)
    assert (pending.doubtful, pending.attempts, pending.attempted_at) == (True, 2, 100.0)


async def test_nothing_is_due_before_its_time(outbox: SqlOutbox) -> None:
    await outbox.put([line(1), line(2)])
    await outbox.later("job-1/line/1", 150.0, doubtful=False)
    assert await outbox.next(149.0) == []
    assert [pending.notice.id for pending in await outbox.next(150.0)] == ["job-1/line/1"]


async def test_what_slack_refuses_is_given_up_and_the_thread_goes_on(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack
) -> None:
    slack.trouble = [PostRefused("msg_too_long")]
    await outbox.put([line(1), line(2)])
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/2"]


async def test_the_requester_hears_directly_how_a_job_ended_where_the_channel_is_closed(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack, database: Database
) -> None:
    slack.trouble = [PostRefused("is_archived")]
    await outbox.put([a_notice("succeeded", Ended(), thread_ts="1.1")])
    await all_said(delivery, outbox)
    assert slack.threads["U0ANA", None] == ["job-1/succeeded/direct"]
    assert isinstance((await all_notices(database))[-1].body, EndedElsewhere)


async def test_a_closed_direct_message_ends_it(delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack) -> None:
    slack.trouble = [PostRefused("is_archived"), PostRefused("user_disabled")]
    await outbox.put([a_notice("succeeded", Ended(), thread_ts="1.1")])
    await all_said(delivery, outbox)
    assert [said for said in slack.threads.values() if said] == []


async def test_a_fault_that_stays_does_not_hold_up_what_comes_after_it(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack
) -> None:
    slack.trouble = [RuntimeError("cannot be rendered")] * 5
    await outbox.put([line(1), line(2)])
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/2"]


async def test_a_store_in_trouble_loses_nothing_however_often_slack_was_tried(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = outbox.attempting, 6

    async def locked_in_the_end(notice_id: str, now: float) -> None:
        nonlocal failures
        if not slack.trouble and failures:
            failures -= 1
            raise StoreTrouble("locked")
        await real(notice_id, now)

    slack.trouble = [PostLater("no_connection", 0)] * 6
    monkeypatch.setattr(outbox, "attempting", locked_in_the_end)
    await outbox.put([line(1)])
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1"]


async def test_a_single_fault_after_much_trouble_of_slacks_gives_nothing_up(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack
) -> None:
    slack.trouble = [*[PostLater("no_connection", 0)] * 6, RuntimeError("cannot be rendered"), None]
    await outbox.put([line(1)])
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1"]


async def test_an_outbox_that_fails_is_read_again(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await outbox.put([line(1)])
    real, failures = outbox.next, [RuntimeError("disk"), RuntimeError("disk")]

    async def failing(now: float, **options: Any) -> object:
        if failures:
            raise failures.pop()
        return await real(now, **options)

    monkeypatch.setattr(outbox, "next", failing)
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1"]


async def test_what_is_under_way_is_not_read_again(outbox: SqlOutbox) -> None:
    await outbox.put([line(1), a_notice("line", Text("said"), a_job(id="job-2"), "C2")])
    first, second = await outbox.next(1e12)
    assert await outbox.next(1e12, besides=[first.notice.id]) == [second]


# Under a card


@pytest.fixture
async def cards(database: Database) -> SqlCardStore:
    await SqlJobStore(database).insert(a_job())
    return SqlCardStore(database)


def under_card(what: str, body: Text | Ended | None = None) -> Notice:
    return a_notice(what, body or Text(what), under_card="job-1")


async def test_a_notice_waits_for_the_card_that_it_belongs_under(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack, cards: SqlCardStore
) -> None:
    await outbox.put([under_card("accepted")])
    assert await outbox.next(1e12) == []
    await cards.posted("job-1", "5.5", "hash", [])
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "5.5"] == ["job-1/accepted"]


async def test_however_many_wait_for_their_cards_others_are_said(outbox: SqlOutbox, cards: SqlCardStore) -> None:
    waiting = [a_notice(str(n), Text("waits"), channel=f"C{n}", under_card="job-1") for n in range(300)]
    await outbox.put([*waiting, line(1)])
    assert [pending.notice.id for pending in await outbox.next(1e12)] == ["job-1/line/1"]


async def test_where_the_card_could_not_be_posted_the_requester_is_told_directly(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack, cards: SqlCardStore
) -> None:
    await outbox.put([under_card("accepted"), under_card("succeeded", Ended())])
    await cards.abandon("job-1")
    await all_said(delivery, outbox)
    assert {thread: said for thread, said in slack.threads.items() if said} == {
        ("U0ANA", None): ["job-1/succeeded/direct"]
    }


async def test_a_notice_under_way_when_the_outbox_was_read_is_not_said_again(
    delivery: Delivery, outbox: SqlOutbox, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer of a slow read may arrive when what it shows as pending has been said meanwhile."""
    await outbox.put([line(1)])
    slack.gate.clear()
    await delivery.round()
    while not slack.speaking:
        await asyncio.sleep(0)
    real = outbox.next

    async def slow(now: float, **options: Any) -> object:
        as_it_was = await real(now, **options)
        slack.gate.set()
        while await outbox.open():
            await asyncio.sleep(0)
        return as_it_was

    monkeypatch.setattr(outbox, "next", slow)
    await delivery.round()
    monkeypatch.undo()
    await all_said(delivery, outbox)
    assert slack.threads[CHANNEL, "1.1"] == ["job-1/line/1"]
    assert slack.lookups == []
