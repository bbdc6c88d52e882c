"""Retention: what is older than the settings say goes, and nothing that something under way needs."""

import hashlib
from pathlib import Path
from unittest.mock import AsyncMock

import msgspec
import pytest

from bot.access import Actor, Caller, Policy, Role
from bot.audit import SETTINGS, Entry
from bot.authority import Authority, entry
from bot.compare.comparison import Arena, Comparison, ModelAnswer, Question
from bot.conversations.conversation import Conversation, Turn
from bot.datasets.dataset import Dataset
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.file_store import FileStore
from bot.errors import Denied
from bot.evaluations.evaluation import StoredAnswer
from bot.evaluations.run import RunState
from bot.feedback.rating import Press, Reason, Why
from bot.generation.generation import Generation, Instructions, Topic
from bot.personal_data.retention import Kind, Retention, days_of
from bot.providers.chat import ChatMessage
from bot.providers.interface import upload_name
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.settings import load as load_settings
from bot.store.audit import SqlAuditLog
from bot.store.comparisons import SqlComparisonStore
from bot.store.connection import Connection
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.feedback import SqlRatingStore
from bot.store.generations import SqlGenerationStore
from bot.store.jobs import SqlJobStore
from bot.store.retention import SqlRetention
from tests.parts import a_dataset, a_job, followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

DAY = 24 * 3600.0
NOW = 1_800_000_000.0
OLD, NEW = NOW - 40 * DAY, NOW - 20 * DAY
ADMIN = Actor("U0CAT", "T0ACME", role=Role.ADMIN)
TALK = Conversation("cv-1", "ft:acme:1", "T0ACME", "C0TRAINING", f"{OLD:.6f}", ANA.user, OLD)


def of_admin() -> Caller:
    return a_caller(ADMIN)


class Store:
    """What is older than 30 days is to go."""

    def __init__(self, database: Database, folder: Path, provider: OpenAIProtocol) -> None:
        self.database = database
        self.files = FileStore(folder / "files", 1_000_000)
        self.datasets, self.jobs, self.audit = SqlDatasetStore(database), SqlJobStore(database), SqlAuditLog(database)
        self.conversations, self.comparisons = SqlConversationStore(database), SqlComparisonStore(database)
        self.ratings, self.generations = SqlRatingStore(database), SqlGenerationStore(database)
        self.evaluations = SqlEvaluationStore(database)
        self.taken_down = AsyncMock()
        authority = Authority(Policy(), self.audit)
        self.deletion = DatasetDeletion(
            self.datasets,
            self.files,
            self.jobs,
            Providers(provider),
            self.evaluations.forget_file,
            authority,
            self.audit,
        )
        self.retention = Retention(
            dict.fromkeys(Kind, 30),
            SqlRetention(database),
            self.datasets,
            self.deletion,
            self.taken_down,
            authority,
            clock=lambda: NOW,
        )

    async def file(self, id: str, created_at: float = OLD, **fields: object) -> Dataset:
        dataset = a_dataset(id=id, sha256=f"hash-of-{id}", created_at=created_at, file_id=id, **fields)
        await self.datasets.save(dataset)
        self.files.path(dataset.sha256).write_text("words")
        return dataset

    async def left(self) -> set[str]:
        return {dataset.id for dataset in await self.datasets.latest(100)}


@pytest.fixture
def store(database: Database, tmp_path: Path, provider: OpenAIProtocol) -> Store:
    return Store(database, tmp_path / "data", provider)


async def evaluation(store: Store, id: str, state: RunState, dataset_id: str = "ds-none", at: float = OLD) -> None:
    fields = {"file": "hash", "dataset_id": dataset_id, "file_name": "f", "grader": {}, "grader_name": "g"}
    value = {
        "id": id,
        "models": ["m"],
        "team": "T",
        "channel": "C1",
        "owner": ANA.user,
        "created_at": at,
        **fields,
        "state": state,
    }
    await store.database.write(
        lambda db: db.execute(
            "INSERT INTO evaluations (id, channel, state, file, owner, private, dataset_id, created_at, changes,"
            " cached, value) VALUES (?, 'C1', ?, 'hash', ?, 0, ?, ?, 0, 0, ?)",
            [id, state, ANA.user, dataset_id, at, msgspec.json.encode(value).decode()],
        )
    )


