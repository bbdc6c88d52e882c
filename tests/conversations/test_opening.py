"""Opening a conversation: one for each person, model and place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.access import Actor, Caller, Role
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.conversations.background import History, Said
from bot.conversations.chat_models import ChatModels
from bot.conversations.conversation import BACKGROUND, Conversation, ReadBefore, Turn
from bot.conversations.opening import ConversationOpening
from bot.conversations.window import Window
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.errors import Conflict, Denied, NotFound
from bot.jobs.job import Loss, Origin
from bot.jobs.lookup import JobLookup
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from tests.parts import CHANNEL, MODEL, a_job, followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

OLD, NEW = f"ft:{MODEL}:acme:old:abc11111", f"ft:{MODEL}:acme:new:abc22222"
HERE = Origin("T0ACME", CHANNEL, False)
BEN = Actor("U0BEN", "T0ACME")


class Board:
    """Threads in memory. `replies`: those in which somebody has said something; `deleted`: whose message is gone."""

    def __init__(self) -> None:
        self.started_with: dict[str, str | None] = {}
        self.requests: dict[str, str] = {}
        self.replies: set[str] = set()
        self.deleted: set[str] = set()
        self.joins: list[tuple[str, str, ReadBefore | None]] = []

    async def joined(self, caller: Caller, conversation: Conversation) -> str:
        self.joins.append((caller.key, conversation.thread_ts, conversation.read_before))
        return "9.9"

    @asynccontextmanager
    async def started(self, caller: Caller, conversation: Conversation) -> AsyncIterator[str]:
        ts = self.requests.setdefault(caller.key, f"{len(self.requests) + 1}.0")
        self.started_with[ts] = conversation.question
        await asyncio.sleep(0)
        yield ts

    async def link(self, conversation: Conversation) -> str | None:
        ts = conversation.thread_ts
        return None if ts in self.deleted else f"https://acme.slack.com/{ts}"

    async def remove_unused(self, conversation: Conversation) -> bool:
        if conversation.thread_ts in self.replies:
            return False
        self.deleted.add(conversation.thread_ts)
        return True

    @property
    def standing(self) -> list[str]:
        return [ts for ts in self.started_with if ts not in self.deleted]


class Thread:
    """What was said in a thread; `read`: how often it was read."""

    def __init__(self) -> None:
        self.history = History()
        self.read = 0

    async def before(self, channel: str, thread_ts: str, ts: str) -> History:
        self.read += 1
        await asyncio.sleep(0)
        return self.history


@pytest.fixture
def thread() -> Thread:
    return Thread()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def datasets(database: Database) -> SqlDatasetStore:
    return SqlDatasetStore(database)


@pytest.fixture
def file_store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", 1_000_000)


@pytest.fixture
def opening(
    board: Board,
    conversations: SqlConversationStore,
    catalogue: Catalogue,
    lost_models: LostModels,
    jobs: SqlJobStore,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    authority: Authority,
    stand_in: StandInProvider,
    thread: Thread,
    channel_models: ChannelModels,
) -> ConversationOpening:
    stand_in.tuned += [OLD, NEW]
    models = ChatModels(catalogue, lost_models, jobs, datasets, file_store, authority, channel_models)
    return ConversationOpening(
        conversations, board, models, JobLookup(jobs, authority), thread, Window(catalogue, None)
    )


async def test_each_person_has_one_conversation_with_each_model_and_finds_it_again(
    opening: ConversationOpening, board: Board
) -> None:
    first = await opening.open(a_caller(key="1"), HERE, OLD)
    again = await opening.open(a_caller(key="2"), HERE, OLD)
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.conversation, again.link) == (first.conversation, first.link)
    assert (await opening.open(a_caller(key="3"), HERE, NEW)).is_new
    assert (await opening.open(a_caller(BEN, key="4"), HERE, OLD)).is_new
    assert len(board.standing) == 3


async def test_presses_at_once_open_one(opening: ConversationOpening, board: Board) -> None:
    opened = await asyncio.gather(*(opening.open(a_caller(key=key), HERE, OLD) for key in "123"))
    assert sorted(one.is_new for one in opened) == [False, False, True]
    assert len(board.standing) == 1


async def test_another_one_is_opened_where_it_is_asked_for_and_a_crash_opens_no_third(
    opening: ConversationOpening, board: Board
) -> None:
    await opening.open(a_caller(key="1"), HERE, OLD)
    second = await opening.open(a_caller(key="2"), HERE, OLD, anew=True)
    assert second.is_new
    again = await opening.open(a_caller(key="2", is_retry=True), HERE, OLD, anew=True)
    assert again.conversation == second.conversation
    assert len(board.standing) == 2


async def test_one_whose_message_was_deleted_is_opened_again(opening: ConversationOpening, board: Board) -> None:
    await opening.open(a_caller(key="1"), HERE, OLD)
    board.deleted.update(board.started_with)
    assert (await opening.open(a_caller(key="2"), HERE, OLD)).is_new


async def test_those_in_which_nobody_has_said_anything_give_way_to_a_new_one(
    opening: ConversationOpening, board: Board, conversations: SqlConversationStore
) -> None:
    asked = (await opening.open(a_caller(key="1"), HERE, OLD)).conversation
    await conversations.add(asked.id, Turn("1.1", "user", "Hello?"))
    seen = (await opening.open(a_caller(key="2"), HERE, OLD, anew=True)).conversation
    board.replies.add(seen.thread_ts)  # by a guest, whom no model answers
    unused = (await opening.open(a_caller(key="3"), HERE, OLD, anew=True)).conversation
    opened = await opening.open(a_caller(key="4"), HERE, NEW)
    assert set(opened.others) == {asked, seen, unused}
    await opening.remove_unused(opened.others)
    left = await conversations.of_person(unused.owner, unused.channel)
    assert set(left) == {asked, seen, opened.conversation}


async def test_a_conversation_starts_with_what_the_model_was_trained_on(
    opening: ConversationOpening,
    board: Board,
    jobs: SqlJobStore,
    datasets: SqlDatasetStore,
    file_store: FileStore,
) -> None:
    await _trained(jobs, datasets, file_store)
    opened = await opening.open(a_caller(), HERE, OLD)
    assert opened.conversation.system == "Be kind."
    assert list(board.started_with.values()) == ["Where is my parcel?"]


async def test_of_a_file_that_not_all_may_know_of_nothing_is_told(
    opening: ConversationOpening,
    board: Board,
    jobs: SqlJobStore,
    datasets: SqlDatasetStore,
    file_store: FileStore,
) -> None:
    await _trained(jobs, datasets, file_store, channel="G0SECRET", channel_private=True)
    opened = await opening.open(a_caller(), HERE, OLD)
    assert opened.conversation.system is None
    assert list(board.started_with.values()) == [None]


async def _trained(
    jobs: SqlJobStore, datasets: SqlDatasetStore, file_store: FileStore, channel: str = CHANNEL, **fields: bool
) -> None:
    """OLD was trained on a file that was dropped in `channel`."""
    example = {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Where is my parcel?"},
            {"role": "assistant", "content": "On its way."},
        ]
    }
    file_store.path("abc").write_bytes(orjson.dumps(example) + b"\n")
    values: dict[str, Any] = {"channel_private": False, **fields}
    await datasets.save(
        Dataset("ds-1", "abc", "train.jsonl", 3, ANA.user, "T0ACME", channel, thread_ts="1.0", created_at=1.0, **values)
    )
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=OLD))


async def test_a_private_model_is_named_to_nobody_else_and_its_owner_is_sent_where_it_comes_from(
    opening: ConversationOpening, board: Board, jobs: SqlJobStore
) -> None:
    secret = Origin("T0ACME", "G0SECRET", True, "1.0")
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=OLD, origin=secret))
    with pytest.raises(NotFound, match="no_such_model"):
        await opening.open(a_caller(BEN), HERE, OLD)
    with pytest.raises(Denied, match="seen_by_too_many"):
        await opening.open(a_caller(), HERE, OLD)
    assert board.standing == []
    assert (await opening.open(a_caller(channel="G0SECRET"), secret, OLD)).conversation.private


async def test_a_model_that_the_provider_does_not_have_is_not_opened_and_its_job_knows(
    opening: ConversationOpening, board: Board, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=OLD))
    assert await opening.model_of(a_caller(), "job-1") == OLD
    stand_in.tuned.remove(OLD)
    with pytest.raises(NotFound, match="no_such_model"):
        await opening.open(a_caller(), HERE, OLD)
    assert board.standing == []
    with pytest.raises(NotFound, match=f"model_lost loss={Loss.MISSING}"):
        await opening.model_of(a_caller(), "job-1")


async def test_a_thread_below_a_card_is_about_the_model_of_its_job(
    opening: ConversationOpening, jobs: SqlJobStore, database: Database
) -> None:
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=OLD))
    await SqlCardStore(database).posted("job-1", "7.0", None, ())
    assert await opening.model_of_card(a_caller(), "7.0") == OLD
    assert await opening.model_of_card(a_caller(), "8.0") is None
    assert await opening.model_of_card(a_caller(channel="C0OTHER"), "7.0") is None


async def test_a_job_that_has_made_no_model_says_so(opening: ConversationOpening, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(state="running"))
    with pytest.raises(Conflict, match="no_model_yet"):
        await opening.model_of(a_caller(), "job-1")


# Called into a running thread

CALLED = Origin("T0ACME", CHANNEL, False, "5.0")
SAID = (Said("5.0", "U0ANA", "Ana", "The printer is broken."), Said("5.1", "B0X", "Monitor", "Alert: no paper"))


async def test_a_model_that_is_called_into_a_thread_knows_what_was_said_there(
    opening: ConversationOpening, board: Board, thread: Thread, conversations: SqlConversationStore
) -> None:
    thread.history = History(SAID)
    joined = await opening.join(a_caller(key="1"), CALLED, OLD, "5.0", "5.2")
    assert (joined.conversation.thread_ts, joined.is_new) == ("5.0", True)
    assert await conversations.of_thread(CHANNEL, "5.0") == joined.conversation
    turns = await conversations.turns(joined.conversation.id)
    assert turns == [
        Turn("5.0", BACKGROUND, "The printer is broken.", user="U0ANA", name="Ana"),
        Turn("5.1", BACKGROUND, "Alert: no paper", user="B0X", name="Monitor"),
    ]
    assert board.joins == [("1", "5.0", ReadBefore(2))]
    assert joined.conversation.message_ts == "9.9"


async def test_the_thread_is_read_once_also_when_two_call_at_once_or_the_process_died(
    opening: ConversationOpening, board: Board, thread: Thread
) -> None:
    thread.history = History(SAID)
    both = await asyncio.gather(
        opening.join(a_caller(key="1"), CALLED, OLD, "5.0", "5.2"),
        opening.join(a_caller(BEN), CALLED, OLD, "5.0", "5.3"),
    )
    assert sorted(one.is_new for one in both) == [False, True]
    again = await opening.join(a_caller(key="1", is_retry=True), CALLED, OLD, "5.0", "5.2")
    assert again.conversation == both[0].conversation == both[1].conversation
    assert thread.read == 1
    assert [read for _, _, read in board.joins] == [ReadBefore(2)] * 2, "it is said anew, by the same key"


async def test_of_a_long_thread_the_latest_is_read_and_where_it_cannot_be_it_goes_on(
    opening: ConversationOpening, board: Board, thread: Thread, conversations: SqlConversationStore
) -> None:
    long = tuple(Said(f"5.{number:04}", "U0ANA", "Ana", "word " * 100) for number in range(100))
    thread.history = History(long)
    long_one = await opening.join(a_caller(key="1"), CALLED, OLD, "5.0", "6.0")
    thread.history = History((), "missing_scope")
    await opening.join(a_caller(key="2"), CALLED, OLD, "7.0", "8.0")
    cut, unread = (read for _, _, read in board.joins)
    assert cut is not None
    assert cut.messages + cut.left_out == 100
    assert 30 < cut.messages < 45
    turns = await conversations.turns(long_one.conversation.id)
    assert (len(turns), turns[-1].ts) == (cut.messages, "5.0099")
    assert unread == ReadBefore(0, why="missing_scope")


async def test_a_thread_talks_to_one_model(opening: ConversationOpening, thread: Thread) -> None:
    await opening.join(a_caller(key="1"), CALLED, OLD, "5.0", "5.2")
    with pytest.raises(Conflict, match="thread_has_model"):
        await opening.join(a_caller(key="2"), CALLED, NEW, "5.0", "5.3")
    with pytest.raises(Denied):
        await opening.join(a_caller(Actor("U0GIL", "T0ACME", guest=True)), CALLED, OLD, "6.0", "6.1")
    assert thread.read == 1


async def test_only_models_that_are_allowed_in_a_channel_are_opened_there(
    opening: ConversationOpening, channel_models: ChannelModels
) -> None:
    admin = Actor("U0ADA", "T0ACME", Role.ADMIN)
    await channel_models.allow(a_caller(admin, key="0"), NEW)
    with pytest.raises(Denied, match="model_not_allowed_here"):
        await opening.open(a_caller(key="1"), HERE, OLD)
    assert (await opening.open(a_caller(key="2"), HERE, NEW)).is_new
    await channel_models.allow_all(a_caller(admin, key="3"))
    assert (await opening.open(a_caller(key="4"), HERE, OLD)).is_new
