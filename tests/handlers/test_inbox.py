"""What Slack sent: known again when it comes again, and read into who, where and what."""

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any, cast

import pytest
from parts import until
from scripted_slack import Slack, text
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_requests import ENGLISH, an_inbox
from slack_sdk.web.async_client import AsyncWebClient

from bot.backoff import Backoff
from bot.conversations.conversation import Conversation
from bot.errors import BotError, Invalid
from bot.notices.interfaces import PostError, PostRefused
from bot.providers.interface import Refused
from bot.store.database import Database
from bot.store.inbox import Entry, SqlInbox
from handlers.blocks.message import Message
from handlers.blocks.parts import message, section
from handlers.chat.threads import ChatThreads
from handlers.languages import Languages
from handlers.parsing import key_of, request_of
from handlers.repair.blocks import waiting
from handlers.routing import Modal
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from telemetry import traces
from texts.language import Language


def _event(kind: str = "message", **fields: Any) -> dict[str, Any]:
    event = {"type": kind, "channel": "C1", "user": "U1", "ts": "5.000100", "text": " hi ", **fields}
    return {"type": "event_callback", "event_id": "Ev1", "event": event}


def _edited(thread_ts: str, **fields: Any) -> dict[str, Any]:
    before = {"user": "U1", "ts": "5.000050", "thread_ts": thread_ts, "text": "hi", **fields}
    return _event(subtype="message_changed", message={**before, "text": "hello"}, previous_message=before)


def _press(message: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "message": message,
        "container": {"type": "message", "message_ts": message.get("ts")},
        "trigger_id": "1.2",
        "actions": [{"action_id": "job_cancel", "action_ts": "6.0", "value": "job-1"}],
        **fields,
    }


def _request(body: dict[str, Any], **fields: Any) -> Any:
    return request_of(cast(Poster, None), "key", body, is_retry=False, **fields)


def test_each_edit_of_a_message_is_another_event_and_none_is_the_message() -> None:
    keys = {key_of(_event())} | {
        key_of(_event(subtype=subtype, event_ts=at))
        for subtype in ("message_changed", "message_deleted")
        for at in ("6.0", "7.0")
    }
    assert len(keys) == 5


def test_a_message_is_the_same_under_another_event_id() -> None:
    assert key_of(_event()) == key_of({**_event(), "event_id": "Ev2"})
    assert key_of(_event()) != key_of(_event(ts="5.000200"))
    assert key_of(_event()) != key_of(_event("app_mention")), "each is for another listener"


def test_events_without_a_message_go_by_their_event_id() -> None:
    deleted = {"type": "event_callback", "event_id": "Ev9", "event": {"type": "file_deleted", "file_id": "F1"}}
    assert key_of(deleted) == "event/Ev9"


def test_each_press_and_each_command_is_one_of_its_own() -> None:
    message = {"ts": "5.0"}
    again = _press(message, actions=[{"action_id": "job_cancel", "action_ts": "7.0"}])
    assert key_of(_press(message)) == key_of(_press(message))
    assert key_of(_press(message)) != key_of(again)
    assert key_of({"command": "/finetune", "trigger_id": "1.1"}) != key_of(
        {"command": "/finetune", "trigger_id": "1.2"}
    )
    shortcut = {"type": "message_action", "user": {"id": "U1"}, "callback_id": "add", "trigger_id": "1.1"}
    assert key_of(shortcut) == key_of(dict(shortcut))
    assert key_of(shortcut) != key_of({**shortcut, "trigger_id": "1.2"})


@pytest.mark.parametrize("body", [{"type": "view_closed", "view": {"id": "V1"}}, {"type": "shortcut"}, {}])
def test_what_nobody_waits_for_has_no_key(body: dict[str, Any]) -> None:
    assert key_of(body) is None


def test_what_was_pressed_later_is_later_whichever_is_worked_on_first() -> None:
    later = _press({"ts": "5.0"}, actions=[{"action_id": "arena_tie", "action_ts": "6.010000"}])
    assert _request(later).received_at > _request(_press({"ts": "5.0"})).received_at
    assert _request(later, received_at=9.0).received_at == 6.01, "after a crash, too"