async def test_a_file_goes_so_many_days_after_its_last_use_and_its_message_says_so(store: Store) -> None:
    unused = await store.file("ds-unused")
    await store.file("ds-recent", NEW)
    await store.file("ds-trained")
    await store.jobs.insert(a_job(id="job-1", dataset_id="ds-trained", state="failed", created_at=NEW))
    await store.file("ds-trained-long-ago")
    await store.jobs.insert(a_job(id="job-2", dataset_id="ds-trained-long-ago", state="failed", created_at=OLD))
    await store.file("ds-evaluated")
    await evaluation(store, "eval-1", RunState.FINISHED, "ds-evaluated", NEW)
    assert (await store.retention.due(of_admin()))[Kind.FILES] == 2
    assert len(await store.left()) == 5, "asking deletes nothing"
    assert (await store.retention.carry_out(of_admin()))[Kind.FILES] == 2
    assert await store.left() == {"ds-recent", "ds-trained", "ds-evaluated"}
    assert not store.files.path(unused.sha256).exists()
    assert [call.args[1] for call in store.taken_down.await_args_list] == [30, 30]
    [told, *_] = [one for _, one in await store.audit.latest(9) if one.resource == "ds-unused"]
    assert (told.actor, told.action) == (SETTINGS, "delete file")


@pytest.mark.parametrize("state", ["awaiting_approval", "in_line", "submitting", "running", "paused", "uncertain"])
async def test_a_file_stays_while_a_job_that_has_not_ended_needs_it(store: Store, state: str) -> None:
    await store.file("ds-1")
    await store.file("ds-held-out")
    job = a_job(state=state, created_at=OLD, validation_dataset_id="ds-held-out")
    await store.jobs.insert(job)
    await store.retention.tick()
    assert await store.left() == {"ds-1", "ds-held-out"}


async def test_a_file_stays_while_an_evaluation_or_an_arena_asks_its_words(store: Store) -> None:
    for id in ("ds-asked", "ds-repeated", "ds-blind"):
        await store.file(id)
    await evaluation(store, "eval-1", RunState.PAUSED, "ds-asked")
    await evaluation(store, "eval-2", RunState.FINISHED, "ds-repeated")
    await store.database.write(
        lambda db: db.execute("INSERT INTO evaluation_repeats VALUES ('eval-2', 7, 0, 'eval-2', 1)")
    )
    arena = Arena(1, 3, NOW + DAY, dataset_id="ds-blind")
    await store.comparisons.open(
        Comparison("cmp-1", ("a", "b"), "T", "C1", ANA.user, OLD, arena=arena), [], entry(a_caller(), "compare", "x")
    )
    await store.retention.tick()
    assert await store.left() == {"ds-asked", "ds-repeated", "ds-blind"}


async def test_a_file_stays_while_its_words_are_asked_under_another_name_or_in_parts_of_it(store: Store) -> None:
    words = hashlib.sha256(b"words").hexdigest()
    for number, sha256 in enumerate((words, words[::-1], words[1:] + words[0], words[2:] + words[:2])):
        await store.datasets.save(
            a_dataset(id=f"ds-{number}abcdef012", sha256=sha256, created_at=OLD, file_id=f"F{number}")
        )
    part = {"id": "ds-part0123456", "sha256": "9" * 64, "derived_from": "ds-1abcdef012", "listed": False}
    await store.datasets.save(a_dataset(created_at=OLD, file_id=None, **part))
    generation = Generation(
        id="gen-1",
        models=("teacher",),
        team="T",
        channel="C1",
        owner=ANA.user,
        created_at=OLD,
        instructions=Instructions(f"{words}.jsonl", 5),
        topics=1,
    )
    await store.generations.open(generation, [], entry(a_caller(), "generate", "gen-1"))
    await store.jobs.insert(a_job(state="paused", created_at=OLD, dataset_id="ds-part0123456", suffix="ds-2abcdef012"))
    await store.retention.tick()
    assert await store.left() == {"ds-0abcdef012", "ds-1abcdef012", "ds-2abcdef012"}


