"""Trainings that repeat, on a real store, with a clock and people that the test gives."""

from pathlib import Path

import msgspec

from bot.access import Actor, Caller
from bot.audit import Entry
from bot.datasets.dataset import Dataset
from bot.datasets.lookup import DatasetLookup
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.trainable import TrainableDatasets
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
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.retraining.next_model import Plan
from bot.retraining.schedule import Schedule
from bot.retraining.scheduled_runs import ScheduledRuns
from bot.retraining.scheduling import Scheduling
from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from bot.store.schedules import SqlScheduleStore
from tests.parts import a_report, channel_providers
from tests.retraining.conftest import PARENT, PUBLIC, World, chat
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider
from tests.store_reading import all_notices

MONDAY = 1_795_424_400.0
"""2026-11-23 09:00 UTC."""
DAY = 86_400.0
OLD = [chat(f"Old question {n}?", "Old.") for n in range(10)]


class Stage:
    """`now`: by the bot's clock. `actors`: people, or the error where Slack does not tell of one. `posted`: with how
    many new examples a file was posted."""

    def __init__(self, world: World, database: Database, provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
        self.world, self.database, self.stand_in = world, database, stand_in
        self.provider = provider
        self.store = SqlScheduleStore(database)
        self.now = MONDAY - 3600
        self.actors: dict[str, Actor | Exception] = {ANA.user: ANA}
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
        models = ModelLookup(catalogue, SqlEvaluationStore(self.database), authority)
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
        known = self.actors[user]
        if isinstance(known, Exception):
            raise known
        return known

    async def is_in(self, _channel: str, user: str) -> bool:
        return user in self.members

    async def post(self, schedule: Schedule, caller: Caller, plan: Plan, new: int) -> Dataset:
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

    async def correct(self, id: str) -> None:
        """Somebody says the answer in other words, now."""
        known = await self.world.collections.example(id)
        assert known is not None
        other = msgspec.structs.replace(known, line=known.line.replace("New.", "Newer."), added_at=self.now)
        await self.world.collections.add(other, Entry(f"correct/{id}", self.now, ANA.user, "add example", "col-1"))


async def begun(world: World, database: Database, provider: OpenAIProtocol, stand_in: StandInProvider) -> Stage:
    """A model that was trained on ten examples, and a training set with four that came later."""
    made = Stage(world, database, provider, stand_in)
    stand_in.tuned.append(PARENT)
    await world.file("old", *OLD)
    await world.trained(PARENT, "old")
    await world.collection(*[chat(f"New question {n}?", "New.") for n in range(4)], model=PARENT)
    return made
