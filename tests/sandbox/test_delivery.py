"""How the app is told: again when it does not answer, over a socket or by signed HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient, SandboxError
from sandbox.delivery.http import signature
from sandbox.seed import BEN, GENERAL
from sandbox.server import Sandbox


@pytest_asyncio.fixture(loop_scope="session")
async def over_http(sandbox: Sandbox, slack: AsyncWebClient, people: SandboxClient) -> AsyncIterator[AsyncApp]:
    """A Bolt app that the sandbox reaches by HTTP at its own address."""
    app = AsyncApp(client=slack, signing_secret=sandbox.signing_secret)
    runner = web.AppRunner(app.web_app(path="/slack/events"))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    await people.settings(http_delivery=f"http://{host}:{port}/slack/events")
    yield app
    await runner.cleanup()


async def settled(people: SandboxClient, name: str) -> dict[str, Any]:
    """The newest delivery of this name, once it is delivered or given up."""
    async with asyncio.timeout(60):
        while True:
            found = [d for d in await people.deliveries(name=name) if d["state"] != "pending"]
            if found:
                return found[-1]
            await asyncio.sleep(0.02)


# Over the socket


async def test_an_event_without_acknowledgement_comes_again_three_times(bolt: AsyncApp, people: SandboxClient) -> None:
    heard: list[str] = []

    @bolt.middleware
    async def count(req: Any, next_: Any) -> None:
        heard.append(req.headers["x-slack-retry-num"][0])  # and no listener: Bolt does not acknowledge

    await people.settings(ack_timeout=0.3)
    await people.say("ana", "#general", "anybody?")
    delivery = await settled(people, "message.channels")
    assert (delivery["state"], delivery["attempts"], delivery["reason"]) == ("failed", 4, "timeout")
    assert heard == ["0", "1", "2", "3"]


async def test_a_redelivered_event_keeps_its_id(bolt: AsyncApp, people: SandboxClient) -> None:
    ids: asyncio.Queue[str] = asyncio.Queue()

    @bolt.event("message")
    async def heard(body: dict[str, Any]) -> None:
        await ids.put(body["event_id"])

    await people.say("ana", "#general", "once")
    first = await asyncio.wait_for(ids.get(), 60)
    await people.redeliver(first)
    assert await asyncio.wait_for(ids.get(), 60) == first


async def test_a_command_that_nobody_acknowledges_says_so_to_the_person(bolt: AsyncApp, people: SandboxClient) -> None:
    await people.settings(ack_timeout=0.3)
    result = await people.command("ana", "#general", "/test")
    assert result["reason"] == "timeout"
    assert "operation_timeout" in (await people.ephemerals("ana"))[-1]["text"]


async def test_a_command_with_no_app_connected_fails_at_once(people: SandboxClient) -> None:
    await people.command("ana", "#general", "/test")
    assert "dispatch_failed" in (await people.ephemerals("ana"))[-1]["text"]


async def test_commands_work_where_the_bot_is_not_a_member_and_not_in_threads(
    bolt: AsyncApp, people: SandboxClient
) -> None:
    @bolt.command("/test")
    async def run(ack: Any, body: dict[str, Any]) -> None:
        await ack(f"in {body['channel_name']}")

    await people.command("ana", "#random", "/test")
    assert (await people.ephemerals("ana"))[-1]["text"] == "in random"
    ts = (await people.say("ana", "#general", "thread"))["ts"]
    result = await people.command("ana", "#general", "/test", thread_ts=ts)
    assert result["reason"] == "not_in_threads"
    assert "not supported in threads" in (await people.ephemerals("ana"))[-1]["text"]
    await people.command("ana", "#general", "/nonsense")
    assert "not a valid command" in (await people.ephemerals("ana"))[-1]["text"]


async def test_only_events_that_the_manifest_names_and_the_bot_may_see_are_sent(people: SandboxClient) -> None:
    await people.say("ana", "#random", "the bot is not here")
    ts = (await people.say("ana", "#general", "@Test Bot hello"))["ts"]
    await people.react("ben", "#general", ts, "eyes", remove=True)  # nothing to take back
    await people.react("ben", "#general", ts, "eyes")
    await people.say("ana", "#support-leads", "in private")
    await people.say("ana", "@ana", "directly, @Test Bot")
    names = [d["name"] for d in await people.deliveries()]
    assert names == ["message.channels", "app_mention", "reaction_added", "message.groups", "message.im"]


async def test_edits_deletions_and_joins_are_told(people: SandboxClient, sandbox: Sandbox) -> None:
    ts = (await people.say("ana", "#general", "draft"))["ts"]
    await people.edit("ana", "#general", ts, "final")
    await people.delete("ana", "#general", ts)
    await people.join("#random", sandbox.state.workspace.BOT)
    events = [d["payload"]["event"] for d in await people.deliveries()]
    assert [e.get("subtype") for e in events[:3]] == [None, "message_changed", "message_deleted"]
    assert events[1]["previous_message"]["text"] == "draft"
    assert events[2]["deleted_ts"] == ts
    assert "member_joined_channel" in [e["type"] for e in events]


async def test_people_change_only_what_they_wrote_themselves_and_in_threads_too(people: SandboxClient) -> None:
    parent = (await people.say("ana", "#general", "question"))["ts"]
    reply = (await people.say("ben", "#general", "tea & <cake> for @Ana Reed", parent))["ts"]
    with pytest.raises(SandboxError, match="only their own"):
        await people.edit("ana", "#general", reply, "mine now")
    await people.edit("ben", "#general", reply, "tea & <cake> for @Ana Reed")  # nothing changed, so nothing is told
    await people.edit("ben", "#general", reply, "coffee")
    await people.delete("ben", "#general", reply)
    _, _, changed, deleted = [d["payload"]["event"] for d in await people.deliveries()]
    assert changed["message"]["text"] == "coffee"
    assert changed["message"]["edited"]["user"] == BEN
    assert changed["message"]["thread_ts"] == changed["previous_message"]["thread_ts"] == parent
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", reply)
    assert deleted["previous_message"]["thread_ts"] == parent


async def test_the_app_comes_back_after_its_sockets_are_cut(bolt: AsyncApp, people: SandboxClient) -> None:
    @bolt.event("message")
    async def heard(event: dict[str, Any], say: Any) -> None:
        if "user" in event:
            await say("heard")

    await people.settings(ack_timeout=0.5)  # what goes to the old socket goes to the new one then
    await people.wait_connected()
    assert await people.disconnect("refresh_requested") == 1
    await people.wait_connected(20)
    await people.say("ana", "#general", "still there?")
    await people.wait_message("#general", "heard")


async def test_a_socket_ticket_works_once(sandbox: Sandbox, slack: AsyncWebClient) -> None:
    opened = await slack.apps_connections_open(app_token=sandbox.app_token)
    async with websockets.connect(opened["url"]) as ws:
        assert '"hello"' in str(await ws.recv())
    with pytest.raises(websockets.exceptions.WebSocketException):
        async with websockets.connect(opened["url"]):
            pass


async def connected(sandbox: Sandbox, slack: AsyncWebClient) -> websockets.ClientConnection:
    """One more connection of the app, which has been greeted."""
    opened = await slack.apps_connections_open(app_token=sandbox.app_token)
    connection = await websockets.connect(opened["url"])
    assert json.loads(await connection.recv())["type"] == "hello"
    return connection


async def test_each_of_several_connections_gets_what_no_other_gets_and_one_that_is_gone_nothing(
    sandbox: Sandbox, slack: AsyncWebClient, people: SandboxClient
) -> None:
    first, second = [await connected(sandbox, slack) for _ in range(2)]
    texts: dict[websockets.ClientConnection, list[str]] = {first: [], second: []}

    async def hear(connection: websockets.ClientConnection) -> None:
        async for sent in connection:
            envelope = json.loads(sent)
            await connection.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
            texts[connection].append(envelope["payload"]["text"])

    hearing = [asyncio.create_task(hear(connection)) for connection in (first, second)]
    for number in range(4):
        assert (await people.command("ana", "#general", "/test", str(number)))["acked"]
    assert sorted(texts[first] + texts[second]) == ["0", "1", "2", "3"]
    assert len(texts[first]) == len(texts[second]) == 2
    await first.close()
    for number in range(4, 7):
        assert (await people.command("ana", "#general", "/test", str(number)))["acked"]
    assert texts[second][2:] == ["4", "5", "6"]
    await second.close()
    await asyncio.gather(*hearing)


async def test_an_app_has_ten_connections_at_most(sandbox: Sandbox, slack: AsyncWebClient) -> None:
    held = [await connected(sandbox, slack) for _ in range(10)]
    opened = await slack.apps_connections_open(app_token=sandbox.app_token)
    async with websockets.connect(opened["url"]) as one_too_many:
        assert json.loads(await one_too_many.recv())["reason"] == "too_many_websockets"
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            await one_too_many.recv()
    for connection in held:
        await connection.close()


async def test_each_connection_is_asked_to_come_back_when_its_own_time_is_over(
    sandbox: Sandbox, slack: AsyncWebClient, people: SandboxClient
) -> None:
    stays = await connected(sandbox, slack)
    await people.settings(refresh_sockets_after=0.1)
    goes = await connected(sandbox, slack)
    assert json.loads(await goes.recv())["reason"] == "refresh_requested"
    with pytest.raises(websockets.exceptions.ConnectionClosed):
        await goes.recv()
    await people.say("ana", "#general", "who is still there?")
    assert json.loads(await stays.recv())["type"] == "events_api"
    await stays.close()


# By HTTP


async def test_events_commands_and_buttons_reach_an_app_by_http(
    over_http: AsyncApp, people: SandboxClient, slack: AsyncWebClient
) -> None:
    @over_http.event("message")
    async def heard(event: dict[str, Any], say: Any) -> None:
        if event.get("text") == "hello":
            button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
            await say(text="pressable", blocks=[{"type": "actions", "elements": [button]}])

    @over_http.command("/test")
    async def run(ack: Any) -> None:
        await ack("answered by HTTP")

    @over_http.action("go")
    async def go(ack: Any, respond: Any) -> None:
        await ack()
        await respond("pressed by HTTP")

    await people.say("ana", "#general", "hello")
    message = await people.wait_message("#general", "[Go]")
    assert (await people.command("ana", "#general", "/test"))["acked"]
    await people.wait_ephemeral("ana", "#general", "answered by HTTP")
    assert (await people.click("ana", "#general", message["ts"], "go"))["acked"]
    await people.wait_ephemeral("ana", "#general", "pressed by HTTP")


async def test_a_wrong_signature_is_refused_by_the_app_and_the_event_tried_again(
    over_http: AsyncApp, people: SandboxClient, sandbox: Sandbox
) -> None:
    sandbox.state.deliverer.signing_secret = "another"
    await people.say("ana", "#general", "hello")
    delivery = await settled(people, "message.channels")
    assert (delivery["state"], delivery["attempts"], delivery["reason"]) == ("failed", 4, "http_error")


async def test_no_retry_is_respected(people: SandboxClient) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=500, headers={"x-slack-no-retry": "1"})

    app = web.Application()
    app.router.add_post("/", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await people.settings(http_delivery=f"http://127.0.0.1:{runner.addresses[0][1]}/")
    await people.say("ana", "#general", "hello")
    assert (await settled(people, "message.channels"))["attempts"] == 1
    await runner.cleanup()


def test_the_signature_is_the_one_in_slacks_own_example() -> None:
    # The worked example of docs.slack.dev/authentication/verifying-requests-from-slack (read 2026-11-21).
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    assert signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body) == (
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    )


# Answers outside the Web API


async def test_a_response_url_works_five_times_and_not_forever(bolt: AsyncApp, people: SandboxClient) -> None:
    urls: asyncio.Queue[str] = asyncio.Queue()

    @bolt.command("/test")
    async def run(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await urls.put(body["response_url"])

    await people.command("ana", "#random", "/test")
    url = await urls.get()
    async with httpx.AsyncClient(trust_env=False) as http:
        for number in range(5):
            assert (await http.post(url, json={"text": f"answer {number}"})).status_code == 200
        assert (await http.post(url, json={"text": "one more"})).json()["error"] == "used_url"
        await people.command("ana", "#random", "/test")
        url = await urls.get()
        assert (await http.post(url, json={"text": "all", "response_type": "in_channel"})).status_code == 200
        assert (await http.post(url, json={"nothing": 1})).status_code == 400
        await people.settings(response_url_life=0.0)
        assert (await http.post(url, json={"text": "late"})).json()["error"] == "expired_url"
    assert [m["text"] for m in await people.ephemerals("ana")] == [f"answer {n}" for n in range(5)]
    assert [m["text"] for m in await people.messages("#random")] == ["all"]


async def test_a_status_ends_with_the_answer(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", "#general", "think"))["ts"]
    await slack.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=ts, status="is thinking…")
    assert await people.status("#general", ts) == "is thinking…"
    await slack.chat_postMessage(channel=GENERAL, thread_ts=ts, text="done")
    assert await people.status("#general", ts) == ""