async def test_what_regular_training_goes_on_from_stays(store: Store) -> None:
    await store.file("ds-held-out")
    await store.file("ds-before")
    await store.file("ds-made", derived_from="ds-before", validation="ds-held-out")

    def schedule(db: Connection) -> None:
        db.execute("INSERT INTO collections VALUES ('col-1', 1.0, '{}')")
        db.execute("INSERT INTO examples (id, collection_id, channel, value) VALUES ('ex-1', 'col-1', 'C1', '{}')")
        db.execute("INSERT INTO exported_examples VALUES ('ex-1', 'ds-made')")
        db.execute("INSERT INTO retraining_schedules VALUES ('s-1', ?)", ['{"collection_id":"col-1"}'])

    await store.database.write(schedule)
    await store.retention.tick()
    assert await store.left() == {"ds-held-out", "ds-before", "ds-made"}


async def test_a_file_that_cannot_be_deleted_now_does_not_keep_others_from_going(store: Store) -> None:
    used = await store.file("ds-1")
    await store.file("ds-2")
    await store.jobs.set_provider_file("acme", used.sha256, "file-1")
    await store.jobs.insert(followed_job("ftjob-1", state="running", training_file="file-1", dataset_id="ds-of-others"))
    await store.retention.tick()
    assert await store.left() == {"ds-1"}


async def test_a_file_goes_here_while_the_provider_does_not_answer_and_there_once_it_does(
    store: Store, stand_in: StandInProvider
) -> None:
    old = await store.file("ds-1")
    stand_in.files["file-1"] = (upload_name(old.sha256), b"words")
    await store.jobs.set_provider_file("acme", old.sha256, "file-1")
    stand_in.fault("GET /files", status=503)
    await store.retention.tick()
    assert await store.left() == set()
    assert not store.files.path(old.sha256).exists()
    store.taken_down.assert_awaited_once()
    await store.deletion.delete_left()
    assert not stand_in.files
    assert [(one.actor, one.action) for one in await store.audit.about("ds-1")] == [
        (SETTINGS, "delete file"),
        (SETTINGS, "delete file at the provider"),
    ]


