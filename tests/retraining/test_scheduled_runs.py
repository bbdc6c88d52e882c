"""Trainings that repeat: when a job is asked for, in whose name, and on what."""

from typing import Any

import msgspec
import pytest

from bot.access import Actor, Role
from bot.errors import Denied, Invalid, NotFound
from bot.jobs import states
from bot.jobs.admission import Rules
from bot.jobs.job import Origin
from bot.notices.interfaces import PostLater
from bot.providers.openai_protocol import OpenAIProtocol
from bot.retraining.schedule import Outcome
from bot.store.database import Database
from tests.retraining.conftest import PARENT, PRIVATE, PUBLIC, World
from tests.retraining.stage import DAY, MONDAY, Stage, begun
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

BEN = Actor("U0BEN", "T0ACME")
HERE = Origin("T0ACME", PUBLIC, False)


@pytest.fixture
async def stage(world: World, database: Database, provider: OpenAIProtocol, stand_in: StandInProvider) -> Stage:
    return await begun(world, database, provider, stand_in)


async def test_when_it_is_due_and_enough_is_new_a_job_is_asked_for_in_its_owner_s_name_once(stage: Stage) -> None:
    schedule = await stage.set(epochs="2")
    await stage.tick(0)
    assert stage.posted == [], "not due yet"
    await stage.tick(1)
    await stage.tick(1)
    (job,) = await stage.asked()
    assert (job.requester, job.base_model, job.origin.thread_ts) == (ANA.user, PARENT, "5.0")
    assert (job.requested_hyperparameters.n_epochs, job.suffix) == (2, "voice-2")
    assert stage.posted == [4]
    known = await stage.store.get(schedule.id)
    assert known is not None
    assert known.latest is not None
    assert (known.latest.outcome, known.latest.job, known.running) == (Outcome.STARTED, job.id, None)
    assert await stage.outcomes() == [f"started {job.id}"]
    assert [entry.action for entry in await stage.world.audit.about(job.id)] == ["submit"]


async def test_with_too_few_new_examples_nothing_is_said_and_it_is_recorded(stage: Stage) -> None:
    await stage.set(at_least="5")
    await stage.tick(7)
    assert (stage.posted, await stage.asked(), await stage.refusals()) == ([], [], [])
    assert await stage.outcomes() == ["too few 4"]
    await stage.add("fifth")
    await stage.tick(7)
    assert len(await stage.asked()) == 1


async def test_what_a_model_has_learned_from_is_new_no_more_and_two_never_overlap(stage: Stage) -> None:
    await stage.set("daily")
    await stage.tick(1)
    (first,) = await stage.asked()
    await stage.add("a", "b", "c")
    await stage.tick(1)
    assert (await stage.outcomes())[1:] == [f"still running {first.id}"]
    await stage.end(first, "ft:second")
    await stage.tick(1)
    first, second = await stage.asked()
    assert (stage.posted, second.base_model) == ([4, 3], "ft:second")
    await stage.end(second, "ft:third")
    await stage.tick(1)
    assert (await stage.outcomes())[-1] == "too few 0"


async def test_after_a_time_without_the_bot_only_the_latest_is_made_up_for(stage: Stage) -> None:
    await stage.set("daily")
    await stage.tick(30)
    (job,) = await stage.asked()
    assert job.cause == f"{(await stage.store.all())[0].id}/{MONDAY + 29 * DAY:.0f}"
    assert len(await stage.outcomes()) == 1


async def test_what_was_begun_before_a_crash_goes_on_and_is_not_asked_for_twice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.set()
    stage.slack = PostLater("ratelimited", 30)
    await stage.tick(1)
    assert (await stage.store.all())[0].running == MONDAY, "Slack has trouble: later"
    stage.slack = None
    finish = stage.runs._finish

    async def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stage.runs, "_finish", killed)
    with pytest.raises(KeyboardInterrupt):
        await stage.runs.tick()
    await stage.submitter.settled()
    monkeypatch.setattr(stage.runs, "_finish", finish)
    await stage.tick(7)
    (job,) = await stage.asked()
    assert stage.posted == [4]
    assert stage.looked_for == [False, True], "what was said before is not said again"
    assert (await stage.store.all())[0].done_until == MONDAY
    await stage.tick(0)
    assert (await stage.outcomes()) == [f"started {job.id}", f"still running {job.id}"]


async def test_it_waits_for_approval_and_keeps_to_the_budget_like_any_job(stage: Stage) -> None:
    stage.make(Rules(approval_above=0.0, deciders=["U0BOSS"]))
    await stage.set("daily")
    await stage.tick(1)
    (job,) = await stage.asked()
    assert job.state == states.AWAITING_APPROVAL
    await stage.tick(1)
    assert (await stage.outcomes())[-1] == f"still running {job.id}"


async def test_a_correction_of_what_a_model_has_learned_from_is_new(stage: Stage) -> None:
    await stage.set("daily", at_least="1")
    await stage.tick(1)
    (first,) = await stage.asked()
    await stage.end(first, "ft:second")
    await stage.tick(1)
    assert (await stage.outcomes())[1:] == ["too few 0"]
    await stage.correct("col-1-0")
    await stage.tick(1)
    assert stage.posted == [4, 1]


async def test_only_its_owner_and_administrators_change_or_stop_it(stage: Stage) -> None:
    schedule = await stage.set()
    with pytest.raises(Denied, match="only_owner"):
        await stage.scheduling.set(a_caller(BEN), HERE, "col-1", "daily")
    with pytest.raises(Denied, match="only_owner"):
        await stage.scheduling.stop(a_caller(BEN), schedule.id)
    (seen,) = await stage.scheduling.here(a_caller(BEN, at=stage.now))
    assert (seen.next_at, seen.may_stop) == (MONDAY, False)
    await stage.scheduling.stop(a_caller(msgspec.structs.replace(BEN, role=Role.ADMIN)), schedule.id)
    assert await stage.scheduling.here(a_caller()) == []
    with pytest.raises(NotFound):
        await stage.scheduling.stop(a_caller(), schedule.id)
    acts = [entry.action for entry in await stage.world.audit.about("col-1")]
    assert acts[-2:] == ["schedule training", "unschedule training"]


async def test_each_channel_has_its_own_and_a_private_one_is_seen_there_only(stage: Stage) -> None:
    await stage.set(channel=PRIVATE)
    assert await stage.scheduling.here(a_caller(BEN)) == []
    assert len(await stage.scheduling.here(a_caller(BEN, channel=PRIVATE))) == 1
    await stage.scheduling.set(a_caller(BEN), HERE, "col-1", "daily")
    assert len(await stage.store.all()) == 2


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"every": "hourly"}, "no_such_times"),
        ({"every": "*/30 * * * *"}, "times_too_often"),
        ({"at_least": "many"}, "no_such_count"),
        ({"epochs": "99"}, "settings_refused"),
    ],
)
async def test_what_cannot_be_is_refused_when_it_is_set_up(stage: Stage, wrong: dict[str, str], kind: str) -> None:
    with pytest.raises(Invalid, match=kind):
        await stage.set(**wrong)
    assert await stage.store.all() == []
