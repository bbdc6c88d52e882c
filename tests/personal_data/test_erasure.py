"""Erasing a person: after it neither their id nor what they wrote is anywhere in the store, not in its bytes either."""

import sqlite3
from collections.abc import Awaitable, Callable
from operator import methodcaller
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import msgspec
import pytest

from bot.access import Actor, Caller, Policy, Role
from bot.audit import Entry
from bot.authority import Authority, entry
from bot.collections.collection import Collection, Example
from bot.collections.learned import LearnedModels
from bot.collections.withdrawal import Withdrawal
from bot.compare.comparison import Comparison, ModelAnswer, Question
from bot.conversations.conversation import Conversation, Turn
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.file_store import FileStore
from bot.errors import Conflict, Denied
from bot.feedback.rating import Press, Reason, Why
from bot.jobs.job import Approval
from bot.personal_data.erasure import PersonErasure
from bot.providers.chat import ChatMessage
from bot.providers.interface import upload_name
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.backup import backup
from bot.store.collections import SqlCollectionStore
from bot.store.comparisons import SqlComparisonStore
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.erasures import SqlErasures
from bot.store.feedback import SqlRatingStore
from bot.store.generations import SqlGenerationStore
from bot.store.inbox import SqlInbox
from bot.store.jobs import SqlJobStore
from bot.store.personal_settings import SqlPersonalSettings
from tests.parts import a_dataset, a_job, followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

CAT = Actor("U0CAT", "T0ACME", role=Role.ADMIN)
BEN = "U0BEN"
ANAS_SISTER = f"{ANA.user}2"
SECRET = "peppermint zeppelin"
OTHERS = "a quiet afternoon"
TALK = Conversation("cv-1", "ft:acme:1", "T0ACME", "C0TRAINING", "1.5", BEN, 1.0)


def by_admin(**fields: Any) -> Caller:
    return a_caller(CAT, **fields)


