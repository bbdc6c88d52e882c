"""A real Bolt app over a real socket."""

import asyncio
from pathlib import Path
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from sandbox.client import SandboxClient


async def test_a_message_reaches_the_app_and_its_answer_comes_back(bolt: AsyncApp, people: SandboxClient) -> None:
    @bolt.event("message")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(f"heard {event['text']}", thread_ts=event["ts"])

    said = await people.say("ana", "#general", "good morning")
    reply = await people.wait_message("#general", contains="heard good morning", thread_ts=said["ts"])
    assert reply["thread_ts"] == said["ts"]


async def test_a_dropped_file_is_read_with_the_bots_token(
    bolt: AsyncApp, people: SandboxClient, tmp_path: Path
) -> None:
    seen: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.event("message")
    async def message(event: dict[str, Any]) -> None:
        await seen.put(event)

    path = tmp_path / "train.jsonl"
    path.write_text('{"messages": []}\n')
    await people.drop("ana", "#support-model", path, "have a look")
    event = await asyncio.wait_for(seen.get(), 60)
    assert event["subtype"] == "file_share"
    assert event["text"] == "have a look"
    assert event["files"][0]["name"] == "train.jsonl"


async def test_a_command_opens_a_modal_and_its_submission_closes_it(bolt: AsyncApp, people: SandboxClient) -> None:
    @bolt.command("/test")
    async def run(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack(f"you said {body['text']}")
        await client.views_open(
            trigger_id=body["trigger_id"],
            view={
                "type": "modal",
                "callback_id": "ask",
                "title": {"type": "plain_text", "text": "ControlRequest"},
                "submit": {"type": "plain_text", "text": "Go"},
                "blocks": [
                    {
                        "type": "input",
                        "block_id": "epochs",
                        "label": {"type": "plain_text", "text": "Epochs"},
                        "element": {"type": "number_input", "action_id": "n", "is_decimal_allowed": False},
                    }
                ],
            },
        )

    @bolt.view("ask")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        value = view["state"]["values"]["epochs"]["n"]["value"]
        await ack(**({"response_action": "errors", "errors": {"epochs": "too many"}} if value == "99" else {}))

    result = await people.command("ana", "#general", "/test", "hello")
    assert result["acked"]
    assert (await people.ephemerals("ana"))[-1]["text"] == "you said hello"
    view = await people.wait_view("ana")
    assert await people.submit("ana", view["id"], {"epochs": ""}) == {"epochs": "Please complete this required field."}
    assert await people.submit("ana", view["id"], {"epochs": "99"}) == {"epochs": "too many"}
    assert await people.submit("ana", view["id"], {"epochs": "3"}) == {}
    assert await people.open_view("ana") is None
