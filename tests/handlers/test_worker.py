"""Each request is worked off once, whatever happens meanwhile."""

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any, cast

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.backoff import Backoff
from bot.errors import BotError
from bot.notices.interfaces import PostDoubtful, PostError, PostRefused
from bot.providers.interface import Refused
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from handlers.blocks.message import Message
from handlers.blocks.parts import message, section
from handlers.chat.threads import ChatThreads
from handlers.languages import Languages
from handlers.parsing import key_of
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from telemetry import traces
from tests.parts import until
from tests.scripted_slack import Slack, limited, text
from tests.slack_requests import ENGLISH, a_press, a_worker, an_event, an_inbox, bolt_app, bolt_listeners, no_thread
from texts.language import Language


async def test_work_that_is_gone_on_with_after_a_crash_belongs_to_the_same_trace(database: Database) -> None:
    store = SqlInbox(database)
    bolt = bolt_listeners(store)
    worked: list[traces.Context | None] = []

    async def work(_: Any) -> None:
        worked.append(traces.current())

    app = bolt_app(bolt)
    app.action("job_cancel")(bolt.listener(work))
    with traces.span("of an earlier process") as span:
        assert await store.accept("action/1", a_press({"ts": "1.0"}))
    assert await bolt.worker.recover(app) == 1
    await until(lambda: not bolt.worker.busy)
    (context,) = worked
    assert context is not None
    assert context.trace_id == span.context.trace_id


@pytest.mark.parametrize("alone", [True, False])
async def test_what_the_store_could_not_bring_to_its_end_is_gone_on_with_when_it_can(
    database: Database, alone: bool
) -> None:
    """Slack has its answer and sends it no more; what is said next in the thread may wait for it."""

    class Troubled(SqlInbox):
        troubles = 1

        async def finish(self, key: str, *, failed: bool = False) -> None:
            self.troubles -= 1
            if self.troubles >= 0:
                raise BotError("The disk is full.")
            await super().finish(key, failed=failed)

    store = Troubled(database, "here")
    bolt = bolt_listeners(store, alone=alone)
    worked = []

    async def work(request: Any) -> None:
        worked.append(request.is_retry)

    async def ack(**_: Any) -> None: ...

    async def dispatch(request: AsyncBoltRequest) -> Any:
        await bolt.listener(work)(ack, request.body, request.context)
        return SimpleNamespace(status=200)

    await store.accept("key", an_event())
    assert await bolt.inbox.take("key")
    bolt.worker.begin(work, an_event(), cast(AsyncBoltContext, {"inbox_key": "key"}))
    await until(lambda: not bolt.worker.busy)
    looking = asyncio.create_task(
        bolt.worker.take_over(cast(AsyncApp, SimpleNamespace(async_dispatch=dispatch)), look_every=0.01)
    )
    await until(lambda: worked == [False, True] and not bolt.worker.busy)
    looking.cancel()
    assert await store.pending() == []


async def test_a_store_that_fails_while_one_is_gone_on_with_keeps_none_of_the_others_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqlInbox(database)
    bolt = bolt_listeners(store)
    worked: list[str] = []

    async def work(request: Any) -> None:
        worked.append(request.key)

    app = bolt_app(bolt)
    app.event("message")(bolt.listener(work))
    nobodys = {"type": "event_callback", "event_id": "Ev2", "event": {"type": "unheard_of", "channel": "C1"}}
    event = an_event(channel_type="im")
    for number, body in enumerate((nobodys, event), 1):
        assert await store.accept(str(key_of(body)), body, float(number))

    async def locked(*_: Any, **__: Any) -> None:
        raise BotError("store_trouble", trouble="locked")

    with monkeypatch.context() as patched:
        patched.setattr(store, "finish", locked)
        with pytest.raises(BotError):
            await bolt.worker.recover(app)
    await bolt.worker.recover(app)
    await until(lambda: not bolt.worker.busy)
    assert worked == [key_of(event)]


class _Begun:
    """A mention that was taken in and is worked on, with Slack behind a real socket."""

    def __init__(self, database: Database, slack: Slack) -> None:
        self.store = SqlInbox(database)
        self.poster = Poster(slack.client)
        self.threads = ChatThreads(self.poster, ENGLISH, no_thread)
        inbox, backoff = an_inbox(self.store, self.threads), Backoff(0.01, longest=0.01, tries=1)
        self.worker = a_worker(self.store, inbox, self.poster, backoff=backoff)

    async def begin(self, work: Any) -> asyncio.Task[Any]:
        body = an_event("app_mention")
        await self.store.accept("key", body)
        return self.worker.begin(work, body, cast(AsyncBoltContext, {"inbox_key": "key"}))

    async def attempts(self) -> list[int]:
        return [entry.attempts for entry in await self.store.pending()]


def _said(words: str) -> Message:
    return message(words, [section(words)])


async def test_work_in_which_the_process_may_die_counts(database: Database) -> None:
    async with Slack() as slack:
        begun = _Begun(database, slack)
        gate = asyncio.Event()

        async def work(_: Any) -> None:
            await begun.poster.post("C1", _said("first"), priority=Priority.CHAT)
            gate.set()
            await asyncio.Event().wait()

        task = await begun.begin(work)
        await gate.wait()
        assert await begun.attempts() == [1]
        task.cancel()
        await asyncio.wait([task])