def test_a_message_begins_its_own_thread() -> None:
    assert _request(_event()).thread_ts == "5.000100"
    assert _request(_event(thread_ts="4.0")).thread_ts == "4.0"
    assert _request(_event()).text == "hi"
    assert _request(_event()).received_at == 5.0001


def test_a_button_on_a_message_with_replies_was_pressed_in_the_channel() -> None:
    assert _request(_press({"ts": "5.0", "thread_ts": "5.0"})).thread_ts is None
    assert _request(_press({"ts": "5.0"})).thread_ts is None
    assert _request(_press({"ts": "5.0", "thread_ts": "4.0"})).thread_ts == "4.0"
    whispered = _press({}, container={"type": "message", "message_ts": "5.0", "thread_ts": "4.0"})
    assert _request(whispered).thread_ts == "4.0"


def test_a_window_belongs_to_the_channel_it_was_opened_in() -> None:
    body = {
        "type": "view_submission",
        "user": {"id": "U1"},
        "view": {"id": "V1", "private_metadata": '{"channel":"C7"}'},
    }
    assert _request(body).channel == "C7"
    assert _request({**body, "view": {"private_metadata": "not JSON"}}).channel == "U1"


def test_after_a_crash_the_time_is_that_of_the_first_arrival() -> None:
    body = {"command": "/finetune", "channel_id": "C1", "user_id": "U1", "text": "jobs", "response_url": "https://x"}
    assert _request(body, received_at=123.0).received_at == 123.0


async def test_a_request_is_acknowledged_and_its_listener_over_while_the_work_goes_on(database: Database) -> None:
    """Slack has its answer only when the listener has ended."""
    store = SqlInbox(database)
    inbox = an_inbox(store)
    body = {"command": "/finetune", "channel_id": "C1", "user_id": "U1", "text": "jobs", "response_url": "https://x"}
    assert await store.accept("key", body)
    acknowledged, gate = [], asyncio.Event()

    async def acknowledge() -> None:
        acknowledged.append(True)

    async def work(_: Any) -> None:
        await gate.wait()

    context = cast(AsyncBoltContext, {"inbox_key": "key"})
    await asyncio.wait_for(inbox.listener(work)(acknowledge, body, context), 60)
    assert acknowledged
    assert inbox.busy
    assert [entry.key for entry in await store.pending()] == ["key"]
    gate.set()
    await until(lambda: not inbox.busy)
    assert await store.pending() == []


async def test_a_window_waits_for_what_is_refused_and_not_for_what_takes_long(database: Database) -> None:
    store = SqlInbox(database)
    inbox = an_inbox(store)
    view = {"id": "V1", "title": {"text": "Start"}, "state": {"values": {}}, "blocks": [{"block_id": "model"}]}
    body = {"type": "view_submission", "user": {"id": "U1"}, "view": view}
    answers: list[dict[str, Any]] = []
    gate = asyncio.Event()

    async def ack(**answer: Any) -> None:
        answers.append(answer)

    async def refuse(_: Any) -> None:
        raise BotError("Over the budget.")

    async def refuse_field(_: Any) -> None:
        raise Invalid("No such model.", "model")

    async def take_long(_: Any) -> None:
        await gate.wait()

    for key, work in (("refused", refuse), ("field", refuse_field), ("long", take_long)):
        assert await store.accept(key, body)
        context = cast(AsyncBoltContext, {"inbox_key": key})
        await asyncio.wait_for(
            inbox.submission(Modal(work, seconds=60 if work is not take_long else 0), work)(ack, body, context), 60
        )
    assert answers[0]["response_action"] == "push"
    assert "Over the budget." in str(answers[0]["view"])
    assert answers[1] == {"response_action": "errors", "errors": {"model": "No such model."}}
    assert answers[2] == {}
    assert inbox.busy
    gate.set()
    await until(lambda: not inbox.busy)
    assert await store.pending() == []


