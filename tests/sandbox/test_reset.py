"""A reset leaves nothing of what was before, in memory, on disk, or in the app's hands."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient, SandboxError
from sandbox.seed import ANA, GENERAL, SUPPORT
from sandbox.server import Sandbox

HOME = {"type": "home", "blocks": [{"type": "divider"}]}


async def seen(people: SandboxClient, sandbox: Sandbox) -> dict[str, Any]:
    """Everything that can be seen of a workspace, without what is new at each start: times and generated ids."""
    channels = [c | {"id": "", "created": 0, "updated": 0} for c in await people.channels()]
    for channel in channels:
        for text in ("topic", "purpose"):
            channel.get(text, {}).pop("last_set", None)
    state = sandbox.state
    return {
        "channels": channels,
        "users": await people.users(),
        "messages": [await people.messages(c["id"]) for c in await people.channels()],
        "ephemerals": await people.ephemerals("ana"),
        "views": await people.views("ana"),
        "home": (await people.call("views", user="ana"))["home"],
        "settings": await people.settings(),
        "deliveries": await people.deliveries(),
        "status": await people.status("#general", "1.000001"),
        "faults": state.faults.as_list(),
        "scopes": state.manifest.scopes,
        "token": state.token_state,
        "groups": state.workspace.groups | state.workspace.group_names,
        "workspace language": state.workspace.locale,
        "files": [*state.workspace.files, *state.store.files.iterdir()],
        "on disk": sorted(kind for kind, _ in state.store._db.execute("select kind, key from things")),
    }


async def test_after_a_reset_the_workspace_is_as_new(
    people: SandboxClient, sandbox: Sandbox, bolt: AsyncApp, slack: AsyncWebClient, tmp_path: Path
) -> None:
    fresh = await seen(people, sandbox)

    @bolt.command("/test")
    async def run(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        modal = {"type": "modal", "title": {"type": "plain_text", "text": "M"}, "blocks": [{"type": "divider"}]}
        await client.views_open(trigger_id=body["trigger_id"], view=modal)
        await ack("only you")

    await people.drop_bytes("ana", "#general", [("a.txt", b"a")], "see")
    await people.say("ana", "@ana", "directly")
    await people.command("ana", "#general", "/test")
    await slack.views_publish(user_id=ANA, view=HOME)
    await people.add_user("kim")
    await people.create_channel("ana", "more")
    await people.archive("#random")
    await people.leave("#general", "ben")
    await people.set_group("S0GROUP001", ["ana"], "all")
    await people.set_locale("zh-CN")
    await people.set_locale("zh-CN", "ana")
    await people.settings(ack_timeout=1.0, rate_overrides={"chat.update": 5})
    await people.fault("chat.update")
    ts = (await people.say("ana", "#general", "think"))["ts"]
    await slack.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=ts, status="is thinking…")
    await people.scopes(["chat:write"])
    await people.token("revoked")
    changed = await seen(people, sandbox)
    assert [what for what in fresh if what != "status" and changed[what] == fresh[what]] == []

    await people.reset()
    assert await seen(people, sandbox) == fresh
    assert sandbox.state.statuses._now == {}
    assert await people.messages("#general") == []
    async with Sandbox(data=sandbox.state.store.folder, manifest=Path(__file__).with_name("manifest.yml")) as again:
        assert again.bot_token == sandbox.bot_token
        async with SandboxClient(again.page_url) as client:
            assert [await client.messages(c["id"]) for c in await client.channels()] == fresh["messages"]
            assert {u["id"]: u for u in await client.users()} == {u["id"]: u for u in fresh["users"]}


async def test_the_app_comes_back_to_the_new_workspace(bolt: AsyncApp, people: SandboxClient) -> None:
    @bolt.event("message")
    async def answer(event: dict[str, Any], say: Any) -> None:
        if "user" in event:
            await say("heard")

    await people.say("ana", "#general", "before")
    await people.wait_message("#general", "heard")
    await people.reset()
    await people.wait_connected(60)
    await people.settings(ack_timeout=0.5, retry_delays=[0.05, 0.05, 0.05])
    await people.say("ana", "#general", "after")
    await people.wait_message("#general", "heard")
    assert "before" not in await people.text("#general")


async def test_permissions_from_before_a_reset_are_worth_nothing(
    people: SandboxClient, slack: AsyncWebClient, sandbox: Sandbox
) -> None:
    state = sandbox.state
    url = state.responses.url(state.response_urls.new(GENERAL, ANA))
    trigger = state.triggers.new(ANA)
    upload = await slack.files_getUploadURLExternal(filename="a.txt", length=1)
    await people.reset()
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.post(url, json={"text": "late"})).status_code == 404
        assert (await http.post(upload["upload_url"], content=b"a")).status_code == 404
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await slack.views_open(
            trigger_id=trigger, view={"type": "modal", "title": {"type": "plain_text", "text": "M"}, "blocks": []}
        )


async def test_who_waits_for_the_old_workspace_is_told_that_it_has_ended(
    people: SandboxClient, sandbox: Sandbox
) -> None:
    watching = asyncio.create_task(_until_the_stream_ends(sandbox))
    waiting = asyncio.create_task(people.wait_message("#general", "never", timeout=60))
    async with asyncio.timeout(30):
        while len(sandbox.state.workspace.changes._watchers) < 2:
            await asyncio.sleep(0.01)
    await people.reset()
    with pytest.raises(SandboxError, match="the workspace has ended"):
        await waiting
    await watching


async def test_a_call_that_began_before_a_reset_changes_nothing_after_it(
    people: SandboxClient, slack: AsyncWebClient, sandbox: Sandbox
) -> None:
    old = sandbox.state.workspace
    await people.reset()
    channel = old.channels[GENERAL]
    with pytest.raises(Exception, match="closed database"):
        old.post(channel, ANA, "late")
    assert await people.messages("#general") == []


async def _until_the_stream_ends(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    async with (
        httpx.AsyncClient(trust_env=False, timeout=60) as http,
        http.stream("GET", f"{sandbox.url}/u/ana/{SUPPORT}/live", headers=headers) as stream,
    ):
        async for _ in stream.aiter_lines():
            pass
