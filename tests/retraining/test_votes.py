"""Votes in an arena become preference pairs: of what most people prefer, once, and only where it may be seen."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from bot.access import Actor
from bot.audit import Entry
from bot.collections.adding import ThreadCollections
from bot.compare.arenas import Arenas
from bot.compare.comparison import Choice, Comparison, Failure, ModelAnswer
from bot.errors import Conflict, NotFound
from bot.jobs.job import Origin
from bot.retraining.votes import ArenaVotes
from bot.store.comparisons import SqlComparisonStore
from bot.worker_processes import WorkerPools
from tests.parts import CHANNEL, MODEL
from tests.retraining.conftest import PARENT, PRIVATE, World, chat
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

NEXT = f"ft:{MODEL}:acme:voice-2:2"
VOTERS = [Actor(f"U0{name}", "T0ACME") for name in ("ANA", "BEN", "CAI", "DEE")]
ERASED = Entry("erase", 1.0, "U0BEN", "withdraw", "U0BEN")
Picks = Sequence[str | None]
"""The model that each person votes for; None for a tie."""


class Voting:
    def __init__(self, world: World, store: SqlComparisonStore, arenas: Arenas, pools: WorkerPools) -> None:
        self.world, self.store, self.arenas = world, store, arenas

        async def names(user: str) -> tuple[str, ...]:
            return ("Ben Hall",) if user == "U0BEN" else ()

        self.votes = ArenaVotes(
            store,
            arenas,
            world.collections,
            ThreadCollections(world.collections, world.authority),
            world.sources,
            world.datasets,
            world.file_store,
            pools,
            names,
            world.authority,
        )

    async def opened(self, dataset: str, channel: str = CHANNEL) -> Comparison:
        origin = Origin("T0ACME", channel, channel == PRIVATE)
        return await self.arenas.open(
            a_caller(channel=channel, key=f"arena/{dataset}"), origin, [NEXT, PARENT], dataset
        )

    async def voted(self, arena: Comparison, picks: Picks, answers: dict[str, ModelAnswer] | None = None) -> None:
        """All pairs are answered, and voted on alike; then the names are revealed."""
        for question in await self.store.questions(arena.id):
            for model in question.models:
                answer = (answers or {}).get(model) or ModelAnswer(f"{model} says so, Ben Hall.")
                await self.store.answered(arena.id, question.id, model, answer)
            [pair] = question.pairs
            for voter, pick in zip(VOTERS, picks, strict=False):
                choice = Choice.TIE if pick is None else (Choice.FIRST, Choice.SECOND)[pair.index(pick)]
                await self.arenas.vote(a_caller(voter, arena.channel), arena.id, question.id, 0, choice)
        await self.arenas.reveal(a_caller(channel=arena.channel), arena.id)

    async def added(self, arena: Comparison, actor: Actor = ANA, key: str = "press/1") -> tuple[int, int]:
        """How many pairs are new, and how many the set has."""
        caller = a_caller(actor, arena.channel, key=key, at=float(len(key)))
        done = await self.votes.add(caller, await self.votes.pairs(caller, arena.id), "Preferences")
        return done.new, done.last.size if done.last else 0

    async def pairs(self) -> list[dict[str, object]]:
        [collection] = [one for one in await self.world.collections.all() if one.name == "Preferences"]
        return [orjson.loads(one.line) for one in await self.world.collections.examples(collection.id)]


@pytest.fixture
def voting(
    world: World, store: SqlComparisonStore, arenas: Arenas, pools: WorkerPools, stand_in: StandInProvider
) -> Voting:
    stand_in.tuned += [PARENT, NEXT]
    return Voting(world, store, arenas, pools)


async def test_what_most_prefer_becomes_a_masked_pair_once_whoever_adds_it(voting: Voting) -> None:
    await voting.world.file("ds-1", chat("Mail ben@acme.com?", "Yes."))
    arena = await voting.opened("ds-1")
    await voting.voted(arena, [NEXT, NEXT, PARENT])
    assert await voting.added(arena) == (1, 1)
    assert await voting.added(arena) == (1, 1), "the same request again, after a crash"
    assert await voting.added(arena, VOTERS[1], "press/no 2") == (0, 0)
    assert await voting.pairs() == [
        {
            "input": {"messages": [{"role": "user", "content": "Mail [EMAIL_1]?"}]},
            "preferred_output": [{"role": "assistant", "content": f"{NEXT} says so, Ben Hall."}],
            "non_preferred_output": [{"role": "assistant", "content": f"{PARENT} says so, Ben Hall."}],
        }
    ]
    [collection] = await voting.world.collections.all()
    [example] = await voting.world.collections.examples(collection.id)
    assert (example.origin, example.model, example.contributors) == ("arena", NEXT, ())
    added = [one for one in await voting.world.audit.about(collection.id) if one.action == "add example"]
    assert len(added) == 1


@pytest.mark.parametrize("picks", [(NEXT, PARENT), (NEXT, None), (NEXT, PARENT, None, None), (None,), ()])
async def test_without_more_than_half_of_all_votes_nothing_is_learned(voting: Voting, picks: Picks) -> None:
    await voting.world.file("ds-1", chat("Who?", "Me."))
    arena = await voting.opened("ds-1")
    await voting.voted(arena, picks)
    with pytest.raises(Conflict, match="no_clear_votes"):
        await voting.added(arena)


async def test_before_the_reveal_nothing_is_told(voting: Voting) -> None:
    await voting.world.file("ds-1", chat("Who?", "Me."))
    with pytest.raises(Conflict, match="names_hidden"):
        await voting.added(await voting.opened("ds-1"))


async def test_killed_between_two_pairs_the_same_request_adds_the_rest(
    voting: Voting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await voting.world.file("ds-1", *(chat(f"Who, {n}?", "Me.") for n in range(3)))
    arena = await voting.opened("ds-1")
    await voting.voted(arena, [NEXT])
    add, left = ThreadCollections.add, [True]

    async def killed(*given: Any) -> Any:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return await add(*given)

    with monkeypatch.context() as patched:
        patched.setattr(ThreadCollections, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            await voting.added(arena)
    assert len(await voting.pairs()) == 1
    assert await voting.added(arena) == (3, 3)
    [collection] = await voting.world.collections.all()
    done = [entry.action for entry in await voting.world.audit.about(collection.id)]
    assert done == ["create collection", "add example"]


async def test_two_answers_that_say_the_same_are_no_pair(voting: Voting) -> None:
    await voting.world.file("ds-1", chat("Who?", "Me."))
    arena = await voting.opened("ds-1")
    await voting.voted(arena, [NEXT], dict.fromkeys((NEXT, PARENT), ModelAnswer("The same.")))
    with pytest.raises(Conflict, match="no_clear_votes"):
        await voting.added(arena)


async def test_a_pair_of_which_one_answer_failed_is_passed_over(voting: Voting) -> None:
    await voting.world.file("ds-1", chat("Who?", "Me."), chat("What?", "It."))
    arena = await voting.opened("ds-1")
    first, second = await voting.store.questions(arena.id)
    for model in first.models:
        await voting.store.answered(arena.id, first.id, model, ModelAnswer("", failure=Failure("model_said_nothing")))
        await voting.store.answered(arena.id, second.id, model, ModelAnswer(model))
    [pair] = second.pairs
    choice = (Choice.FIRST, Choice.SECOND)[pair.index(NEXT)]
    await voting.arenas.vote(a_caller(), arena.id, second.id, 0, choice)
    await voting.arenas.reveal(a_caller(), arena.id)
    assert await voting.added(arena) == (1, 1)


async def test_whose_words_are_in_the_prompts_can_take_them_back_before_and_after(voting: Voting) -> None:
    world = voting.world
    await world.collection(chat("Asked by Ben?", "Yes."), chat("Asked by Ana?", "Yes."))
    theirs = await world.collections.example("col-1-0")
    assert theirs is not None
    await world.example("col-1-0", theirs.line, contributor="U0BEN")
    await world.file("ds-1", theirs.line, chat("Asked by Ana?", "Yes."))
    await world.collections.exported("ds-1", ["col-1-0", "col-1-1"], ERASED)
    arena = await voting.opened("ds-1")
    await voting.voted(arena, [NEXT])
    assert await voting.added(arena) == (2, 2)
    held = await world.collections.of_contributor("U0BEN")
    assert sorted(one.origin for one in held) == ["arena", "thread"], "so it is erased with the other"
    assert "[NAME_1]" in next(one.line for one in held if one.origin == "arena")
    await world.collections.erase([one.id for one in held], ERASED)
    assert await voting.added(arena, key="press/again") == (0, 0), "not from the arena either"


async def test_what_was_voted_in_private_stays_there(voting: Voting) -> None:
    await voting.world.file("ds-1", chat("Who?", "Me."), channel=PRIVATE)
    arena = await voting.opened("ds-1", PRIVATE)
    await voting.voted(arena, [NEXT])
    with pytest.raises(NotFound):
        await voting.votes.pairs(a_caller(VOTERS[1]), arena.id)
    assert await voting.added(arena) == (1, 1)
    [collection] = await voting.world.collections.all()
    [example] = await voting.world.collections.examples(collection.id)
    assert (collection.private, collection.channel, example.private) == (True, PRIVATE, True)