async def test_what_stands_in_a_modal_while_it_waits_is_in_the_persons_language(database: Database) -> None:
    store = SqlInbox(database)
    languages = SimpleNamespace(answers=_answered, person=lambda _: _answered(None, ""))
    inbox = an_inbox(store, languages=cast(Languages, languages))
    body = {"type": "view_submission", "user": {"id": "U1"}, "view": {"id": "V1", "state": {"values": {}}}}
    answers: list[dict[str, Any]] = []
    worked: list[Any] = []

    async def ack(**answer: Any) -> None:
        answers.append(answer)

    async def work(request: Any) -> None:
        worked.append(request)

    assert await store.accept("key", body)
    context = cast(AsyncBoltContext, {"inbox_key": "key"})
    await inbox.submission(Modal(work, waiting=waiting), work)(ack, body, context)
    assert answers[0]["response_action"] == "update"
    assert answers[0]["view"]["title"]["text"] == "转换"
    await until(lambda: not inbox.busy)
    assert len(worked) == 1


async def test_a_window_that_is_worked_on_again_after_a_crash_is_taken_by_somebody_and_known_until_its_end(
    database: Database,
) -> None:
    """Bolt takes for unknown what nobody acknowledges, and what nobody knows is not kept."""
    store, gate = SqlInbox(database), asyncio.Event()
    inbox = an_inbox(store)

    async def work(_: Any) -> None:
        await gate.wait()

    app = AsyncApp(client=AsyncWebClient("xoxb-none"), authorize=_nobody, process_before_response=True)
    app.use(inbox.middleware)
    app.view("ask")(inbox.submission(Modal(work), work))
    view = {"id": "V1", "callback_id": "ask", "type": "modal", "state": {"values": {}}}
    body: dict[str, Any] = {"type": "view_submission", "trigger_id": "1", "user": {"id": "U1"}, "view": view}
    assert await store.accept("view_submission/V1/1", body)
    assert await inbox.recover(app) == 1
    assert [entry.key for entry in await store.pending()] == ["view_submission/V1/1"]
    gate.set()
    await until(lambda: not inbox.busy)
    assert await store.pending() == []


async def test_work_that_is_gone_on_with_after_a_crash_belongs_to_the_same_trace(database: Database) -> None:
    store = SqlInbox(database)
    inbox = an_inbox(store)
    worked: list[traces.Context | None] = []

    async def work(_: Any) -> None:
        worked.append(traces.current())

    app = AsyncApp(client=AsyncWebClient("xoxb-none"), authorize=_nobody, process_before_response=True)
    app.use(inbox.middleware)
    app.action("job_cancel")(inbox.listener(work))
    with traces.span("of an earlier process") as span:
        assert await store.accept("action/1", _press({"ts": "1.0"}))
    assert await inbox.recover(app) == 1
    await until(lambda: not inbox.busy)
    (context,) = worked
    assert context is not None
    assert context.trace_id == span.context.trace_id


class _SlowToAccept(SqlInbox):
    """Its answer is on its way until it is let go, while `known` is read at once."""

    def __init__(self, database: Database, known: list[Entry]) -> None:
        super().__init__(database)
        self.known = known
        self.answers = asyncio.Event()
        self.asked = asyncio.Event()
        self.accepted = 0

    async def pending(self, prefix: str = "") -> list[Entry]:
        return self.known

    async def accept(self, key: str, payload: dict[str, object], received_at: float | None = None, **how: Any) -> bool:
        is_new = await super().accept(key, payload, received_at, **how)
        self.asked.set()
        self.accepted += 1
        await self.answers.wait()
        return is_new


async def test_what_is_found_in_the_history_while_slack_delivers_it_is_worked_on_once(database: Database) -> None:
    store, event = SqlInbox(database), _event(channel_type="im")
    assert await store.accept(str(key_of(event)), event)
    slow = _SlowToAccept(database, await store.pending())
    inbox = an_inbox(slow)
    worked: list[Any] = []

    async def work(request: Any) -> None:
        worked.append(request.key)

    app = AsyncApp(client=AsyncWebClient("xoxb-none"), authorize=_nobody, process_before_response=True)
    app.use(inbox.middleware)
    app.event("message")(inbox.listener(work))
    delivery = asyncio.create_task(app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=event)))
    await slow.asked.wait()
    recovery = asyncio.create_task(inbox.recover(app))
    await asyncio.sleep(0)  # as far as it comes
    slow.answers.set()
    await asyncio.gather(delivery, recovery)
    await until(lambda: not inbox.busy)
    assert worked == [key_of(event)]
    assert await store.pending() == []


