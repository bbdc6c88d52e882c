"""Trainings that repeat: at the time that was set, and where enough is new, the next model's file is made and its job
asked for as its owner would ask, with the price, budgets and approval of any job."""

import time
from collections.abc import Callable
from typing import Final, Protocol

import msgspec
import structlog

from bot.access import Action, Caller
from bot.audit import Entry
from bot.audit import Outcome as Recorded
from bot.authority import Authority
from bot.collections.collection import Collection, CollectionStore
from bot.collections.export import dataset_id
from bot.collections.learned import LearnedModels
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.datasets.trainable import TrainableDatasets, refuse_errors
from bot.errors import BotError, Conflict, Denied, Invalid, NotFound
from bot.job_requests import JobRequest, JobRequests
from bot.jobs import states
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Origin, id_for
from bot.jobs.notice import Notice, RetrainingRefused
from bot.jobs.settings import JobSettings, read_settings
from bot.models.trainable import TrainableModels
from bot.notices.interfaces import PostError, PostRefused
from bot.owners import NOT_THERE, People, ended_by, still_known
from bot.providers.interface import ProviderError, Refused
from bot.retraining.cron import latest_time
from bot.retraining.next_model import NextModels, Plan
from bot.retraining.schedule import Latest, Made, Outcome, Schedule, ScheduleStore
from training_files import TrainingFileError

log = structlog.get_logger()

_PATIENCE: Final = 6 * 3600.0
"""Seconds for which a provider in trouble is waited for."""


class PostFile(Protocol):
    async def __call__(self, schedule: Schedule, caller: Caller, plan: Plan, new: int) -> Dataset:
        """The training file of a plan with so many `new` examples, in the channel, with its report; all of it once.
        Raises PostError, TrainingFileError."""


