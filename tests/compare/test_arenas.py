"""The blind arena: which prompts and pairs, who votes and reveals, and what others build on the votes."""

import asyncio
from itertools import combinations
from pathlib import Path

import msgspec
import orjson
import pytest

from bot.access import Actor, Place, Role
from bot.audit import Entry
from bot.compare.arenas import Arenas, Preference, arranged
from bot.compare.comparison import Choice, Comparison, Failure, ModelAnswer
from bot.datasets.file_store import FileStore
from bot.errors import Conflict, Denied, Invalid, NotFound
from bot.jobs.job import Origin
from bot.providers.chat import ChatMessage
from bot.spending.budget import OverBudget, Scope
from bot.store.audit import SqlAuditLog
from bot.store.comparisons import SqlComparisonStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.store.spending import SqlBudgetStore
from tests.parts import CHANNEL, MODEL, a_dataset, followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

TUNED = f"ft:{MODEL}:acme:house:abc11111"
THIRD = f"ft:{MODEL}:acme:third:abc33333"
HERE = Origin("T0ACME", CHANNEL, False)
BEN, EVE = Actor("U0BEN", "T0ACME"), Actor("U0EVE", "T0ACME", Role.ADMIN)


@pytest.fixture(autouse=True)
def tuned(stand_in: StandInProvider) -> None:
    stand_in.tuned += [TUNED, THIRD]


@pytest.fixture
async def validation(datasets: SqlDatasetStore, file_store: FileStore) -> str:
    """A validation file of twelve questions, of which each stands there twice."""
    dataset = a_dataset(id="ds-valid", sha256="abc", name="validation.jsonl")
    path: Path = file_store.path("abc")
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"messages": [{"role": "user", "content": f"Question {n % 12}?"}]} for n in range(24)]
    await asyncio.to_thread(path.write_bytes, b"\n".join(map(orjson.dumps, rows)))
    await datasets.save(dataset)
    return dataset.id


async def answered(store: SqlComparisonStore, arena: Comparison, failed: str = "") -> None:
    """All models have answered, but not the question `failed`."""
    for question in await store.questions(arena.id):
        failure = Failure("model_said_nothing") if question.id == failed else None
        for model in question.models:
            answer = ModelAnswer(f"{model} on {question.id}", failure=failure)
            await store.answered(arena.id, question.id, model, answer)


async def test_prompts_of_a_file_are_drawn_once_each(
    arenas: Arenas, store: SqlComparisonStore, validation: str
) -> None:
    arena = await arenas.open(a_caller(), HERE, [TUNED, MODEL], validation, 5)
    questions = await store.questions(arena.id)
    assert len({question.text for question in questions}) == 5
    again = await arenas.open(a_caller(is_retry=True), HERE, [TUNED, MODEL], validation, 5)
    assert (again, await store.questions(again.id)) == (arena, questions)
    every = await arenas.open(a_caller(key="command/2"), HERE, [TUNED, MODEL], validation, 200)
    assert len(await store.questions(every.id)) == 12
    for n in (0, 201):
        with pytest.raises(Invalid, match="how_many_prompts"):
            await arenas.open(a_caller(), HERE, [TUNED, MODEL], validation, n)
    with pytest.raises(Invalid, match="how_many_votes"):
        await arenas.open_on(a_caller(), HERE, [TUNED, MODEL], "Who?", votes_wanted=0)


async def test_an_arena_knows_which_models_were_trained_on_its_file(
    arenas: Arenas, jobs: SqlJobStore, datasets: SqlDatasetStore, validation: str
) -> None:
    dropped_again = msgspec.structs.replace(a_dataset(id="ds-again", sha256="abc"), name="again.jsonl")
    await datasets.save(dropped_again)
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=TUNED, dataset_id="ds-again"))
    went_on = followed_job("ftjob-2", state="succeeded", fine_tuned_model=THIRD, dataset_id=None, base_model=TUNED)
    await jobs.insert(msgspec.structs.replace(went_on, id="job-2"))
    arena = await arenas.open(a_caller(), HERE, [TUNED, MODEL, THIRD], validation, 5)
    assert arena.arena
    assert arena.arena.learned == (TUNED, THIRD)
    typed = await arenas.open_on(a_caller(key="command/2"), HERE, [TUNED, MODEL], "Who?")
    assert typed.arena
    assert typed.arena.learned == ()