async def test_what_another_process_has_in_hand_is_left_to_it(database: Database) -> None:
    here, there = an_inbox(SqlInbox(database, "here")), an_inbox(SqlInbox(database, "there"))
    await SqlInbox(database, "here").accept("key", _event())
    assert not await there._take("key")
    assert await here._take("key")
    assert not await here._take("key"), "it is at it"


async def test_what_could_not_be_brought_to_its_end_is_gone_on_with_where_others_wait_for_that(
    database: Database,
) -> None:
    """What is said next in the thread has its turn only then, whichever process heard it."""

    class Troubled(SqlInbox):
        troubles = 1

        async def finish(self, key: str, *, failed: bool = False) -> None:
            self.troubles -= 1
            if self.troubles >= 0:
                raise BotError("The disk is full.")
            await super().finish(key, failed=failed)

    store = Troubled(database, "here")
    inbox = an_inbox(store, alone=False)
    worked = []

    async def work(request: Any) -> None:
        worked.append(request.is_retry)

    async def ack(**_: Any) -> None: ...

    async def dispatch(request: AsyncBoltRequest) -> Any:
        await inbox.listener(work)(ack, request.body, request.context)
        return SimpleNamespace(status=200)

    await store.accept("key", _event())
    inbox.begin(work, _event(), cast(AsyncBoltContext, {"inbox_key": "key"}))
    await until(lambda: not inbox.busy)
    looking = asyncio.create_task(
        inbox.take_over(cast(AsyncApp, SimpleNamespace(async_dispatch=dispatch)), look_every=0.01)
    )
    await until(lambda: worked == [False, True] and not inbox.busy)
    looking.cancel()
    assert await store.pending() == []


async def test_what_arrives_together_is_not_stored_one_after_the_other(database: Database) -> None:
    """A commit is an fsync, and whatever waits for the disk shares the next one."""
    store = _SlowToAccept(database, [])
    inbox = an_inbox(store)
    app = AsyncApp(client=AsyncWebClient("xoxb-none"), authorize=_nobody, process_before_response=True)
    app.use(inbox.middleware)
    events = [_event(channel_type="im", ts=f"5.00010{number}") for number in range(5)]
    arriving = [
        asyncio.create_task(app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=event))) for event in events
    ]
    await until(lambda: store.accepted == 5)
    store.answers.set()
    await asyncio.gather(*arriving)


async def test_a_store_that_fails_while_one_is_gone_on_with_keeps_none_of_the_others_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqlInbox(database)
    inbox = an_inbox(store)
    worked: list[str] = []

    async def work(request: Any) -> None:
        worked.append(request.key)

    app = AsyncApp(client=AsyncWebClient("xoxb-none"), authorize=_nobody, process_before_response=True)
    app.use(inbox.middleware)
    app.event("message")(inbox.listener(work))
    nobodys = {"type": "event_callback", "event_id": "Ev2", "event": {"type": "unheard_of", "channel": "C1"}}
    event = _event(channel_type="im")
    for number, body in enumerate((nobodys, event), 1):
        assert await store.accept(str(key_of(body)), body, float(number))

    async def locked(*_: Any, **__: Any) -> None:
        raise BotError("store_trouble", trouble="locked")

    with monkeypatch.context() as patched:
        patched.setattr(store, "finish", locked)
        with pytest.raises(BotError):
            await inbox.recover(app)
    await inbox.recover(app)
    await until(lambda: not inbox.busy)
    assert worked == [key_of(event)]


