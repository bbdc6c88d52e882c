"""When Slack has its answer, and what it is."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from slack_bolt.context.async_context import AsyncBoltContext

from bot.errors import BotError, Invalid
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from handlers.languages import Languages
from handlers.repair.blocks import waiting
from handlers.routing import Modal
from tests.parts import until
from tests.slack_requests import bolt_app, bolt_listeners
from texts.language import Language


async def test_a_request_is_acknowledged_and_its_listener_over_while_the_work_goes_on(database: Database) -> None:
    """Slack has its answer only when the listener has ended."""
    store = SqlInbox(database)
    bolt = bolt_listeners(store)
    body = {"command": "/finetune", "channel_id": "C1", "user_id": "U1", "text": "jobs", "response_url": "https://x"}
    assert await store.accept("key", {**body})
    acknowledged, gate = [], asyncio.Event()

    async def acknowledge() -> None:
        acknowledged.append(True)

    async def work(*_: Any) -> None:
        await gate.wait()

    context = cast(AsyncBoltContext, {"inbox_key": "key"})
    await asyncio.wait_for(bolt.listener(work)(acknowledge, body, context), 60)
    assert acknowledged
    assert bolt.worker.busy
    assert [entry.key for entry in await store.pending()] == ["key"]
    gate.set()
    await until(lambda: not bolt.worker.busy)
    assert await store.pending() == []


async def test_a_window_waits_for_what_is_refused_and_not_for_what_takes_long(database: Database) -> None:
    store = SqlInbox(database)
    bolt = bolt_listeners(store)
    view = {"id": "V1", "title": {"text": "Start"}, "state": {"values": {}}, "blocks": [{"block_id": "model"}]}
    body: dict[str, Any] = {"type": "view_submission", "user": {"id": "U1"}, "view": view}
    answers: list[dict[str, Any]] = []
    gate = asyncio.Event()

    async def ack(**answer: Any) -> None:
        answers.append(answer)

    async def refuse(*_: Any) -> None:
        raise BotError("Over the budget.")

    async def refuse_field(*_: Any) -> None:
        raise Invalid("No such model.", "model")

    async def take_long(*_: Any) -> None:
        await gate.wait()

    for key, work in (("refused", refuse), ("field", refuse_field), ("long", take_long)):
        assert await store.accept(key, body)
        context = cast(AsyncBoltContext, {"inbox_key": key})
        await asyncio.wait_for(
            bolt.submission(Modal(work, seconds=60 if work is not take_long else 0), work)(ack, body, context), 60
        )
    assert answers[0]["response_action"] == "push"
    assert "Over the budget." in str(answers[0]["view"])
    assert answers[1] == {"response_action": "errors", "errors": {"model": "No such model."}}
    assert answers[2] == {}
    assert bolt.worker.busy
    gate.set()
    await until(lambda: not bolt.worker.busy)
    assert await store.pending() == []


async def _chinese(*_: object) -> Language:
    return Language.CHINESE


async def test_what_stands_in_a_modal_while_it_waits_is_in_the_persons_language(database: Database) -> None:
    store = SqlInbox(database)
    languages = SimpleNamespace(answers=_chinese, person=_chinese)
    bolt = bolt_listeners(store, languages=cast(Languages, languages))
    view = {"id": "V1", "state": {"values": {}}}
    body: dict[str, Any] = {"type": "view_submission", "user": {"id": "U1"}, "view": view}
    answers: list[dict[str, Any]] = []
    worked: list[Any] = []

    async def ack(**answer: Any) -> None:
        answers.append(answer)

    async def work(*request: Any) -> None:
        worked.extend(request)

    assert await store.accept("key", body)
    context = cast(AsyncBoltContext, {"inbox_key": "key"})
    await bolt.submission(Modal(work, waiting=waiting), work)(ack, body, context)
    assert answers[0]["response_action"] == "update"
    assert answers[0]["view"]["title"]["text"] == "转换"
    await until(lambda: not bolt.worker.busy)
    assert len(worked) == 1


async def test_a_window_that_is_worked_on_again_after_a_crash_is_taken_by_somebody_and_known_until_its_end(
    database: Database,
) -> None:
    """Bolt takes for unknown what nobody acknowledges, and what nobody knows is not kept."""
    store, gate = SqlInbox(database), asyncio.Event()
    bolt = bolt_listeners(store)

    async def work(*_: Any) -> None:
        await gate.wait()

    app = bolt_app(bolt)
    app.view("ask")(bolt.submission(Modal(work), work))
    view = {"id": "V1", "callback_id": "ask", "type": "modal", "state": {"values": {}}}
    body: dict[str, Any] = {"type": "view_submission", "trigger_id": "1", "user": {"id": "U1"}, "view": view}
    assert await store.accept("view_submission/V1/1", body)
    assert await bolt.worker.recover(app) == 1
    assert [entry.key for entry in await store.pending()] == ["view_submission/V1/1"]
    gate.set()
    await until(lambda: not bolt.worker.busy)
    assert await store.pending() == []