async def test_old_messages_go_and_the_conversation_stays_and_knows_it(store: Store) -> None:
    await store.conversations.open(TALK)
    for at in (OLD, NEW):
        await store.conversations.add(TALK.id, Turn(f"{at:.6f}", "user", f"said {at}", user=ANA.user))
        await store.conversations.answered(TALK.id, Turn(f"{at:.6f}", "assistant", "yes"))
    press = Press(TALK.id, f"{OLD:.6f}", ANA.user, False, OLD, "key", Why((Reason.OTHER,), "words"))
    await store.ratings.press(press, Entry("rate", OLD, ANA.user, "rate answer", TALK.id))
    question = Question(f"{OLD:.6f}", (ChatMessage("user", "old"),), ("a", "b"), ANA.user)
    later = msgspec.structs.replace(question, id=f"{NEW:.6f}")
    beside = Comparison("cmp-1", ("a", "b"), "T", "C1", ANA.user, OLD)
    await store.comparisons.open(beside, [question, later], entry(a_caller(), "compare", "cmp-1"))
    await store.comparisons.answered("cmp-1", question.id, "a", ModelAnswer("old"))
    arena = Arena(1, 3, OLD, revealed_at=OLD)
    blind = msgspec.structs.replace(beside, id="cmp-2", arena=arena)
    await store.comparisons.open(blind, [msgspec.structs.replace(question, id="1")], entry(a_caller(), "compare", "x"))
    await store.database.write(
        lambda db: db.execute("UPDATE comparisons SET due_at = NULL, revealed_at = ? WHERE id <> 'cmp-1'", [OLD])
    )
    await store.database.write(lambda db: db.execute("UPDATE comparisons SET due_at = NULL"))
    assert (await store.retention.due(of_admin()))[Kind.MESSAGES] == 4
    assert (await store.retention.carry_out(of_admin()))[Kind.MESSAGES] == 4
    assert [turn.content for turn in await store.conversations.turns(TALK.id)] == [f"said {NEW}", "yes"]
    known = await store.conversations.get(TALK.id)
    assert known is not None
    assert known.forgotten
    [rating] = await store.ratings.of_answer(TALK.id, f"{OLD:.6f}")
    assert (rating.good, rating.why) == (False, Why())
    assert [one.id for one in await store.comparisons.questions("cmp-1")] == [later.id]
    assert await store.comparisons.answers("cmp-1") == {}
    assert await store.comparisons.get("cmp-2") is None
    told = [one for _, one in await store.audit.latest(9) if one.action == "delete expired"]
    assert sorted((one.resource, one.details) for one in told) == [
        ("messages", "1"),
        ("messages", "1"),
        ("messages", "2"),
    ]


async def test_answers_of_models_go_except_those_of_an_evaluation_that_still_runs(store: Store) -> None:
    for key in ("of-finished", "of-running", "recent"):
        await store.evaluations.keep_answer(key, "m", "hash", StoredAnswer("words"), None)

    def age(db: Connection) -> None:
        db.execute("UPDATE model_answers SET at = ?", [OLD])
        db.execute("UPDATE model_answers SET at = ? WHERE key = 'recent'", [NEW])
        for id, key in (("eval-1", "of-finished"), ("eval-2", "of-running")):
            db.execute(
                "INSERT INTO evaluation_answers (evaluation_id, model, number, sample, key) VALUES (?, 0, 0, 0, ?)",
                [id, key],
            )

    await evaluation(store, "eval-1", RunState.FINISHED)
    await evaluation(store, "eval-2", RunState.RUNNING)
    await store.database.write(age)
    assert (await store.retention.carry_out(of_admin()))[Kind.ANSWERS] == 1
    assert set(await store.evaluations.answers(["of-finished", "of-running", "recent"])) == {"of-running", "recent"}


async def test_generated_examples_go_with_their_passages_once_the_run_has_ended(store: Store) -> None:
    for id, state, at in (("gen-1", "finished", OLD), ("gen-2", "running", OLD), ("gen-3", "finished", NEW)):
        run = Generation(
            id=id,
            models=("teacher",),
            team="T",
            channel="C1",
            owner=ANA.user,
            created_at=at,
            state=RunState(state),
            instructions=Instructions("teacher", 5),
            topics=1,
        )
        await store.generations.open(run, [Topic("returns", passage="words")], entry(a_caller(), "generate", id))
    assert (await store.retention.carry_out(of_admin()))[Kind.GENERATIONS] == 1
    assert await store.generations.get("gen-1") is None
    assert await store.generations.topics("gen-1") == []
    assert await store.generations.get("gen-2") is not None
    assert await store.generations.get("gen-3") is not None


async def test_only_administrators_have_it_carried_out(store: Store) -> None:
    for asked in (store.retention.due, store.retention.carry_out):
        with pytest.raises(Denied):
            await asked(a_caller(ANA))


def test_by_default_everything_is_kept() -> None:
    assert days_of(load_settings(_env_file=None)) == {}
    some = load_settings(_env_file=None, finetune_keep_files_days=90)
    assert days_of(some) == {Kind.FILES: 90}
