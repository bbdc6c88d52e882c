"""Things that were born in a private channel: one of each kind, under names that nothing else has."""

import contextlib
import hashlib
import itertools
import json
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from app.run import Bot
from bot.access import Actor, Caller, Place
from bot.audit import Entry
from bot.collections.collection import Collection, Example
from bot.compare.comparison import Arena, Comparison, Failure, ModelAnswer, Question
from bot.conversations.conversation import Conversation, Turn
from bot.datasets.dataset import Dataset
from bot.evaluations.evaluation import Evaluation
from bot.evaluations.grader_files import GraderFile
from bot.evaluations.run import RunState
from bot.exports.export import Export
from bot.generation.generation import Draft, Generation, Instructions, State, Topic
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, KeptCheckpoint, Origin
from bot.jobs.settings import JobSettings
from bot.judges.check import JudgeCheck, JudgeRequest
from bot.moves.move import Move, MovedModel
from bot.providers.chat import ChatMessage
from bot.providers.interface import RemoteExport
from bot.providers.protocol import Checkpoint
from bot.rehearsals.rehearsal import Point, Rehearsal
from bot.retraining.schedule import Schedule, schedule_id
from bot.store.collections import SqlCollectionStore
from bot.store.comparisons import SqlComparisonStore
from bot.store.connection import Connection
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.exports import SqlExportStore
from bot.store.generations import SqlGenerationStore
from bot.store.grader_files import SqlGraderFileStore
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import SqlJobStore
from bot.store.judge_checks import SqlJudgeCheckStore
from bot.store.outbox import SqlCardStore
from bot.store.schedules import SqlScheduleStore
from bot.sweeps.sweep import Member, Sweep
from sandbox.seed import ANA, LEADS
from tests.e2e.world import MODEL, examples
from tests.stand_in_provider import StandInProvider
from training_files import Report, check_file

T = TypeVar("T")


@dataclass(frozen=True)
class Names:
    """A data set, its jobs, and what they have made; `fake` ones look alike, and there is nothing of that name."""

    number: str
    fake: bool = False

    @property
    def secrets(self) -> dict[str, str]:
        n, base = self.number, "nope" if self.fake else "hush"
        return {
            "file": f"{base}-{n}.jsonl",
            "question": f"Who stole the {base} tarts {n}?",
            "dataset": f"ds-{base}{n}",
            "upload": f"file-{base}{n}",
            "job": f"job-{base}{n}",
            "running": f"job-{base}run{n}",
            "uncertain": f"job-{base}unc{n}",
            "waiting": f"job-{base}wait{n}",
            "sweep": f"sweep-{base}{n}",
            "move": f"move-{base}{n}",
            "rehearsal": f"rehearsal-{base}{n}",
            "remote": f"ftjob-{base}{n}",
            "remote_running": f"ftjob-{base}run{n}",
            "remote_new": f"ftjob-{base}new{n}",
            "suffix": f"{base}{n}",
            "model": f"ft:{MODEL}:acme:{base}{n}:abc{n}",
            "checkpoint": f"ft:{MODEL}:acme:{base}{n}:abc{n}:ckpt-step-5",
            "kept": f"{base}kept{n}",
            "comparison": f"cmp-{base}{n}",
            "arena": f"cmp-{base}arena{n}",
            "grader": f"grader-{base}{n}",
            "unheard": f"ft:{MODEL}:acme:{base}-unheard{n}:def{n}",
            "evaluation": f"eval-{base}{n}",
            "check": f"judge-{base}{n}",
            "generation": f"gen-{base}{n}",
            "export": f"export-{base}{n}",
            "collection": f"col-{base}{n}",
            "schedule": schedule_id(f"col-{base}{n}", LEADS),
            "collection_name": f"The {base} set {n}",
            "conversation": f"cv-{base}{n}",
        }


# How each way is used, with the names of things in braces. Several uses of a way are separated by "|".


def entry(action: str, now: float) -> Entry:
    """Without the thing's id: by these the audit log, which administrators read alone, names private things, too."""
    return Entry(uuid.uuid4().hex, now, ANA, action, "", LEADS)