async def test_what_was_sent_has_one_time_whenever_it_is_worked_on(database: Database) -> None:
    store, context = SqlInbox(database), cast(AsyncBoltContext, {})
    inbox = an_inbox(store)

    async def next() -> None: ...

    body = {"type": "view_submission", "trigger_id": "1", "user": {"id": "U1"}, "view": {"id": "V1"}}
    await inbox.middleware(body, context, next)
    (entry,) = await store.pending()
    assert context["inbox_received_at"] == entry.received_at


async def _nobody() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-none", bot_user_id="U0BOT")


class _Begun:
    """A mention that was taken in and is worked on, with Slack behind a real socket."""

    def __init__(self, database: Database, slack: Slack) -> None:
        self.store = SqlInbox(database)
        self.poster = Poster(slack.client)
        self.inbox = an_inbox(self.store, self.poster, backoff=Backoff(0.01, longest=0.01, tries=1))

    async def begin(self, work: Any) -> asyncio.Task[Any]:
        body = _event("app_mention")
        await self.store.accept("key", body)
        return self.inbox.begin(work, body, cast(AsyncBoltContext, {"inbox_key": "key"}))

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
        await begun.inbox.drain(0)
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
        await until(lambda: not begun.inbox.busy, 60)
        assert slack.called("chat.postMessage")[-1]["text"] == "the answer"
        assert await begun.attempts() == []


async def _answered(_channel: str, _person: str) -> Language:
    return Language.CHINESE


async def test_what_fails_is_told_in_the_language_of_who_hears_it(database: Database) -> None:
    async with Slack() as slack:
        store = SqlInbox(database)
        languages = cast(Languages, SimpleNamespace(answers=_answered))
        inbox = an_inbox(store, Poster(slack.client), languages=languages)
        troubles = [RuntimeError("a bug"), PostRefused("expired_trigger_id"), Refused("Not today.", status=403)]
        troubles[2].provider = "acme"
        for number, trouble in enumerate(troubles):

            async def work(_: Any, trouble: Exception = trouble) -> None:
                raise trouble

            key, body = f"key-{number}", _event("app_mention", ts=f"5.00010{number}")
            assert await store.accept(key, body)
            await inbox.begin(work, body, cast(AsyncBoltContext, {"inbox_key": key}))
        told = [call["text"] for call in slack.called("chat.postMessage")]
        assert told[0].startswith("我这边出了问题。请再试一次。日志编号：key-0。")
        assert told[1].startswith("用时太久，Slack 不再允许我打开窗口。")
        assert told[2].startswith("服务商 acme 的回复：Not today.")


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        (_event(thread_ts="1.5"), True),
        (_event(thread_ts="9.9"), False),
        (_event(), False),
        (_event(user="U0OWNER"), True),
        (_event(channel_type="im"), True),
        (_event(files=[{"id": "F1"}]), True),
        (_event(files=[{"id": "F1"}], user="U0BOT"), False),
        (_event(thread_ts="1.5", bot_id="B1"), False),
        (_event(thread_ts="1.5", subtype="message_changed"), False),
        (_edited("1.5"), True),
        (_edited("9.9"), False),
        (_edited("1.5", bot_id="B1"), False),
        (_event("app_mention"), True),
        (_event("reaction_added"), False),
        (_event("app_home_opened", tab="messages"), True),
        (_event("app_home_opened", tab="home"), True),
        (_event("app_home_opened", tab="about"), False),
        (_event("agent_session_stopped", thread_ts="1.5"), True),
        (_event("agent_session_stopped", thread_ts="9.9"), False),
        (_event("agent_session_title_changed", thread_ts="1.5"), True),
    ],
)
async def test_only_what_may_be_meant_for_the_bot_is_kept(
    database: Database, event: dict[str, Any], kept: bool
) -> None:
    store = SqlInbox(database)
    threads = ChatThreads(cast(Poster, None), ENGLISH, {("C1", "1.5")})
    threads.just_opened.add(Conversation("cv-1", "ft:x", "T1", "C1", "1.5", "U0OWNER", 1.0))
    inbox = an_inbox(store, threads=threads)

    async def then() -> None:
        return None

    await inbox.middleware(event, AsyncBoltContext(), then)
    assert bool(await store.pending()) is kept
