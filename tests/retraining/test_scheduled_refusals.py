"""Trainings that repeat, where no job can be started: what is said, what is waited for, and what ends them."""

from typing import Any

import msgspec
import pytest

from bot.access import Actor, Caller, Role
from bot.audit import Entry, Outcome
from bot.errors import Denied
from bot.jobs.admission import Rules
from bot.notices.interfaces import PostLater, PostRefused
from bot.providers.interface import Unreachable
from bot.providers.openai_protocol import OpenAIProtocol
from bot.retraining.next_model import Plan
from bot.store.database import Database
from tests.retraining.conftest import PRIVATE, PUBLIC, World
from tests.retraining.stage import DAY, MONDAY, Stage, begun
from tests.slack_requests import ANA
from tests.stand_in_provider import StandInProvider


@pytest.fixture
async def stage(world: World, database: Database, provider: OpenAIProtocol, stand_in: StandInProvider) -> Stage:
    return await begun(world, database, provider, stand_in)


async def test_one_that_is_refused_is_said_once_for_each_cause_and_tried_again_with_the_same_file(stage: Stage) -> None:
    stage.make(Rules(approval_above=0.0))
    await stage.set("daily")
    await stage.tick(1)
    ((channel, said),) = await stage.refusals()
    assert (channel, said.ended) == (PUBLIC, False)
    assert said.why.startswith("nobody_to_approve")
    await stage.tick(1)
    assert (len(await stage.refusals()), len(await stage.outcomes())) == (1, 2), "recorded, but not said again"
    stage.slack = PostRefused("restricted_action")
    await stage.add("later")
    await stage.tick(1)
    assert [said.why.partition(" ")[0] for _, said in await stage.refusals()][1:] == ["file_not_posted"]
    stage.slack = None
    await stage.tick(1)
    assert stage.posted == [4, 5], "once for each state of the training set"
    stage.make(Rules())
    await stage.tick(1)
    (job,) = await stage.asked()
    assert stage.posted == [4, 5]
    (known,) = await stage.store.all()
    assert (known.job, known.file, known.told) == (job.id, None, "")


async def test_a_file_that_was_made_is_not_trained_on_once_something_in_it_was_withdrawn(stage: Stage) -> None:
    stage.make(Rules(approval_above=0.0))
    await stage.set("daily")
    await stage.tick(1)
    withdrawn = Entry("withdraw/1", stage.now, ANA.user, "withdraw", ANA.user)
    await stage.world.collections.erase(["col-1-0"], withdrawn)
    stage.make(Rules())
    await stage.tick(1)
    (job,) = await stage.asked()
    assert stage.posted == [4, 3]
    dataset = await stage.world.datasets.get(str(job.dataset_id))
    assert dataset is not None
    trained_on = stage.world.file_store.path(dataset.sha256).read_text(encoding="utf-8")
    assert "New question 0?" not in trained_on
    assert "New question 1?" in trained_on


async def test_whoever_sets_it_up_anew_is_told_anew_and_what_is_being_done_goes_on(stage: Stage) -> None:
    stage.make(Rules(approval_above=0.0))
    await stage.set("daily")
    await stage.tick(1)
    stage.slack = PostLater("ratelimited", 30)
    await stage.add("later")
    await stage.tick(1)
    anew = await stage.set("daily")
    (known,) = await stage.store.all()
    assert (anew.running, known.running) == (None, MONDAY + DAY)
    stage.slack = None
    await stage.tick(0)
    assert len(await stage.refusals()) == 2


async def test_a_provider_in_trouble_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.set()
    with monkeypatch.context() as away:

        async def unreachable(*_: Any) -> Plan:
            raise Unreachable("unreachable", {"address": "https://models.example"}, code="connection_error")

        away.setattr(stage.world.next_models, "plan", unreachable)
        await stage.tick(1)
        assert (await stage.refusals(), await stage.outcomes()) == ([], [])
    await stage.tick(0.1)
    assert len(await stage.asked()) == 1


async def test_a_fault_in_one_keeps_no_other_from_its_time(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.set(channel=PRIVATE)
    await stage.set()
    plan = stage.world.next_models.plan

    async def at_fault(caller: Caller, collection_id: str) -> Plan:
        if caller.channel == PRIVATE:
            raise RuntimeError
        return await plan(caller, collection_id)

    monkeypatch.setattr(stage.world.next_models, "plan", at_fault)
    await stage.tick(1)
    assert [job.origin.channel for job in await stage.asked()] == [PUBLIC]


@pytest.mark.parametrize(
    "owner",
    [
        msgspec.structs.replace(ANA, deactivated=True),
        msgspec.structs.replace(ANA, role=Role.VIEWER),
        Denied("who_is_unknown", slack="user_not_found"),
    ],
    ids=["deactivated", "viewer", "unknown to Slack"],
)
async def test_it_ends_with_a_message_when_its_owner_may_start_jobs_no_more(
    stage: Stage, owner: Actor | Exception
) -> None:
    await stage.set("daily")
    stage.actors[ANA.user] = owner
    await stage.tick(1)
    await stage.tick(1)
    ((channel, said),) = await stage.refusals()
    assert (channel, said.ended, said.why) == (PUBLIC, True, "starts_jobs_no_more")
    assert (await stage.store.all(), stage.posted) == ([], [])
    (entry,) = [one for one in await stage.world.audit.about("col-1") if one.action == "scheduled training"]
    assert (entry.actor, entry.outcome, entry.details) == (ANA.user, Outcome.REFUSED, "starts_jobs_no_more")


async def test_it_waits_while_slack_does_not_tell_who_its_owner_is(stage: Stage) -> None:
    await stage.set()
    stage.actors[ANA.user] = Denied("who_is_unknown", slack="fatal_error")
    await stage.tick(1)
    assert (await stage.refusals(), await stage.outcomes()) == ([], [])
    stage.actors[ANA.user] = ANA
    await stage.tick(0.1)
    assert len(await stage.asked()) == 1


async def test_it_ends_when_its_owner_has_left_the_private_channel_or_the_bot_has(stage: Stage) -> None:
    await stage.set()
    stage.slack = PostRefused("not_in_channel")
    await stage.tick(1)
    ((channel, said),) = await stage.refusals()
    assert (channel, said.why, said.ended) == (ANA.user, "not_in_its_channel", True)
    await stage.set(channel=PRIVATE)
    stage.members.clear()
    await stage.tick(7)
    assert [said.why for _, said in await stage.refusals()][1:] == ["left_the_channel"]
    assert await stage.store.all() == []


async def test_it_ends_with_its_training_set(stage: Stage) -> None:
    await stage.set()
    await stage.world.collection(id="col-2")
    await stage.world.collections.merge("col-1", "col-2", [Entry("merge", 1.0, ANA.user, "merge collection", "col-1")])
    await stage.tick(1)
    assert await stage.store.all() == []
    assert [said.why for _, said in await stage.refusals()] == ["no_such_thing kind=collection"]