class ScheduledRuns:
    """`clock`: seconds since the epoch."""

    def __init__(
        self,
        store: ScheduleStore,
        collections: CollectionStore,
        learned: LearnedModels,
        next_models: NextModels,
        post_file: PostFile,
        datasets: DatasetStore,
        trainable: TrainableDatasets,
        models: TrainableModels,
        requests: JobRequests,
        jobs: JobStore,
        people: People,
        authority: Authority,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._collections = collections
        self._learned = learned
        self._next_models = next_models
        self._post_file = post_file
        self._datasets = datasets
        self._trainable = trainable
        self._models = models
        self._requests = requests
        self._jobs = jobs
        self._people = people
        self._authority = authority
        self._clock = clock

    async def tick(self) -> None:
        """Do what is due, each once: what was begun before a crash goes on, and of what was missed while the bot was
        away only the latest is made up for."""
        for schedule in await self._store.all():
            try:
                await self._look(schedule)
            except (PostError, ProviderError) as error:  # that passes: it goes on at the next tick
                log.info("scheduled training later", schedule=schedule.id, why=str(error))
            except Exception:  # what is wrong with one keeps no other from its time
                log.exception("scheduled training broke off", schedule=schedule.id)

    async def _look(self, schedule: Schedule) -> None:
        due, goes_on = schedule.running, schedule.running is not None
        if due is None:
            due = latest_time(schedule.times, schedule.zone, schedule.done_until, self._clock())
            if due is None:
                return
            begun = msgspec.structs.replace(schedule, running=due, begun_at=self._clock())
            if not await self._store.change(schedule.id, lambda known: begun if known == schedule else None):
                return
            schedule = begun
        collection = await self._collections.get(schedule.collection_id)
        if collection is None:
            await self._end(schedule, due, "", NotFound("no_such_thing", kind="collection"))
            return
        try:
            caller = await self._caller(schedule, due, collection, goes_on=goes_on)
            if isinstance(caller, BotError):
                await self._end(schedule, due, collection.name, caller)
                return
            await self._finish(schedule, await self._train(schedule, caller, due))
        except PostRefused as error:
            if str(error) in NOT_THERE:
                await self._end(schedule, due, collection.name, Conflict("not_in_its_channel"))
            else:
                await self._refused(schedule, due, collection.name, BotError("file_not_posted", slack=str(error)))
        except TrainingFileError as error:
            await self._refused(schedule, due, collection.name, Invalid("file_has_errors", name=collection.name))
            log.warning("no training file made", schedule=schedule.id, why=str(error))
        except BotError as error:
            if self._passes(schedule, error):
                raise
            await self._refused(schedule, due, collection.name, error)

    def _passes(self, schedule: Schedule, error: BotError) -> bool:
        """Whether it is trouble of the store's or the provider's, by which nothing is decided."""
        patient = self._clock() - schedule.begun_at < _PATIENCE
        in_trouble = isinstance(error, ProviderError) and not isinstance(error, Refused)
        return error.kind == "store_trouble" or (in_trouble and patient)

    async def _caller(
        self, schedule: Schedule, due: float, collection: Collection, *, goes_on: bool
    ) -> Caller | BotError:
        """As whom it goes on, or why its owner may not have it any more. `goes_on`: it was begun before, so what it
        says is looked for before it is said. Raises PostError where Slack does not tell now."""
        private, without = schedule.private, Denied("starts_jobs_no_more")
        actor = await still_known(self._people, schedule.owner)
        if actor is None:
            return without
        place, key, at = schedule.place, _key(schedule, due), schedule.begun_at
        caller = Caller(actor, schedule.team, schedule.channel, place, place, key, at, is_retry=goes_on)
        needs = [(Action.SUBMIT, None), (Action.ADD_EXAMPLE, collection.resource)]
        error = await ended_by(self._people, self._authority, caller, needs, private=private, without=without)
        return caller if error is None else error

    async def _train(self, schedule: Schedule, caller: Caller, due: float) -> Latest:
        """Raises BotError, PostError, TrainingFileError."""
        started = await self._jobs.get(id_for(caller.key))
        if started is not None:  # before a crash
            return Latest(due, Outcome.STARTED, job=started.id)
        before = await self._jobs.get(schedule.job) if schedule.job else None
        if before is not None and before.state not in states.ENDED:
            return Latest(due, Outcome.STILL_RUNNING, job=before.id)
        try:
            plan = await self._next_models.plan(caller, schedule.collection_id)
        except Conflict as error:
            count = error.values.get("count")
            return Latest(due, Outcome.TOO_FEW, count if isinstance(count, int) else 0)
        new = len(await self._learned.unlearned(plan.examples))
        made = await self._datasets.get(dataset_id(caller))
        if made is None and new < schedule.at_least:
            return Latest(due, Outcome.TOO_FEW, new)
        dataset = await self._posted_before(schedule, plan) if made is None else None
        if dataset is None:
            dataset = await self._post_file(schedule, caller, plan, new)
            if made is None:  # else it is of an earlier plan
                file = Made(dataset.id, plan.content)
                await self._store.change(schedule.id, lambda known: msgspec.structs.replace(known, file=file))
        refuse_errors(dataset)
        settings = await self._settings(schedule, caller, dataset)
        origin = Origin(schedule.team, schedule.channel, schedule.private, dataset.thread_ts)
        job = await self._requests.submit(caller, JobRequest(settings, dataset.id), origin, caller.key)
        return Latest(due, Outcome.STARTED, new, job.id)

    async def _posted_before(self, schedule: Schedule, plan: Plan) -> Dataset | None:
        """The file of a job that was refused, where it would be the same again."""
        if schedule.file is None or schedule.file.content != plan.content:
            return None
        dataset = await self._datasets.get(schedule.file.dataset_id)
        return dataset if dataset is not None and dataset.deleted_at is None else None

    async def _settings(self, schedule: Schedule, caller: Caller, dataset: Dataset) -> JobSettings:
        """Those that were set; else what the file was made for, and the validation file that belongs to it."""
        words = {**(await self._requests.on(caller, dataset)).words, **schedule.words}
        if "model" not in words:
            assert dataset.report is not None
            offered = await self._models.base(caller.channel, dataset.report)
            if not offered:
                raise await self._models.untrainable(caller.channel, dataset.report)
            words["model"] = self._requests.word(offered[0].provider, offered[0].id)
        elif "model" not in schedule.words:
            words["model"] = await self._requests.word_of(caller, words["model"])
        validation = await self._trainable.validation_of(caller, dataset)
        if "validation" not in words and validation is not None:
            words["validation"] = validation.id
        settings = read_settings(words)
        if isinstance(settings, dict):
            raise Invalid("settings_refused", problems=settings)
        return settings

    async def _refused(self, schedule: Schedule, due: float, collection: str, error: BotError) -> None:
        """Said once for each cause, until a job is started or it is set up anew."""
        cause = "provider" if isinstance(error, ProviderError) else error.kind
        notices = [_notice(schedule, due, collection, error, ended=False)] if cause != schedule.told else []
        await self._finish(schedule, Latest(due, Outcome.REFUSED, why=str(error)), *notices, told=cause)

    async def _finish(self, schedule: Schedule, latest: Latest, *notices: Notice, told: str = "") -> None:
        """`told`: why it was refused, as people have been told by now."""
        started = latest.outcome is Outcome.STARTED

        def finished(known: Schedule) -> Schedule | None:
            if known.running != latest.at:
                return None
            return msgspec.structs.replace(
                known,
                running=None,
                done_until=max(known.done_until, latest.at),
                job=latest.job or known.job,
                file=None if started else known.file,
                told="" if started else told or known.told,
                latest=latest,
            )

        failed = latest.outcome is Outcome.REFUSED
        details = latest.why or f"{latest.outcome} {latest.job or latest.new}"
        outcome = Recorded.FAILED if failed else Recorded.DONE
        await self._store.change(schedule.id, finished, self._entry(schedule, latest.at, outcome, details), notices)

    async def _end(self, schedule: Schedule, due: float, collection: str, error: BotError) -> None:
        """It repeats no more."""
        entry = self._entry(schedule, due, Recorded.REFUSED, str(error))
        await self._store.remove(schedule, entry, [_notice(schedule, due, collection, error, ended=True)])

    def _entry(self, schedule: Schedule, due: float, outcome: Recorded, details: str) -> Entry:
        return Entry(
            f"{_key(schedule, due)}/{outcome}",
            self._clock(),
            schedule.owner,
            "scheduled training",
            schedule.collection_id,
            schedule.channel,
            outcome,
            details,
        )


def _key(schedule: Schedule, due: float) -> str:
    return f"{schedule.id}/{due:.0f}"


def _notice(schedule: Schedule, due: float, collection: str, error: BotError, *, ended: bool) -> Notice:
    # Where the bot may not post there any more, whoever set it up is told.
    channel = schedule.owner if error.kind == "not_in_its_channel" else schedule.channel
    body = RetrainingRefused(collection, str(error), ended)
    return Notice(f"{_key(schedule, due)}/refused", body, channel, schedule.resource, due)