def test_which_answer_stands_first_is_drawn_and_each_pair_has_its_turn() -> None:
    drawn = [(ChatMessage("user", str(n)),) for n in range(60)]
    questions = arranged(drawn, [MODEL, TUNED, THIRD], 7, ANA.user)
    assert questions == arranged(drawn, [MODEL, TUNED, THIRD], 7, ANA.user)
    pairs = [question.pairs[0] for question in questions]
    for one, other in combinations([MODEL, TUNED, THIRD], 2):
        first = pairs.count((one, other))
        assert first + pairs.count((other, one)) == 20
        assert 2 < first < 18
    assert all(set(question.models) == set(question.pairs[0]) for question in questions)


async def test_one_prompt_is_for_each_pair(arenas: Arenas, store: SqlComparisonStore) -> None:
    arena = await arenas.open_on(a_caller(), HERE, [TUNED, MODEL, THIRD], "Who?")
    (question,) = await store.questions(arena.id)
    assert {frozenset(pair) for pair in question.pairs} == set(map(frozenset, combinations(arena.models, 2)))
    assert question.models == (TUNED, MODEL, THIRD)


async def test_who_votes_and_who_reveals(arenas: Arenas, store: SqlComparisonStore, database: Database) -> None:
    arena = await arenas.open_on(a_caller(), HERE, [TUNED, MODEL], "Who?")
    with pytest.raises(NotFound):  # there are no answers yet
        await arenas.vote(a_caller(BEN), arena.id, "1", 0, Choice.FIRST)
    await answered(store, arena)
    assert await arenas.vote(a_caller(BEN, key="a/1", at=5.0), arena.id, "1", 0, Choice.FIRST)
    assert not await arenas.vote(a_caller(BEN, key="a/1", at=5.0), arena.id, "1", 0, Choice.FIRST)
    assert await arenas.vote(a_caller(BEN, key="a/2", at=6.0), arena.id, "1", 0, Choice.BAD)
    for question, pair in (("1", 1), ("2", 0)):
        with pytest.raises(NotFound):
            await arenas.vote(a_caller(BEN), arena.id, question, pair, Choice.FIRST)
    for stranger in (Actor("U0LOOK", "T0ACME", Role.VIEWER), Actor("U0OUT", "T0OUT", external=True)):
        with pytest.raises(Denied):
            await arenas.vote(a_caller(stranger), arena.id, "1", 0, Choice.FIRST)
    with pytest.raises(Denied, match="only_owner"):
        await arenas.reveal(a_caller(BEN), arena.id)
    await arenas.reveal(a_caller(EVE, key="a/3"), arena.id)
    with pytest.raises(Conflict, match="arena_revealed"):
        await arenas.reveal(a_caller(), arena.id)
    with pytest.raises(Conflict, match="arena_revealed"):
        await arenas.vote(a_caller(BEN, at=9.0), arena.id, "1", 0, Choice.FIRST)
    log = await SqlAuditLog(database).about(f"{arena.id}/1/0")
    told = [(entry.action, entry.details) for entry in log if entry.outcome == "done"]
    assert told == [("vote", ""), ("vote", "")], "that they voted, not how"


async def test_it_reveals_itself_when_all_pairs_have_their_votes_or_the_time_is_over(
    arenas: Arenas, store: SqlComparisonStore, validation: str
) -> None:
    arena = await arenas.open(a_caller(), HERE, [TUNED, MODEL], validation, 2, votes_wanted=1)
    assert arena.arena is not None
    now = arena.created_at
    assert not await arenas.reveal_if_due(arena, now)
    await answered(store, arena)
    await arenas.vote(a_caller(BEN), arena.id, "1", 0, Choice.TIE)
    assert not await arenas.reveal_if_due(arena, now)
    await arenas.vote(a_caller(BEN), arena.id, "2", 0, Choice.TIE)
    assert await arenas.reveal_if_due(arena, now)
    forgotten = await arenas.open_on(a_caller(key="command/2"), HERE, [TUNED, MODEL], "Who?")
    assert not await arenas.reveal_if_due(forgotten, now + 6.9 * 86_400)
    assert await arenas.reveal_if_due(forgotten, now + 7 * 86_400)


