"""The threads of conversations in Slack: begun once, linked to, taken away where nobody has said anything."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec import structs

from app.features.chat import chat_threads
from bot.audit import Entry
from bot.claims import Claims
from bot.compare.comparison import Arena, Comparison
from bot.membership import Membership
from bot.store.comparisons import SqlComparisonStore
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.processes import SqlProcesses
from handlers.chat.threads import ChatThreads
from handlers.web.poster import Poster
from tests.chatting import TALK
from tests.parts import until
from tests.scripted_slack import Slack, error
from tests.slack_requests import ENGLISH, a_caller, no_thread


class _Store:
    """Which threads talk to a model, and which it was asked for; its answers are on their way until `may_answer`."""

    def __init__(self, *talking: tuple[str, str]) -> None:
        self.talking = {*talking}
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def look_up(self, channel: str, thread_ts: str) -> bool:
        self.asked.append(thread_ts)
        found = (channel, thread_ts) in self.talking
        await self.may_answer.wait()
        return found


def remembering(store: _Store, claims: Claims | None = None, most: int = 10) -> ChatThreads:
    return ChatThreads(cast(Poster, None), ENGLISH, store.look_up, claims, most=most)


async def meant(threads: ChatThreads, *said_in: str) -> list[bool]:
    return [await threads.is_meant("C1", thread_ts, "U0BEN") for thread_ts in said_in]


@pytest.fixture
def threads(slack: Slack) -> ChatThreads:
    return ChatThreads(Poster(slack.client), ENGLISH, no_thread)


async def test_what_is_said_in_a_thread_that_is_being_started_may_be_meant_and_afterwards_is(
    threads: ChatThreads, slack: Slack
) -> None:
    assert not await threads.is_meant("C0TRAINING", "1.0", "U0BEN")
    async with threads.started(a_caller(), structs.replace(TALK, question="Where is my parcel?")) as ts:
        assert ts == "1.0"
        assert await threads.is_meant("C0TRAINING", "7.7", "U0BEN")
        assert not await threads.is_meant("C0TRAINING", None, "U0BEN")
    assert await threads.is_meant("C0TRAINING", "1.0", "U0BEN")
    assert not await threads.is_meant("C0TRAINING", "7.7", "U0BEN")
    (posted,) = slack.called("chat.postMessage")
    assert "Where is my parcel?" in str(posted["blocks"])


async def test_after_a_crash_it_is_the_same_message(threads: ChatThreads, slack: Slack) -> None:
    async with threads.started(a_caller(), TALK):
        pass
    (posted,) = slack.called("chat.postMessage")
    slack.replies["conversations.history"] = [{"ok": True, "messages": [{"ts": "1.0", "metadata": posted["metadata"]}]}]
    async with threads.started(a_caller(is_retry=True), TALK) as ts:
        assert ts == "1.0"
    assert len(slack.called("chat.postMessage")) == 1


async def test_a_thread_whose_message_was_deleted_has_no_link(threads: ChatThreads, slack: Slack) -> None:
    slack.replies["chat.getPermalink"] = [{"ok": True, "permalink": "https://x/p1"}, error("message_not_found")]
    assert await threads.link(TALK) == "https://x/p1?thread_ts=1.5&cid=C0TRAINING"
    assert await threads.link(TALK) is None


async def test_the_message_that_shows_a_conversation_is_brought_to_date_where_slack_lets_it_be(
    threads: ChatThreads, slack: Slack
) -> None:
    """The thread's first one, or the bot's own where a model was called in; an old version did not keep which it is."""
    slack.replies["chat.update"] = [{"ok": True}, {"ok": True}, error("cant_update_message")]
    for ts in (None, "1.7", None):
        await threads.show(structs.replace(TALK, system="Be brief.", message_ts=ts))
    edits = slack.called("chat.update")
    assert [edit["ts"] for edit in edits] == [TALK.thread_ts, "1.7", TALK.thread_ts]
    assert "Be brief." in str(edits[0]["blocks"])


@pytest.mark.parametrize(
    ("replies", "deletion", "gone"),
    [
        ({"ok": True, "messages": [{}]}, {"ok": True}, True),
        ({"ok": True, "messages": [{}, {}]}, {"ok": True}, False),
        (error("thread_not_found"), {"ok": True}, True),
        ({"ok": True, "messages": [{}]}, error("message_not_found"), True),
        ({"ok": True, "messages": [{}]}, error("cant_delete_message"), False),
    ],
)
async def test_an_unused_thread_is_taken_away_and_one_with_replies_stays(
    threads: ChatThreads, slack: Slack, replies: dict[str, object], deletion: dict[str, object], gone: bool
) -> None:
    threads.know(TALK.channel, TALK.thread_ts)
    slack.replies["conversations.replies"], slack.replies["chat.delete"] = [replies], [deletion]
    assert await threads.remove_unused(TALK) is gone
    assert await threads.is_meant(TALK.channel, TALK.thread_ts, "U0BEN") is not gone


async def test_of_the_latest_threads_the_store_is_asked_once_whether_they_talk_to_a_model() -> None:
    store = _Store(("C1", "1.0"))
    threads = remembering(store)
    for _ in range(3):
        assert await meant(threads, "1.0", "2.0") == [True, False]
    assert store.asked == ["1.0", "2.0"]


async def test_a_thread_that_was_forgotten_is_looked_up_and_one_that_is_spoken_in_stays() -> None:
    store = _Store(*(("C1", f"{number}.0") for number in range(5)))
    threads = remembering(store, most=2)
    for number in range(1, 5):
        assert await meant(threads, "0.0", f"{number}.0") == [True, True]
    assert store.asked == ["0.0", "1.0", "2.0", "3.0", "4.0"]
    assert await meant(threads, "1.0") == [True]
    assert store.asked[-1] == "1.0"


async def test_a_thread_into_which_a_model_is_called_talks_to_it_from_then_on() -> None:
    store = _Store()
    threads = remembering(store)
    assert await meant(threads, "1.0") == [False]
    threads.know("C1", "1.0")
    assert await meant(threads, "1.0") == [True]


async def test_a_thread_into_which_a_model_is_called_while_it_is_looked_up_talks_to_it() -> None:
    """Also where that was forgotten before the store has answered."""
    store = _Store()
    threads = remembering(store, most=1)
    store.may_answer.clear()
    early = asyncio.create_task(meant(threads, "1.0"))
    await until(lambda: store.asked)
    for thread_ts in ("1.0", "2.0"):
        store.talking.add(("C1", thread_ts))
        threads.know("C1", thread_ts)
    store.may_answer.set()
    assert await early == [False]
    assert await meant(threads, "1.0") == [True]


async def test_where_other_processes_call_models_in_what_is_no_conversation_is_looked_up_each_time(
    database: Database,
) -> None:
    processes, store = SqlProcesses(database), _Store()
    await processes.join("here", alone=False)
    threads = remembering(store, Claims(processes, "here", "thread opened", asyncio.Event()))
    assert await meant(threads, "1.0") == [False]
    store.talking.add(("C1", "1.0"))  # by another process
    assert await meant(threads, "1.0", "1.0") == [True, True]
    assert store.asked == ["1.0", "1.0"]


async def test_in_threads_of_conversations_and_comparisons_people_talk_to_models_and_in_arenas_they_do_not(
    database: Database,
) -> None:
    conversations, comparisons = SqlConversationStore(database), SqlComparisonStore(database)
    await conversations.open(structs.replace(TALK, channel="C1", thread_ts="1.0"))
    for number, arena in enumerate((None, Arena(7, 3, 100.0)), 2):
        comparison = Comparison(f"cmp-{number}", ("a", "b"), "T1", "C1", "U0ANA", 1.0, arena=arena)
        await comparisons.open(comparison, [], Entry(comparison.id, 1.0, "U0ANA", "compare", comparison.id))
        await comparisons.posted(comparison.id, f"{number}.0")
    services: Any = SimpleNamespace(
        conversations=conversations,
        comparisons=comparisons,
        poster=None,
        languages=None,
        membership=Membership(SqlProcesses(database), alone=True),
    )
    assert await meant(chat_threads(services), "1.0", "2.0", "3.0", "4.0") == [True, True, False, False]
