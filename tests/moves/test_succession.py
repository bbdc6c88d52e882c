"""Going on with a successor: in the channel, in what still asks the old model there, and in other channels."""

from typing import Any, cast
from unittest.mock import AsyncMock

import msgspec
import pytest

from bot.access import Actor, Role
from bot.audit import Entry
from bot.conversations.conversation import Conversation
from bot.errors import Conflict, Denied
from bot.evaluations.evaluation import Evaluation, Repeat
from bot.evaluations.evaluations import Evaluations
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.jobs.notice import SuccessorOffered
from bot.moves.move import Move
from bot.moves.planning import MoveRequest
from bot.moves.succession import Succession
from bot.providers.chat import Usage
from bot.spending.model_use import ModelUse
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.grader_files import SqlGraderFileStore
from bot.store.model_uses import SqlModelUses
from bot.store.outbox import SqlOutbox
from bot.store.spending import SqlModelUseStore
from tests.moves.conftest import HOME_MODEL, MakeWorkshop, Workshop
from tests.slack_requests import a_caller
from tests.store_reading import all_notices

HERE = Origin("T0ACME", "C0TRAINING", False)


class Started:
    """Stands in for the use cases of evaluations: notes what is begun, over the stored ones."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.requests: list[Any] = []

    async def known(self, caller: Any, evaluation_id: str, action: Any) -> Evaluation:
        known = await self.workshop.evaluations.get(evaluation_id)
        assert known is not None
        await self.workshop.authority.require(caller, action, known.resource)
        return known

    async def start(self, _caller: Any, _origin: Origin, request: Any) -> Evaluation:
        self.requests.append(request)
        started = an_evaluation("eval-new", request.models)
        await self.workshop.evaluations.open(started, (), begun(started))
        return started


class Channel:
    """One whose model was moved, and whose successor is there unless `trained` is false."""

    def __init__(self, workshop: Workshop, database: Database) -> None:
        self.workshop, self.database = workshop, database
        self.started = Started(workshop)
        self.conversations = SqlConversationStore(database)
        self.succession = Succession(
            workshop.moves,
            workshop.groups,
            AsyncMock(),
            SqlModelUses(database),
            self.conversations,
            cast(Evaluations, self.started),
            workshop.evaluations,
            SqlGraderFileStore(database),
            SqlOutbox(database),
            workshop.authority,
        )

    async def moved(self, *, private: bool = False) -> tuple[Move, str, str]:
        """The move, its job, the old model."""
        old = await self.workshop.made("support")
        origin = msgspec.structs.replace(HERE, private=private)
        move = await self.workshop.moves.start(a_caller(), MoveRequest("home", HOME_MODEL), origin, "command/1")
        await self.workshop.submitter.settled()
        return move, move.models[0].job_id, str(old.fine_tuned_model)

    async def trained(self, *, private: bool = False) -> tuple[Move, str, str]:
        move, job_id, old = await self.moved(private=private)
        await self.workshop.jobs.update(job_id, _succeeded)
        return move, job_id, old

    async def asked(
        self, model: str, channel: str, subject: str = "cv-0", user: str = "U0BEN", at: float = 1.0
    ) -> None:
        await SqlModelUseStore(self.database).add(ModelUse(user, channel, model, subject, Usage(1, 1), None, at))

    async def offers(self) -> list[str]:
        told = await all_notices(self.database)
        return [one.channel for one in told if isinstance(one.body, SuccessorOffered)]


@pytest.fixture
def channel(make_workshop: MakeWorkshop, database: Database) -> Channel:
    return Channel(make_workshop(), database)


def _succeeded(job: Job) -> JobUpdate:
    return JobUpdate(msgspec.structs.replace(job, state=states.SUCCEEDED, fine_tuned_model="new"))


def an_evaluation(id: str, models: tuple[str, ...], owner: str = "U0ANA") -> Evaluation:
    return Evaluation(
        id=id,
        models=models,
        dataset_id="ds-1",
        file_name="held.jsonl",
        file="sha",
        grader={},
        grader_name="match",
        n=20,
        seed=7,
        team="T0ACME",
        channel="C0TRAINING",
        owner=owner,
        created_at=1.0,
    )


def begun(evaluation: Evaluation) -> Entry:
    return Entry(f"begun/{evaluation.id}", 1.0, evaluation.owner, "evaluate", evaluation.id, "C0TRAINING")


async def test_a_successor_becomes_the_current_model_once_it_is_there(channel: Channel) -> None:
    move, job_id, old = await channel.moved()
    with pytest.raises(Conflict, match="no_model_yet"):
        await channel.succession.adopt(a_caller(), move.id, job_id)
    await channel.workshop.jobs.update(job_id, _succeeded)
    adopted = await channel.succession.adopt(a_caller(), move.id, job_id)
    assert (adopted.old, adopted.new) == (old, "new")
    assert await channel.workshop.evaluations.current_model("C0TRAINING") == "new"
    known = await channel.workshop.groups.get(move.id)
    assert isinstance(known, Move)
    assert known.models[0].adopted_by == "U0ANA"
    with pytest.raises(Denied):
        await channel.succession.adopt(a_caller(Actor("U0EVE", "T0ACME", Role.VIEWER)), move.id, job_id)


async def test_threads_that_were_lately_used_and_repeated_evaluations_still_ask_the_old_model(channel: Channel) -> None:
    move, job_id, old = await channel.trained()
    now = a_caller().at
    for name, place, at in (("late", "C0TRAINING", now - 60), ("old", "C0TRAINING", 1.0), ("away", "C0OTHER", now)):
        await channel.conversations.open(Conversation(name, old, "T0ACME", place, name, "U0BEN", 1.0))
        await channel.asked(old, place, name, at=at)
    store = channel.workshop.evaluations
    for name in ("repeated", "once"):
        await store.open(one := an_evaluation(name, (old, "other")), (), begun(one))
    await store.set_repeat("repeated", Repeat("repeated", 7, now + 1, "repeated"), None)
    successor = await channel.succession.get(a_caller(), move.id, job_id)
    used = await channel.succession.still_used(a_caller(), successor)
    assert [one.id for one in used.conversations] == ["late"]
    assert [one.id for one in used.repeats] == ["repeated"]


async def test_a_repeated_evaluation_goes_on_with_the_new_model_for_whoever_may_decide(channel: Channel) -> None:
    move, job_id, old = await channel.trained()
    store = channel.workshop.evaluations
    known = an_evaluation("repeated", (old, "other"), owner="U0BEN")
    await store.open(known, (), begun(known))
    await store.set_repeat("repeated", Repeat("repeated", 7, 1.0, "repeated", 3), None)
    successor = await channel.succession.get(a_caller(), move.id, job_id)
    with pytest.raises(Denied):
        await channel.succession.repeat_with(a_caller(), known, successor)
    ben = a_caller(Actor("U0BEN", "T0ACME"))
    for _ in range(2):  # done again after a crash
        await channel.succession.repeat_with(ben, known, successor)
    (request,) = channel.started.requests
    assert (request.models, request.dataset_id, request.seed) == (("new", "other"), "ds-1", 7)
    assert await store.repeat("repeated") is None
    after = await store.repeat("eval-new")
    assert after is not None
    assert (after.days, after.next_at) == (7, ben.at + 7 * 86_400)


async def test_other_channels_that_use_the_old_model_are_asked_once_and_only_those_one_may_know_are_named(
    channel: Channel, database: Database
) -> None:
    move, job_id, old = await channel.trained()
    await channel.asked(old, "C0SALES")
    await channel.asked(old, "D0BEN")
    await channel.asked("another", "C0LEGAL")
    for _ in range(2):
        assert await channel.succession.offer(a_caller(), move.id, job_id) == ["C0SALES"]
    assert sorted(await channel.offers()) == ["C0SALES", "D0BEN"]


async def test_a_successor_of_a_private_channel_is_offered_nowhere_else(channel: Channel) -> None:
    move, job_id, old = await channel.trained(private=True)
    await channel.asked(old, "C0SALES")
    assert await channel.succession.offer(a_caller(), move.id, job_id) == []
    assert await channel.offers() == []
