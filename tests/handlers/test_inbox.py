"""What is kept of what Slack sends, and that it is taken on once."""

import asyncio
from typing import Any, cast

import pytest
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.conversations.conversation import Conversation
from bot.store.database import Database
from bot.store.inbox import Entry, SqlInbox
from handlers.chat.threads import ChatThreads
from handlers.parsing import key_of
from handlers.web.poster import Poster
from tests.parts import until
from tests.slack_requests import ENGLISH, an_event, an_inbox, bolt_app, bolt_listeners


class _SlowToAccept(SqlInbox):
    """Its answer is on its way until it is let go, while `known` is read at once."""

    def __init__(self, database: Database, known: list[Entry]) -> None:
        super().__init__(database)
        self.known = known
        self.answers = asyncio.Event()
        self.asked = asyncio.Event()
        self.accepted = 0

    async def unclaimed(self) -> list[Entry]:
        return self.known

    async def accept(self, key: str, payload: dict[str, object], received_at: float | None = None, **how: Any) -> bool:
        is_new = await super().accept(key, payload, received_at, **how)
        self.asked.set()
        self.accepted += 1
        await self.answers.wait()
        return is_new


async def test_what_is_found_in_the_history_while_slack_delivers_it_is_worked_on_once(database: Database) -> None:
    store, event = SqlInbox(database), an_event(channel_type="im")
    assert await store.accept(str(key_of(event)), event)
    slow = _SlowToAccept(database, await store.pending())
    bolt = bolt_listeners(slow)
    worked: list[Any] = []

    async def work(request: Any) -> None:
        worked.append(request.key)

    app = bolt_app(bolt)
    app.event("message")(bolt.listener(work))
    delivery = asyncio.create_task(app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=event)))
    await slow.asked.wait()
    recovery = asyncio.create_task(bolt.worker.recover(app))
    await asyncio.sleep(0)  # as far as it comes
    slow.answers.set()
    await asyncio.gather(delivery, recovery)
    await until(lambda: not bolt.worker.busy)
    assert worked == [key_of(event)]
    assert await store.pending() == []


async def test_what_another_process_has_in_hand_is_left_to_it(database: Database) -> None:
    here, there = an_inbox(SqlInbox(database, "here")), an_inbox(SqlInbox(database, "there"))
    await SqlInbox(database, "here").accept("key", an_event())
    assert not await there.take("key")
    assert await here.take("key")
    assert not await here.take("key"), "it is at it"


async def test_what_arrives_together_is_not_stored_one_after_the_other(database: Database) -> None:
    """A commit is an fsync, and whatever waits for the disk shares the next one."""
    store = _SlowToAccept(database, [])
    bolt = bolt_listeners(store)
    app = bolt_app(bolt)
    events = [an_event(channel_type="im", ts=f"5.00010{number}") for number in range(5)]
    arriving = [
        asyncio.create_task(app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=event))) for event in events
    ]
    await until(lambda: store.accepted == 5)
    store.answers.set()
    await asyncio.gather(*arriving)


async def test_what_was_sent_has_one_time_whenever_it_is_worked_on(database: Database) -> None:
    store, context = SqlInbox(database), cast(AsyncBoltContext, {})
    inbox = an_inbox(store)

    async def next() -> None: ...

    body = {"type": "view_submission", "trigger_id": "1", "user": {"id": "U1"}, "view": {"id": "V1"}}
    await inbox.middleware(body, context, next)
    (entry,) = await store.pending()
    assert context["inbox_received_at"] == entry.received_at


def _edited(thread_ts: str, **fields: Any) -> dict[str, Any]:
    before = {"user": "U1", "ts": "5.000050", "thread_ts": thread_ts, "text": "hi", **fields}
    return an_event(subtype="message_changed", message={**before, "text": "hello"}, previous_message=before)


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        (an_event(thread_ts="1.5"), True),
        (an_event(thread_ts="9.9"), False),
        (an_event(), False),
        (an_event(user="U0OWNER"), True),
        (an_event(channel_type="im"), True),
        (an_event(files=[{"id": "F1"}]), True),
        (an_event(files=[{"id": "F1"}], user="U0BOT"), False),
        (an_event(thread_ts="1.5", bot_id="B1"), False),
        (an_event(thread_ts="1.5", subtype="message_changed"), False),
        (_edited("1.5"), True),
        (_edited("9.9"), False),
        (_edited("1.5", bot_id="B1"), False),
        (an_event("app_mention"), True),
        (an_event("reaction_added"), False),
        (an_event("app_home_opened", tab="messages"), True),
        (an_event("app_home_opened", tab="home"), True),
        (an_event("app_home_opened", tab="about"), False),
        (an_event("agent_session_stopped", thread_ts="1.5"), True),
        (an_event("agent_session_stopped", thread_ts="9.9"), False),
        (an_event("agent_session_title_changed", thread_ts="1.5"), True),
    ],
)
async def test_only_what_may_be_meant_for_the_bot_is_kept(
    database: Database, event: dict[str, Any], kept: bool
) -> None:
    store = SqlInbox(database)

    async def look_up(*thread: str) -> bool:
        return thread == ("C1", "1.5")

    threads = ChatThreads(cast(Poster, None), ENGLISH, look_up)
    threads.just_opened.add(Conversation("cv-1", "ft:x", "T1", "C1", "1.5", "U0OWNER", 1.0))
    inbox = an_inbox(store, threads)

    async def then() -> None:
        return None

    await inbox.middleware(event, AsyncBoltContext(), then)
    assert bool(await store.pending()) is kept