async def test_what_waits_for_slack_does_not_count_however_the_process_ends(database: Database) -> None:
    async with Slack() as slack:
        slack.replies["chat.postMessage"] = [text(503)]
        begun = _Begun(database, slack)
        failed = asyncio.Event()

        async def work(_: Any) -> None:
            async def stream() -> None:  # an answer that is streamed waits for Slack by itself, in a task of its own
                with contextlib.suppress(PostError):
                    await begun.poster.post("C1", _said("answer"), priority=Priority.CHAT)
                failed.set()
                await asyncio.Event().wait()

            await asyncio.create_task(stream())

        task = await begun.begin(work)
        await failed.wait()
        assert await begun.attempts() == [0]
        task.cancel()
        await asyncio.wait([task])


async def test_work_that_a_stop_cuts_off_does_not_count(database: Database) -> None:
    async with Slack() as slack:
        begun = _Begun(database, slack)

        async def work(_: Any) -> None:
            await asyncio.Event().wait()

        await begun.begin(work)
        await begun.worker.drain(0)
        assert await begun.attempts() == [0]


async def test_what_slack_takes_neither_as_answer_nor_as_failure_is_tried_until_it_does(
    database: Database,
) -> None:
    async with Slack() as slack:
        # In vain: twice the answer, then three times that it failed.
        slack.replies["chat.postMessage"] = [*[text(503)] * 5, {"ok": True, "ts": "1.0"}]
        slack.replies["conversations.replies"] = [{"ok": True, "messages": []}]
        begun = _Begun(database, slack)

        async def work(_: Any) -> None:
            await begun.poster.post("C1", _said("the answer"), priority=Priority.CHAT)

        await begun.begin(work)
        await until(lambda: not begun.worker.busy, 60)
        assert slack.called("chat.postMessage")[-1]["text"] == "the answer"
        assert await begun.attempts() == []


@pytest.mark.parametrize("fails", [True, False])
async def test_what_could_not_be_answered_while_slack_was_away_is_worked_on_again(
    database: Database, fails: bool
) -> None:
    async with Slack() as slack:
        slack.replies["chat.postMessage"] = [*[text(503)] * 7, {"ok": True, "ts": "1.0"}]
        slack.replies["conversations.replies"] = [{"ok": True, "messages": []}]
        begun = _Begun(database, slack)
        retries: list[bool] = []

        async def work(request: Any) -> None:
            retries.append(request.is_retry)
            if fails:
                raise BotError("store_trouble", trouble="locked")
            await request.answer(_said("the answer"))

        await begun.begin(work)
        await until(lambda: not begun.worker.busy, 60)
        assert not retries[0]
        assert all(retries[1:])
        assert len(slack.called("chat.postMessage")) == 8
        assert await begun.attempts() == []


async def test_what_a_press_is_answered_is_not_lost_while_slack_takes_nothing(database: Database) -> None:
    async with Slack() as slack:
        slack.replies["chat.postEphemeral"] = [*[limited("0")] * 5, {"ok": True}]
        begun, body = _Begun(database, slack), a_press({"ts": "1.0"})

        async def work(request: Any) -> None:
            await request.answer(_said("the answer"))

        await begun.store.accept("key", body)
        await begun.worker.begin(work, body, cast(AsyncBoltContext, {"inbox_key": "key"}))
        assert len(slack.called("chat.postEphemeral")) == 6
        assert await begun.attempts() == []


async def _answered(_channel: str, _person: str) -> Language:
    return Language.CHINESE


async def test_what_fails_is_told_in_the_language_of_who_hears_it(database: Database) -> None:
    async with Slack() as slack:
        store = SqlInbox(database)
        languages = cast(Languages, SimpleNamespace(answers=_answered))
        worker = a_worker(store, poster=Poster(slack.client), languages=languages)
        refused = Refused("Not today.", status=403)
        refused.provider = "acme"
        troubles = [RuntimeError("a bug"), PostRefused("expired_trigger_id"), refused]
        for number, trouble in enumerate(troubles):

            async def work(_: Any, trouble: Exception = trouble) -> None:
                raise trouble

            key, body = f"key-{number}", an_event("app_mention", ts=f"5.00010{number}")
            assert await store.accept(key, body)
            await worker.begin(work, body, cast(AsyncBoltContext, {"inbox_key": key}))
        told = [call["text"] for call in slack.called("chat.postMessage")]
        assert told[0].startswith("我这边出了问题。请再试一次。日志编号：key-0。")
        assert told[1].startswith("用时太久，Slack 不再允许我打开窗口。")
        assert told[2].startswith("服务商 acme 的回复：Not today.")


async def test_work_that_is_given_up_opens_no_thread_any_more(database: Database) -> None:
    """Else what is said in its channel would wait for it for ever."""
    async with Slack() as slack:
        begun = _Begun(database, slack)
        openings = begun.threads.just_opened
        were_open: list[bool] = []

        async def work(request: Any) -> None:
            were_open.append(openings.is_opening("C1"))
            async with openings.opening("C1", request.key):
                raise PostDoubtful("timeout")

        await (await begun.begin(work))
    assert were_open == [False, True]
    assert not openings.is_opening("C1")