class Together(Database):
    """What is stored through it is one transaction of the bot's: whoever keeps cards never sees half of it, a card that
    is given up in the next moment."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def write(self, work: Callable[[Connection], T]) -> T:
        return work(self._db)

    async def read(self, work: Callable[[Connection], T]) -> T:
        return work(self._db)


def at_once(storing: Coroutine[Any, Any, None]) -> None:
    """Carry out what waits for nothing."""
    with contextlib.suppress(StopIteration):
        storing.send(None)
        raise AssertionError("it waits")


@dataclass
class Things:
    """Ana's, in #support-leads."""

    bot: Bot
    provider: StandInProvider
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1000))
    report: Report | None = None
    """On a private file."""

    async def plant(self) -> Names:
        """A data set of Ana's in #support-leads, its jobs in every state that matters, and what they made."""
        services, provider = self.bot.services, self.provider
        names = Names(str(next(self.numbers)))
        it, now = names.secrets, time.time()
        content = examples(12).replace(b"Question number 0?", it["question"].encode())
        part = services.file_store.part()
        part.write_bytes(content)
        # The files are alike but for a number: what one check said holds for each.
        self.report = self.report or check_file(part, model=MODEL)
        report = msgspec.structs.replace(self.report, sha256=hashlib.sha256(content).hexdigest())
        services.file_store.put(part, report.sha256)
        origin = Origin(services.team, LEADS, True, "1700000000.000100")
        dataset = Dataset(
            id=it["dataset"],
            sha256=report.sha256,
            name=it["file"],
            bytes=len(content),
            owner=ANA,
            team=services.team,
            channel=LEADS,
            channel_private=True,
            thread_ts=str(origin.thread_ts),
            created_at=now,
            file_id=f"F0HUSH{names.number}",
            report=report,
        )

        async def store(database: Database) -> None:
            await SqlDatasetStore(database).save(dataset)
            await self._store_jobs(database, it, origin, report.sha256, now)
            await self._store_sweep(database, it, origin, now)
            await self._store_move(database, it, origin, now)
            await self._store_rehearsal(database, it, origin, now)
            await self._store_comparisons(database, it, now)
            await self._store_evaluation(database, it, report.sha256, now)
            await self._store_generation(database, it, now)
            await self._store_export(database, it, now)
            await self._store_collection(database, it, now)
            await self._store_schedule(database, it, now)
            await self._store_conversation(database, names, now)

        await services.database.write(lambda db: at_once(store(Together(db))))
        provider.files[it["upload"]] = (it["file"], content)
        provider.tuned += [it["model"], it["checkpoint"], it["unheard"]]
        provider.add_job(id=it["remote_running"], training_file=it["upload"], status="running")
        # Somebody else goes on from the private model, at the provider's own pages.
        provider.add_job(id=it["remote_new"], model=it["model"], training_file="file-elsewhere")
        services.catalogue.forget()
        return names

    async def _store_jobs(
        self, database: Database, it: dict[str, str], origin: Origin, sha256: str, now: float
    ) -> None:
        jobs, cards = SqlJobStore(database), SqlCardStore(database)
        await jobs.set_provider_file("acme", sha256, it["upload"])
        job = Job(
            id=it["job"],
            state=states.SUCCEEDED,
            provider="acme",
            base_model=MODEL,
            requester=ANA,
            origin=origin,
            created_at=now,
            suffix=it["suffix"],
            dataset_id=it["dataset"],
            file_name=it["file"],
            training_file=it["upload"],
            provider_job_id=it["remote"],
            fine_tuned_model=it["model"],
            result_files=(it["upload"],),
            kept={it["checkpoint"]: KeptCheckpoint(ANA, now, it["kept"])},
            create_attempted_at=now,
            finished_at=now,
        )
        made = JobUpdate(job, checkpoints=[Checkpoint("ckpt-1", it["checkpoint"], 5)], followed=False)
        assert await jobs.insert(job, made)
        others: dict[str, dict[str, Any]] = {
            "running": {"state": states.RUNNING, "provider_job_id": it["remote_running"]},
            "uncertain": {"state": states.UNCERTAIN, "provider_job_id": None},
            "waiting": {"state": states.AWAITING_APPROVAL, "provider_job_id": None, "create_attempted_at": None},
        }
        for name, changes in others.items():
            other = msgspec.structs.replace(
                job, fine_tuned_model=None, kept={}, result_files=(), finished_at=None, id=it[name], **changes
            )
            assert await jobs.insert(other, JobUpdate(other, followed=False))
        for kind in ("job", *others):
            await cards.abandon(it[kind])

    async def _store_sweep(self, database: Database, it: dict[str, str], origin: Origin, now: float) -> None:
        """Of which a job waits for approval."""
        waiting = Job(f"{it['waiting']}s", states.AWAITING_APPROVAL, "acme", MODEL, ANA, origin, now, group=it["sweep"])
        sweep = Sweep(
            id=it["sweep"],
            members=(Member(waiting.id, {"epochs": "1"}),),
            requester=ANA,
            origin=origin,
            created_at=now,
            file=it["file"],
        )
        decide = [JobUpdate(waiting, followed=False)]
        await SqlGroupStore(database).admit(sweep, [waiting], lambda _: decide, entry("submit", now))
        for card in (sweep.id, waiting.id):
            await SqlCardStore(database).abandon(card)

    async def _store_move(self, database: Database, it: dict[str, str], origin: Origin, now: float) -> None:
        """Of the model, whose successor waits for approval."""
        waiting = Job(f"{it['waiting']}m", states.AWAITING_APPROVAL, "acme", MODEL, ANA, origin, now, group=it["move"])
        place = Place(LEADS)
        move = Move(
            id=it["move"],
            requester=ANA,
            origin=origin,
            created_at=now,
            provider="acme",
            asker=Caller(Actor(ANA, self.bot.services.team), self.bot.services.team, LEADS, place, place, "k", now),
            models=(MovedModel(it["model"], waiting.id, JobSettings("acme", MODEL), it["dataset"]),),
        )
        decide = [JobUpdate(waiting, followed=False)]
        await SqlGroupStore(database).admit(move, [waiting], lambda _: decide, entry("submit", now))
        for card in (move.id, waiting.id):
            await SqlCardStore(database).abandon(card)

    async def _store_rehearsal(self, database: Database, it: dict[str, str], origin: Origin, now: float) -> None:
        """Whose job is running: the queue has nothing to do with it."""
        job = Job(f"{it['waiting']}r", states.RUNNING, "acme", MODEL, ANA, origin, now, group=it["rehearsal"])
        place = Place(LEADS)
        rehearsal = Rehearsal(
            id=it["rehearsal"],
            requester=ANA,
            origin=origin,
            created_at=now,
            asker=Caller(Actor(ANA, self.bot.services.team), self.bot.services.team, LEADS, place, place, "k", now),
            provider="acme",
            base_model=MODEL,
            dataset_id=it["dataset"],
            file=it["file"],
            points=(Point(job.id, 1.0, 12),),
            held_out=it["dataset"],
            examples_held_out=12,
        )
        decide = [JobUpdate(job, followed=False)]
        await SqlGroupStore(database).admit(rehearsal, [job], lambda _: decide, entry("submit", now))
        for card in (rehearsal.id, job.id):
            await SqlCardStore(database).abandon(card)

    async def _store_comparisons(self, database: Database, it: dict[str, str], now: float) -> None:
        """One side by side, in which a model failed, and one blind."""
        store = SqlComparisonStore(database)
        models = (it["model"], it["checkpoint"])
        question = Question("1", (ChatMessage("user", it["question"]),), models, ANA, (models,))
        compared = Comparison(it["comparison"], models, self.bot.services.team, LEADS, ANA, now, True)
        blind = msgspec.structs.replace(compared, id=it["arena"], arena=Arena(1, 3, now + 1e6, it["file"]))
        for one in (compared, blind):
            await store.open(one, [question], entry("compare", now))
            failure = None if one.arena else Failure(it["question"], by_provider=True)
            await store.answered(one.id, "1", models[0], ModelAnswer(it["question"], failure=failure))
            await store.answered(one.id, "1", models[1], ModelAnswer(it["question"]))
            due = await store.begin(one.id)
            assert due is not None
            await store.rest(due, None)

    async def _store_evaluation(self, database: Database, it: dict[str, str], sha256: str, now: float) -> None:
        """Of the model, paused; a grader that was dropped; and a check of a judge, paused, too."""
        grader = {"type": "string_check", "name": it["question"], "input": "a", "reference": "b", "operation": "eq"}
        made = Evaluation(
            id=it["evaluation"],
            models=(it["model"], it["checkpoint"]),
            dataset_id=it["dataset"],
            file_name=it["file"],
            file=sha256,
            grader=grader,
            grader_name=it["grader"],
            n=1,
            seed=1,
            team=self.bot.services.team,
            channel=LEADS,
            owner=ANA,
            created_at=now,
            private=True,
            state=RunState.PAUSED,
        )
        evaluations = SqlEvaluationStore(database)
        await evaluations.open(made, [], entry("evaluate", now))
        await evaluations.shown(made.id, await evaluations.changes(made.id))
        file = GraderFile(it["grader"], "F0", it["file"], grader, ANA, LEADS, True, now)
        await SqlGraderFileStore(database).put(file, entry("evaluate", now))
        place = Place(LEADS)
        check = JudgeCheck(
            id=it["check"],
            models=(it["model"],),
            team=self.bot.services.team,
            channel=LEADS,
            owner=ANA,
            created_at=now,
            private=True,
            state=RunState.PAUSED,
            request=JudgeRequest(it["model"], it["question"], it["evaluation"]),
            asker=Caller(Actor(ANA, self.bot.services.team), self.bot.services.team, LEADS, place, place, "k", now),
            total=1,
            file_name=it["file"],
        )
        checks = SqlJudgeCheckStore(database)
        await checks.open(check, entry("evaluate", now))
        await checks.shown(check.id, await checks.changes(check.id))

    async def _store_generation(self, database: Database, it: dict[str, str], now: float) -> None:
        """Of one example, which is there; it is paused."""
        made = Generation(
            id=it["generation"],
            models=(it["model"],),
            team=self.bot.services.team,
            channel=LEADS,
            owner=ANA,
            created_at=now,
            private=True,
            state=RunState.PAUSED,
            instructions=Instructions(it["model"], 2),
            topics=1,
        )
        generations = SqlGenerationStore(database)
        await generations.open(made, [Topic(it["file"])], entry("generate", now))
        draft = Draft(0, 0, 0, it["question"], state=State.KEPT, answer=it["question"])
        await generations.add(made.id, [draft])
        await generations.shown(made.id, await generations.changes(made.id))

    async def _store_schedule(self, database: Database, it: dict[str, str], now: float) -> None:
        """Of the training set."""
        words, team = {"model": it["model"]}, self.bot.services.team
        made = Schedule(it["collection"], ANA, team, LEADS, True, "0 9 1 1 *", "UTC", 10, now, words)
        await SqlScheduleStore(database).set(made, entry("schedule training", now))

    async def _store_export(self, database: Database, it: dict[str, str], now: float) -> None:
        """Of the model, ready to be fetched."""
        remote = RemoteExport("export-1", "succeeded", "adapter", file_name=it["file"], bytes=64)
        made = Export(it["export"], "acme", it["model"], remote, ANA, "T0", LEADS, None, True, now)
        store = SqlExportStore(database)
        await store.put(made)
        await store.rest(made.id)

    async def _store_collection(self, database: Database, it: dict[str, str], now: float) -> None:
        """Of a dozen examples, of which the training file was made."""
        store = SqlCollectionStore(database)
        made = Collection(
            it["collection"],
            it["collection_name"],
            ANA,
            self.bot.services.team,
            LEADS,
            True,
            now,
            licence=it["question"],
        )
        await store.create(made, entry("create collection", now))
        line = json.dumps({"messages": [{"role": "user", "content": it["question"]}]})
        ids = [f"{made.id}-{n}" for n in range(12)]
        for id in ids:
            example = Example(id, made.id, line, "thread", LEADS, "1700000000.000100", True, (ANA,), ANA, now)
            await store.add(example, entry("add example", now))
        await store.exported(it["dataset"], ids, entry("export collection", now))

    async def _store_conversation(self, database: Database, names: Names, now: float) -> None:
        """In which a question was answered."""
        it, thread = names.secrets, f"1600000000.{names.number:0>6}"
        store = SqlConversationStore(database)
        made = Conversation(it["conversation"], it["model"], self.bot.services.team, LEADS, thread, ANA, now, True)
        await store.open(made)
        await store.add(made.id, Turn("1700000000.000400", "user", it["question"], user=ANA))
        await store.answered(made.id, Turn("1700000000.000400", "assistant", it["question"], finish_reason="stop"))
        await store.answer_opened(made.id, "1700000000.000400", LEADS, "1700000000.000401")
        await store.answer_shown(made.id, "1700000000.000400")
