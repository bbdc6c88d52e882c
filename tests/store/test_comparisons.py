"""Comparisons, their answers and votes."""

import msgspec
import pytest

from bot.audit import Entry
from bot.compare.comparison import Arena, Choice, Comparison, Failure, ModelAnswer, Question, Vote
from bot.errors import Conflict
from bot.providers.chat import ChatMessage
from bot.store.audit import SqlAuditLog
from bot.store.comparisons import SqlComparisonStore
from bot.store.database import Database

QUESTION = Question("1", (ChatMessage("user", "Who?"),), ("a", "b"), "U1", (("b", "a"),))
SIDE_BY_SIDE = Comparison("cmp-1", ("a", "b"), "T1", "C1", "U1", 1.0)
BLIND = msgspec.structs.replace(SIDE_BY_SIDE, id="cmp-2", arena=Arena(7, 3, 100.0))


def entry(key: str) -> Entry:
    return Entry(key, 1.0, "U1", "compare", "cmp")


@pytest.fixture
async def store(database: Database) -> SqlComparisonStore:
    made = SqlComparisonStore(database)
    await made.open(SIDE_BY_SIDE, [QUESTION], entry("1"))
    await made.open(BLIND, [QUESTION], entry("2"))
    return made


async def test_what_is_opened_again_stays_as_it_was(store: SqlComparisonStore, database: Database) -> None:
    await store.posted("cmp-1", "9.9")
    again = await store.open(SIDE_BY_SIDE, [QUESTION], entry("1"))
    assert again.thread_ts == "9.9"
    assert await store.of_thread("C1", "9.9") == again
    assert await store.questions("cmp-1") == [QUESTION]
    assert await SqlAuditLog(database).count() == 2


async def test_the_blind_ones_of_a_channel_are_its_arenas(store: SqlComparisonStore) -> None:
    assert [arena.id for arena in await store.arenas("C1")] == ["cmp-2"]
    assert await store.arenas("C2") == []


async def test_an_answer_that_is_there_stays_and_a_failure_can_be_forgotten(store: SqlComparisonStore) -> None:
    await store.answered("cmp-1", "1", "a", ModelAnswer("first"))
    await store.answered("cmp-1", "1", "a", ModelAnswer("second"))
    assert (await store.answers("cmp-1"))["1", "a"].content == "first"
    assert not await store.ask_again("cmp-1", "1")
    await store.answered("cmp-1", "1", "b", ModelAnswer(failure=Failure("model_said_nothing")))
    assert await store.ask_again("cmp-1", "1")
    assert set(await store.answers("cmp-1")) == {("1", "a")}


async def test_a_vote_counts_once_and_the_latest_one_whatever_comes_after(store: SqlComparisonStore) -> None:
    def vote(choice: Choice, at: float) -> Vote:
        return Vote("1", 0, "U2", choice, at)

    assert await store.vote("cmp-2", vote(Choice.FIRST, 1.0), entry("v1"))
    assert await store.vote("cmp-2", vote(Choice.TIE, 2.0), entry("v2"))
    assert not await store.vote("cmp-2", vote(Choice.FIRST, 1.0), entry("v1"))  # the same one again
    assert not await store.vote("cmp-2", vote(Choice.TIE, 4.0), entry("v4"))
    assert not await store.vote("cmp-2", vote(Choice.FIRST, 3.0), entry("v3"))  # delayed
    assert await store.votes("cmp-2") == [vote(Choice.TIE, 4.0)]


async def test_nobody_votes_after_the_reveal_which_happens_once(store: SqlComparisonStore) -> None:
    assert await store.reveal("cmp-2", 50.0, entry("r1"))
    assert not await store.reveal("cmp-2", 60.0, entry("r2"))
    revealed = await store.get("cmp-2")
    assert revealed is not None
    assert revealed.arena is not None
    assert revealed.arena.revealed_at == 50.0
    with pytest.raises(Conflict):
        await store.vote("cmp-2", Vote("1", 0, "U2", Choice.FIRST, 70.0), entry("v1"))
    assert not await store.reveal("cmp-1", 50.0, entry("r3"))


async def test_what_happens_while_somebody_works_on_it_is_not_slept_through(store: SqlComparisonStore) -> None:
    due = await store.begin("cmp-1")
    assert due is not None
    await store.ask("cmp-1", msgspec.structs.replace(QUESTION, id="2"))
    await store.rest(due, None)
    assert "cmp-1" in await store.due(1.0)
    due = await store.begin("cmp-1")
    assert due is not None
    await store.rest(due, None)
    assert "cmp-1" not in await store.due(1e12)
    await store.rest(due, 50.0)
    assert "cmp-1" not in await store.due(49.0)
    assert "cmp-1" in await store.due(51.0)