class Store:
    """A store in which Ana has done what people do."""

    def __init__(self, database: Database, folder: Path, provider: OpenAIProtocol) -> None:
        self.database, self.folder = database, folder
        self.files = FileStore(folder / "files", 1_000_000)
        self.datasets, self.jobs = SqlDatasetStore(database), SqlJobStore(database)
        self.collections, self.ratings = SqlCollectionStore(database), SqlRatingStore(database)
        self.conversations, self.comparisons = SqlConversationStore(database), SqlComparisonStore(database)
        self.audit, self.erasures = SqlAuditLog(database), SqlErasures(database, folder)
        self.taken_down = AsyncMock()
        authority = Authority(Policy(), self.audit)
        learned = LearnedModels(self.collections, self.datasets, self.jobs, authority)
        passages = SqlGenerationStore(database)
        self.deletion = DatasetDeletion(
            self.datasets, self.files, self.jobs, Providers(provider), AsyncMock(), authority, self.audit
        )
        self.erasure = PersonErasure(
            self.erasures,
            self.datasets,
            self.deletion,
            self.taken_down,
            Withdrawal(self.collections, self.ratings, passages, learned, authority),
            self.collections,
            learned,
            self.jobs,
            frozenset({"U0ROLE"}),
            authority,
        )

    async def fill(self) -> None:
        ana = a_caller(ANA)
        await self.datasets.save(a_dataset(name=f"{SECRET}.jsonl", channel="D0ANA"))
        self.files.path("abc").write_text(SECRET)
        trained = followed_job("ftjob-1", state="succeeded", fine_tuned_model="ft:acme:of-ana", metadata={"x": SECRET})
        await self.jobs.insert(trained)
        asked = Approval(1.0, 5.0, (ANA.user,), approved=False, decided_by=ANA.user, reason=SECRET)
        await self.jobs.insert(a_job(id="job-2", requester=BEN, dataset_id=None, approval=asked, state="failed"))
        await self.conversations.open(TALK)
        for turn in (
            Turn("2.0", "user", f"My {SECRET}", user=ANA.user, name="Ana"),
            Turn("2.0", "assistant", f"You said {SECRET}"),
            Turn("3.0", "user", f"<@{ANA.user}>, {OTHERS}", user=BEN),
            Turn("3.0", "assistant", OTHERS),
        ):
            await self.conversations.add(TALK.id, turn)
        own = msgspec.structs.replace(TALK, id="cv-2", thread_ts="9.0", owner=ANA.user, system=SECRET, private=True)
        await self.conversations.open(own, [Turn("9.1", "user", SECRET, user=ANA.user)])
        why = Why((Reason.OTHER,), SECRET)
        press = Press(TALK.id, "3.0", ANA.user, False, 4.0, "key", why)
        await self.ratings.press(press, Entry("rate", 4.0, ANA.user, "rate answer", TALK.id))
        await self.comparisons.open(
            Comparison("cmp-1", ("a", "b"), "T0ACME", "C0TRAINING", BEN, 1.0),
            [
                Question("1", (ChatMessage("user", SECRET),), ("a", "b"), ANA.user),
                Question("2", (ChatMessage("user", OTHERS),), ("a", "b"), BEN),
            ],
            entry(ana, "compare", "cmp-1"),
        )
        await self.comparisons.answered("cmp-1", "1", "a", ModelAnswer(SECRET))
        await self.comparisons.answered("cmp-1", "2", "a", ModelAnswer(OTHERS))
        await self.collections.create(
            Collection("col-1", "Support", ANA.user, "T0ACME", "C0TRAINING", False, 1.0), entry(ana, "create", "col-1")
        )
        for number, (words, by) in enumerate(((SECRET, ANA.user), (OTHERS, ANAS_SISTER))):
            line = f'{{"messages": "{words}"}}'
            example = Example(f"ex-{number}", "col-1", line, "thread", "C0TRAINING", "1.0", False, (by,), BEN, 1.0)
            await self.collections.add(example, entry(ana, "add example", f"ex-{number}"))
        await SqlPersonalSettings(self.database).set_approvals_directly(ANA.user, True, entry(ana, "personalize", "me"))
        await SqlInbox(self.database).accept("m/1", {"event": {"user": ANA.user, "text": SECRET}})
        await SqlInbox(self.database).accept("m/2", {"event": {"user": BEN, "text": f"<@{ANA.user}> hi"}})
        (self.folder / "bot-before-restore-20260101-000000.db").write_text(SECRET)

    def bytes(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.folder.rglob("*") if file.is_file())


@pytest.fixture
async def store(database: Database, tmp_path: Path, provider: OpenAIProtocol) -> Store:
    filled = Store(database, tmp_path / "data", provider)
    await filled.fill()
    return filled


async def test_neither_the_id_nor_the_words_of_an_erased_person_are_left_in_any_file(store: Store) -> None:
    assert store.bytes().count(SECRET.encode()) > 10
    erased = await store.erasure.erase(by_admin(key="command/9"), ANA.user)
    left = store.bytes()
    assert SECRET.encode() not in left
    assert left.replace(ANAS_SISTER.encode(), b"").count(ANA.user.encode()) == 0
    assert b"D0ANA" not in left
    copy = store.folder.parent / "backup.db"
    backup(store.folder, copy)
    assert SECRET.encode() not in copy.read_bytes()
    assert erased.models == ("ft:acme:of-ana",)
    assert erased.counts["examples"] == 1
    store.taken_down.assert_awaited_once()