async def test_a_pair_that_nobody_can_vote_on_is_not_waited_for(
    arenas: Arenas, store: SqlComparisonStore, validation: str
) -> None:
    arena = await arenas.open(a_caller(), HERE, [TUNED, MODEL], validation, 2, votes_wanted=1)
    await answered(store, arena, failed="1")
    await arenas.vote(a_caller(BEN), arena.id, "2", 0, Choice.TIE)
    assert await arenas.reveal_if_due(arena, arena.created_at)


async def test_nothing_is_told_of_votes_before_the_reveal_and_preferences_after_it(
    arenas: Arenas, store: SqlComparisonStore
) -> None:
    arena = await arenas.open_on(a_caller(), HERE, [TUNED, MODEL], "Who?")
    await answered(store, arena)
    (question,) = await store.questions(arena.id)
    first, second = question.pairs[0]
    await arenas.vote(a_caller(BEN, at=5.0), arena.id, "1", 0, Choice.SECOND)
    await arenas.vote(a_caller(EVE, at=6.0), arena.id, "1", 0, Choice.BAD)
    assert await arenas.preferences(a_caller()) == []
    assert (await arenas.standings(a_caller())).rankings == []
    assert await arenas.ranking(arena) == []
    await arenas.reveal(a_caller(), arena.id)
    expected = Preference(
        arena=arena.id,
        prompt=(ChatMessage("user", "Who?"),),
        chosen=f"{second} on 1",
        rejected=f"{first} on 1",
        chosen_model=second,
        rejected_model=first,
        voter=BEN.user,
        channel=CHANNEL,
        private=False,
        at=5.0,
    )
    assert await arenas.preferences(a_caller()) == [expected]
    assert await arenas.preferences(a_caller(), arena.id) == [expected]
    assert await arenas.preferences(a_caller(), "cmp-other") == []
    standings = await arenas.standings(a_caller(BEN))
    assert (standings.arenas, standings.open) == (1, 0)
    assert [standing.model for standing in standings.rankings[0].standings] == [second, first]


async def test_nobody_opens_an_arena_that_the_budget_cannot_pay(
    arenas: Arenas, store: SqlComparisonStore, budgets: SqlBudgetStore
) -> None:
    await budgets.set_budget(Scope.CHANNEL, CHANNEL, 0.0, Entry("budget", 1.0, EVE.user, "set budget", CHANNEL))
    with pytest.raises(OverBudget):
        await arenas.open_on(a_caller(), HERE, [TUNED, MODEL], "Who?")
    assert await store.due(1.0) == []


async def test_what_was_voted_in_a_private_channel_stays_there(arenas: Arenas, store: SqlComparisonStore) -> None:
    secret = Place("C0SECRET")
    there = a_caller(channel="C0SECRET", answers_in=secret, posts_in=secret)
    arena = await arenas.open_on(there, Origin("T0ACME", "C0SECRET", True), [TUNED, MODEL], "Who?")
    await answered(store, arena)
    await arenas.vote(there, arena.id, "1", 0, Choice.FIRST)
    with pytest.raises(NotFound, match="comparison_gone"):
        await arenas.vote(a_caller(BEN), arena.id, "1", 0, Choice.FIRST)
    with pytest.raises(NotFound, match="comparison_gone"):
        await arenas.reveal(a_caller(EVE), arena.id)
    await arenas.reveal(there, arena.id)
    assert await arenas.preferences(a_caller(EVE)) == []
    assert (await arenas.standings(a_caller(EVE))).arenas == 0
    (preference,) = await arenas.preferences(there)
    assert preference.private
