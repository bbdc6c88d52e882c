"""A small day of many people with one bot: the figures of a whole one are `benchmarks/soak.py`'s. And that it sees what
it is there to see."""

import gc
import math
import random
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.soak import Day, Soak, figures
from benchmarks.soak_invariants import violations
from benchmarks.soak_memory import Memory
from bot.notices.deliver import Delivery
from bot.notices.interfaces import Pending
from bot.store.outbox import SqlOutbox
from handlers.web.poster import Poster


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[str]]:
    """Half an hour of twenty people; what went wrong in it."""
    soak = Soak(Day(hours=0.5, people=20, acts=16, restarts=2), tmp_path_factory.mktemp("soak"))
    return soak, soak.run()


def test_half_an_hour_of_twenty_people_loses_nothing_though_the_bot_is_killed_and_stopped(soaked: Any) -> None:
    soak, wrong = soaked
    assert wrong == []
    assert soak.world.crashes == 1
    messages, jobs, evaluations = map(int, figures(soak, wrong)["chat messages, jobs, evaluations"].split(", "))
    assert min(messages, jobs, evaluations) > 0, "it proves little without these"


def test_it_sees_what_is_lost_or_said_twice(soaked: Any) -> None:
    """As Slack and the store would stand, had the bot done so."""
    soak, _ = soaked
    ledger, store = soak.world.slack.ledger, soak.world.store
    said = "(SELECT min(mark) FROM said WHERE mark LIKE '{}')"
    ledger.execute(f"INSERT INTO said SELECT * FROM said WHERE mark = {said.format('chat/%')}")
    ledger.execute(f"DELETE FROM said WHERE mark = {said.format('message/%/answer/0')}")
    ledger.execute(f"DELETE FROM said WHERE mark = {said.format('job-%/accepted')}")
    ledger.execute("INSERT INTO created SELECT min(job) FROM created")
    store.execute(
        "UPDATE inbox SET state = 'pending' WHERE key = (SELECT min(key) FROM inbox WHERE key LIKE 'command/%')"
    )
    store.execute("UPDATE cards SET dirty = 1 WHERE job_id = (SELECT min(job_id) FROM cards)")
    found = "\n".join(violations(soak.world, soak.seen))
    for sentence in (
        "was said 2 times",
        "was not answered",
        "is posted, and was said 0 times",
        "was created 2 times",
        "the inbox: command/",
        "cards: job-",
    ):
        assert sentence in found


@pytest.mark.parametrize(("kept_a_quarter", "grows"), [(0, False), (15, True)])
def test_a_list_that_grows_is_told_from_what_comes_and_goes(kept_a_quarter: int, grows: bool) -> None:
    """People's work makes memory rise and fall by thousands of blocks; 60 an hour that stay are seen all the same."""
    timeline, slack = SimpleNamespace(now=0.0), SimpleNamespace(remembered=0)
    world: Any = SimpleNamespace(timeline=timeline, slack=slack, store=sqlite3.connect(":memory:"))
    memory, chance, kept = Memory(world), random.Random(1), [object()]
    gc.freeze()  # what is there already costs no time at each look
    try:
        for quarter in range(8, 96):
            kept += [object() for _ in range(kept_a_quarter)]
            timeline.now, slack.remembered = quarter * 900.0, int(40 + 30 * math.sin(quarter / 16))
            under_way = [object() for _ in range(150 * slack.remembered + chance.randrange(600))]
            memory.look(threads=0, waiting=len(under_way) // 3000)
    finally:
        gc.unfreeze()
    assert memory.grows is grows


@pytest.mark.soak
@pytest.mark.timeout(0)
class TestBugsThatArePutIntoTheBot:
    """Each makes a short day fail. A minute of processor time."""

    def test_a_notice_that_is_not_looked_for_is_said_twice(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def never(_: Delivery, pending: Pending) -> bool:
            return False

        monkeypatch.setattr(Delivery, "_was_said", never)
        soak = Soak(Day(hours=0.15, people=20, acts=80, restarts=0), tmp_path)
        soak.world.network.troubles += [("chat.postMessage", "reset after")] * 20
        assert any("/accepted was said" in sentence for sentence in soak.run())

    def test_a_notice_that_is_passed_over_stays_in_the_outbox(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        following = SqlOutbox.next

        async def some(self: SqlOutbox, now: float, **options: Any) -> list[Pending]:
            return [one for one in await following(self, now, **options) if not one.notice.id.endswith("/started")]

        monkeypatch.setattr(SqlOutbox, "next", some)
        wrong = Soak(Day(hours=0.15, people=20, acts=80, restarts=0), tmp_path).run()
        assert any("does not come to rest" in sentence and "/started" in sentence for sentence in wrong)

    def test_messages_that_are_all_remembered_make_memory_grow(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        posting, remembered = Poster.post_once, []

        async def remembers(self: Poster, channel: str, message: Any, **options: Any) -> str:
            remembered.append((channel, message))
            return await posting(self, channel, message, **options)

        monkeypatch.setattr(Poster, "post_once", remembers)
        soak = Soak(Day(hours=6, people=40, restarts=0), tmp_path)
        soak.run()
        assert soak.memory is not None
        assert soak.memory.grows