async def test_it_is_said_where_another_program_keeps_the_log_of_the_store(store: Store) -> None:
    other = sqlite3.connect(store.folder / "bot.db", isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM jobs").fetchone()
    erased = await store.erasure.erase(by_admin(), ANA.user)
    other.close()
    assert not erased.swept


async def test_what_others_wrote_and_made_stays_with_a_pseudonym_in_place_of_the_person(store: Store) -> None:
    erased = await store.erasure.erase(by_admin(), ANA.user)
    assert [turn.content for turn in await store.conversations.turns(TALK.id)] == [
        f"<@{erased.pseudonym}>, {OTHERS}",
        OTHERS,
    ]
    assert [question.text for question in await store.comparisons.questions("cmp-1")] == [OTHERS]
    assert set(await store.comparisons.answers("cmp-1")) == {("2", "a")}
    [example] = await store.collections.examples("col-1")
    assert example.contributors == (ANAS_SISTER,), "a longer id that begins alike is another person's"
    job = await store.jobs.get("job-1")
    assert job is not None
    assert (job.requester, job.fine_tuned_model) == (erased.pseudonym, "ft:acme:of-ana")
    assert await store.conversations.get("cv-2") is None
    assert [each.payload for each in await SqlInbox(store.database).pending()] == [
        {"event": {"user": BEN, "text": f"<@{erased.pseudonym}> hi"}}
    ]


async def test_the_audit_log_says_what_was_erased_by_whom_and_is_closed_again(store: Store) -> None:
    before = await store.audit.count()
    erased = await store.erasure.erase(by_admin(), ANA.user)
    entries = [one for _, one in await store.audit.latest(100)]
    assert (entries[0].action, entries[0].actor, entries[0].resource) == ("erase person", CAT.user, erased.pseudonym)
    assert "files=1" in entries[0].details
    assert len(entries) > before
    assert {one.actor for one in entries} == {CAT.user, erased.pseudonym}
    for statement in ("UPDATE audit SET actor = 'U0EVE'", f"UPDATE audit SET actor = '{erased.pseudonym}'"):
        with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            await store.database.write(methodcaller("execute", statement))


async def test_while_somebody_is_erased_the_audit_log_takes_nothing_but_the_pseudonym(store: Store) -> None:
    await store.erasures.begin(ANA.user, 1.0, ())
    for statement in ("UPDATE audit SET actor = 'U0EVE'", "UPDATE audit SET outcome = 'failed'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            await store.database.write(methodcaller("execute", statement))


@pytest.mark.parametrize("step", ["erase_words", "put_pseudonym", "finish"])
async def test_an_erasure_that_was_cut_off_is_finished_when_it_is_asked_for_again(
    store: Store, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Awaitable[object]] = getattr(store.erasures, step)

    async def cut_off(*values: object) -> object:
        if step != "finish":
            await real(*values)
        raise OSError("power cut")

    monkeypatch.setattr(store.erasures, step, cut_off)
    with pytest.raises(OSError, match="power cut"):
        await store.erasure.erase(by_admin(key="command/8"), ANA.user)
    monkeypatch.undo()
    erased = await store.erasure.erase(by_admin(key="command/9"), ANA.user)
    assert erased.models == ("ft:acme:of-ana",)
    assert SECRET.encode() not in store.bytes()
    assert store.bytes().replace(ANAS_SISTER.encode(), b"").count(ANA.user.encode()) == 0


async def test_a_provider_that_does_not_answer_keeps_nobody_from_being_erased_and_is_named(
    store: Store, stand_in: StandInProvider
) -> None:
    stand_in.files["file-1"] = (upload_name("abc"), SECRET.encode())
    await store.jobs.set_provider_file("acme", "abc", "file-1")
    stand_in.fault("GET /files", status=503)
    erased = await store.erasure.erase(by_admin(), ANA.user)
    assert erased.left == ("acme",)
    assert SECRET.encode() not in store.bytes()
    await store.deletion.delete_left()
    assert not stand_in.files


async def test_only_administrators_erase_and_nobody_whom_the_settings_name_or_whose_file_is_being_trained_on(
    store: Store,
) -> None:
    with pytest.raises(Denied):
        await store.erasure.erase(a_caller(ANA), BEN)
    with pytest.raises(Conflict) as refused:
        await store.erasure.erase(by_admin(), "U0ROLE")
    assert refused.value.kind == "erase_with_role"
    await store.jobs.set_provider_file("acme", "abc", "file-1")
    await store.jobs.insert(followed_job("ftjob-3", id="job-3", state="running", training_file="file-1"))
    with pytest.raises(Conflict) as refused:
        await store.erasure.erase(by_admin(), ANA.user)
    assert refused.value.kind == "file_in_training"
    assert SECRET.encode() in store.bytes(), "nothing was done"
