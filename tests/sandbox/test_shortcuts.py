"""Shortcuts: what an app offers on a message and everywhere."""

import asyncio
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp

from sandbox.client import SandboxClient, SandboxError
from sandbox.seed import ANA, BEN, GENERAL
from sandbox.server import Sandbox


def modal(title: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": title}
    return {"type": "modal", "title": text, "blocks": [{"type": "section", "text": text}]}


async def test_a_message_shortcut_brings_the_message_and_can_open_a_modal_and_answer(
    bolt: AsyncApp, people: SandboxClient
) -> None:
    seen: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.shortcut("keep")
    async def keep(ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal("Kept"))
        await respond("only you read this")
        await seen.put(body)

    asked = await people.say("ana", "#general", "a question")
    reply = await people.say("ben", "#general", "an answer", asked["ts"])
    assert (await people.run_message_shortcut("ana", "#general", reply["ts"], "keep"))["acked"]
    body = await seen.get()
    assert (body["type"], body["callback_id"], body["user"]["id"]) == ("message_action", "keep", ANA)
    assert (body["channel"]["id"], body["message_ts"]) == (GENERAL, reply["ts"])
    assert (body["message"]["text"], body["message"]["user"]) == ("an answer", BEN)
    assert body["message"]["thread_ts"] == asked["ts"]
    assert (await people.wait_view("ana"))["title"]["text"] == "Kept"
    assert (await people.wait_ephemeral("ana", "#general", "only you"))["thread_ts"] == asked["ts"]


async def test_a_global_shortcut_knows_no_channel(bolt: AsyncApp, people: SandboxClient) -> None:
    seen: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.shortcut("begin")
    async def begin(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal("Begun"))
        await seen.put(body)

    assert (await people.run_shortcut("ana", "begin"))["acked"]
    body = await seen.get()
    assert body["type"] == "shortcut"
    assert not {"channel", "message", "response_url"} & set(body)
    assert (await people.wait_view("ana"))["title"]["text"] == "Begun"


async def test_a_shortcut_that_is_not_offered_there_cannot_be_chosen(sandbox: Sandbox, people: SandboxClient) -> None:
    ts = (await people.say("ana", "#support-leads", "in private"))["ts"]
    with pytest.raises(SandboxError, match="has no shortcut 'begin' there; it has: keep"):
        await people.run_message_shortcut("ana", "#support-leads", ts, "begin")
    with pytest.raises(SandboxError, match="cannot use shortcuts on that message"):
        await people.run_message_shortcut("ben", "#support-leads", ts, "keep")
    await people.scopes([scope for scope in sandbox.state.manifest.scopes if scope != "commands"])
    with pytest.raises(SandboxError, match="it has: none"):
        await people.run_shortcut("ana", "begin")
