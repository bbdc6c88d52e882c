"""Trainings that repeat: when a job is asked for, in whose name, and what is said where it cannot be."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from parts import a_report, channel_providers
from retraining.conftest import PARENT, PRIVATE, PUBLIC, World, chat
from slack_requests import ANA, a_caller
from stand_in_provider import StandInProvider
from store_reading import all_notices

from bot.access import Actor, Caller, Role
from bot.audit import Entry
from bot.datasets.dataset import Dataset
from bot.datasets.lookup import DatasetLookup
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.trainable import TrainableDatasets
from bot.errors import Denied, Invalid, NotFound
from bot.job_requests import JobRequests
from bot.jobs import states
from bot.jobs.admission import Rules
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.notice import RetrainingRefused
from bot.jobs.submit import Submitter
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.trainable import TrainableModels
from bot.notices.interfaces import PostLater, PostRefused
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.retraining.next_model import Plan
from bot.retraining.schedule import Outcome, Schedule
from bot.retraining.scheduled_runs import ScheduledRuns
from bot.retraining.scheduling import Scheduling
from bot.store.database import Database
from bot.store.evaluations import SqliteEvaluationStore
from bot.store.schedules import SqliteScheduleStore

BEN = Actor("U0BEN", "T0ACME")
MONDAY = 1_795_424_400.0
"""2026-11-23 09:00 UTC."""
DAY = 86_400.0
OLD = [chat(f"Old question {n}?", "Old.") for n in range(10)]
HERE = Origin("T0ACME", PUBLIC, False)


class Stage:
    """`now`: by the bot's clock. `posted`: with how many new examples a file was posted."""

    def __init__(self, world: World, database: Database, provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
        self.world, self.database, self.stand_in = world, database, stand_in
        self.provider = provider
        self.store = SqliteScheduleStore(database)
        self.now = MONDAY - 3600
        self.actors = {ANA.user: ANA}
        self.members = {ANA.user}
        self.posted: list[int] = []
        self.looked_for: list[bool] = []
        self.slack: Exception | None = None
        self.make(Rules())

    def make(self, rules: Rules) -> None:
        world, authority, providers = self.world, self.world.authority, Providers(self.provider)
        lookup = DatasetLookup(world.datasets, authority)
        trainable = TrainableDatasets(world.datasets, lookup, authority)
        catalogue = Catalogue(providers, world.jobs)
        channels = channel_providers(self.provider)

        async def locate(dataset_id: str) -> tuple[Path, str]:
            dataset = await world.datasets.get(dataset_id)
            assert dataset is not None
            return world.file_store.path(dataset.sha256), dataset.sha256

        self.submitter = Submitter(world.jobs, providers, locate, rules=rules)
        requests = JobRequests(
            jobs=world.jobs,
            job_lookup=JobLookup(world.jobs, authority),
            dataset_lookup=lookup,
            trainable=trainable,
            provider_files=ProviderFiles(channels, world.datasets, world.jobs, authority),
            catalogue=catalogue,
            submitter=self.submitter,
            providers=providers,
            channel_providers=channels,
            authority=authority,
            audit=world.audit,
        )
        models = ModelLookup(catalogue, SqliteEvaluationStore(self.database), authority)
        self.scheduling = Scheduling(self.store, world.collections, requests, models, self, authority)
        self.runs = ScheduledRuns(
            self.store,
            world.collections,
            world.learned,
            world.next_models,
            self.post,
            world.datasets,
            trainable,
            TrainableModels(catalogue, models, providers, channels),
            requests,
            world.jobs,
            self,
            authority,
            lambda: self.now,
        )

    async def zone(self, _user: str) -> str:
        return "UTC"

    async def actor(self, user: str) -> Actor:
        return self.actors[user]

    async def is_in(self, _channel: str, user: str) -> bool:
        return user in self.members

    async def post(self, _schedule: Schedule, caller: Caller, plan: Plan, new: int) -> Dataset:
        self.looked_for.append(caller.is_retry)
        if self.slack is not None:
            raise self.slack
        self.posted.append(new)
        made = await self.world.next_models.make(caller, plan, "5.0", private=False)
        checked = msgspec.structs.replace(made, report=a_report())
        await self.world.datasets.save(checked)
        return checked

    async def set(self, every: str = "weekly", at_least: str = "3", channel: str = PUBLIC, **words: str) -> Schedule:
        caller = a_caller(channel=channel, key=f"set/{self.now}", at=self.now)
        origin = Origin("T0ACME", channel, channel != PUBLIC)
        done = await self.scheduling.set(caller, origin, "col-1", every, at_least, words)
        return done.schedule

    async def tick(self, days: float) -> None:
        """So much later."""
        self.now += days * DAY
        await self.runs.tick()
        await self.submitter.settled()

    async def outcomes(self) -> list[str]:
        told = await self.world.audit.about("col-1")
        return [entry.details for entry in told if entry.action == "scheduled training"]

    async def refusals(self) -> list[tuple[str, RetrainingRefused]]:
        return [(n.channel, n.body) for n in await all_notices(self.database) if isinstance(n.body, RetrainingRefused)]

    async def asked(self) -> list[Job]:
        """The jobs that it asked for, the latest last."""
        jobs = [job for job in await self.world.jobs.latest(99) if job.cause and job.cause.startswith("sched-")]
        return sorted(jobs, key=lambda job: job.cause or "")

    async def end(self, job: Job, model: str) -> None:
        """It has made a model, which its provider offers."""
        self.stand_in.tuned.append(model)
        ended = msgspec.structs.replace(job, state=states.SUCCEEDED, fine_tuned_model=model)
        await self.world.jobs.update(job.id, lambda _: JobUpdate(ended, followed=False))

    async def add(self, *ids: str) -> None:
        for id in ids:
            await self.world.example(id, chat(f"Question {id}?", "Yes."), model=PARENT)


@pytest.fixture
async def stage(world: World, database: Database, provider: OpenAIProtocol, stand_in: StandInProvider) -> Stage:
    """A model that was trained on ten examples, and a training set with four that came later."""
    made = Stage(world, database, provider, stand_in)
    stand_in.tuned.append(PARENT)
    await world.file("old", *OLD)
    await world.trained(PARENT, "old")
    await world.collection(*[chat(f"New question {n}?", "New.") for n in range(4)], model=PARENT)
    return made


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


async def test_one_that_is_refused_is_said_and_tried_again(stage: Stage) -> None:
    stage.make(Rules(approval_above=0.0))
    await stage.set("daily")
    await stage.tick(1)
    ((channel, said),) = await stage.refusals()
    assert (channel, said.ended) == (PUBLIC, False)
    assert said.why.startswith("nobody_to_approve")
    stage.make(Rules())
    await stage.tick(1)
    assert len(await stage.asked()) == 1


@pytest.mark.parametrize("change", ["deactivated", "viewer"])
async def test_it_ends_with_a_message_when_its_owner_may_start_jobs_no_more(stage: Stage, change: str) -> None:
    await stage.set()
    gone = {"deactivated": True} if change == "deactivated" else {"role": Role.VIEWER}
    stage.actors[ANA.user] = msgspec.structs.replace(ANA, **gone)
    await stage.tick(1)
    ((_, said),) = await stage.refusals()
    assert (said.ended, said.why) == (True, "starts_jobs_no_more")
    assert (await stage.store.all(), stage.posted) == ([], [])


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
        ({"at_least": "many"}, "no_such_count"),
        ({"epochs": "99"}, "settings_refused"),
    ],
)
async def test_what_cannot_be_is_refused_when_it_is_set_up(stage: Stage, wrong: dict[str, str], kind: str) -> None:
    with pytest.raises(Invalid, match=kind):
        await stage.set(**wrong)
    assert await stage.store.all() == []
