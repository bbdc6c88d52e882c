"""The app as an agent: prompts in its Messages tab, and threads as sessions."""

import asyncio
import dataclasses
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient, SandboxError
from sandbox.seed import ANA, BEN, GENERAL, GUEST
from sandbox.server import Sandbox
from sandbox.workspace import Workspace

TO: Any = {"recipient_user_id": ANA, "recipient_team_id": Workspace.TEAM}


async def test_prompts_stand_in_the_messages_tab_and_are_sent_with_a_press(
    slack: AsyncWebClient, people: SandboxClient, bolt: AsyncApp
) -> None:
    opened: asyncio.Queue[str] = asyncio.Queue()

    @bolt.event("app_home_opened")
    async def welcome(event: dict[str, Any], client: AsyncWebClient) -> None:
        prompts = [{"title": "Talk to tone", "message": "chat tone"}]
        await client.assistant_threads_setSuggestedPrompts(channel_id=event["channel"], title="Models", prompts=prompts)
        await opened.put(event["tab"])

    assert [prompt["title"] for prompt in await people.prompts("ana")] == ["What can you do?"]
    await people.open_home("ana", "messages")
    assert await opened.get() == "messages"
    assert await people.wait_prompts("ana", "tone") == [{"title": "Talk to tone", "message": "chat tone"}]
    assert [prompt["title"] for prompt in await people.prompts("ben")] == ["What can you do?"]
    sent = await people.send_prompt("ana", "Talk to tone")
    assert (await people.messages("@ana"))[-1]["text"] == "chat tone"
    with pytest.raises(SandboxError, match="there are: Talk to tone"):
        await people.send_prompt("ana", "What can you do?")
    # What the older assistants did in threads is accepted and does nothing.
    more: Any = {"channel_id": sent["channel"], "prompts": [{"title": "t", "message": "m"}]}
    await slack.assistant_threads_setSuggestedPrompts(**more, thread_ts=sent["ts"])
    assert len(await people.prompts("ana")) == 1
    for prompts in ([], [{"title": "t", "message": "m"}] * 5, [{"title": "t"}]):
        with pytest.raises(SlackApiError, match="invalid_arguments"):
            await slack.assistant_threads_setSuggestedPrompts(channel_id=sent["channel"], prompts=prompts)


async def test_a_person_stops_the_agent_at_work(slack: AsyncWebClient, people: SandboxClient, bolt: AsyncApp) -> None:
    stopped: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.event("agent_session_stopped")
    async def stop(event: dict[str, Any]) -> None:
        await stopped.put(event)

    asked = await people.say("ana", "@ana", "write me a novel")
    session = {"channel_id": asked["channel"], "thread_ts": asked["ts"]}
    answer = await slack.agents_sessions_setStatus(
        **session, status="processing", title="A novel", initiator_user_id=ANA
    )
    assert (answer["status"], answer["title"]) == ("processing", "A novel")
    assert "warning" not in answer.data
    stream = await slack.chat_startStream(channel=asked["channel"], thread_ts=asked["ts"], markdown_text="It was", **TO)
    await people.stop_session("ana", "@ana", asked["ts"])
    event = await stopped.get()
    assert {k: v for k, v in event.items() if k != "event_ts"} == {
        "type": "agent_session_stopped",
        "user": ANA,
        "channel": asked["channel"],
        "thread_ts": asked["ts"],
        "streaming_message_ts": [stream["ts"]],
    }
    for call in (slack.chat_appendStream, slack.chat_stopStream):
        with pytest.raises(SlackApiError, match="stopped_by_user"):
            await call(channel=asked["channel"], ts=stream["ts"], markdown_text=" a dark night")
    assert (await people.messages("@ana", asked["ts"]))[-1]["streaming_state"] == "completed"
    now = await people.session("@ana", asked["ts"])
    assert now is not None
    assert (now["status"], now["can_stop"]) == ("processing", True)
    await slack.agents_sessions_setStatus(**session, status="active", title="not for the second time")
    assert (await people.wait_session("@ana", asked["ts"], "active"))["title"] == "A novel"
    with pytest.raises(SandboxError, match="no stop button"):
        await people.stop_session("ana", "@ana", asked["ts"])


async def test_the_end_of_a_stream_ends_the_work(slack: AsyncWebClient, people: SandboxClient) -> None:
    asked = await people.say("ana", "#general", "question")
    await slack.agents_sessions_setStatus(channel_id=GENERAL, thread_ts=asked["ts"], status="processing")
    stream = await slack.chat_startStream(channel=GENERAL, thread_ts=asked["ts"], **TO)
    await slack.chat_stopStream(channel=GENERAL, ts=stream["ts"], markdown_text="answer")
    await people.wait_session("#general", asked["ts"], "active")


async def test_a_title_is_changed_by_the_app_and_by_people_who_are_told_apart(
    slack: AsyncWebClient, people: SandboxClient, bolt: AsyncApp
) -> None:
    changed: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.event("agent_session_title_changed")
    async def rename(event: dict[str, Any]) -> None:
        await changed.put(event)

    ts = (await people.say("ana", "#general", "question"))["ts"]
    session = {"channel_id": GENERAL, "thread_ts": ts}
    with pytest.raises(SlackApiError, match="session_not_found"):
        await slack.agents_sessions_rename(**session, title="early")
    with pytest.raises(SandboxError, match="no session"):
        await people.rename_session("ana", "#general", ts, "early")
    await slack.agents_sessions_setStatus(**session, status="active")
    await people.rename_session("ana", "#general", ts, "Diving")
    assert "previous_title" not in await changed.get()
    await slack.agents_sessions_rename(**session, title="Scuba")  # the app's own change is not told
    await people.rename_session("ben", "#general", ts, "Bora Bora")
    event = await changed.get()
    assert (event["user"], event["title"], event["previous_title"]) == (BEN, "Bora Bora", "Scuba")
    assert (event["channel"], event["thread_ts"]) == (GENERAL, ts)
    await people.wait_session("#general", ts, title="Bora Bora")


async def test_what_a_session_cannot_be_is_refused(
    sandbox: Sandbox, slack: AsyncWebClient, people: SandboxClient
) -> None:
    ts = (await people.say("ana", "#general", "question"))["ts"]

    async def error(**fields: Any) -> str:
        call = {"channel_id": GENERAL, "thread_ts": ts, "status": "active"} | fields
        with pytest.raises(SlackApiError) as caught:
            await slack.agents_sessions_setStatus(**call)
        return str(caught.value.response["error"])

    assert await error(status="busy") == "invalid_status"
    assert await error(thread_ts=None) == "thread_ts_required"
    assert await error(thread_ts="1.000001") == "thread_not_found"
    assert await error(title="t" * 201) == "invalid_arguments"
    assert await error(channel_id="#random") == "channel_not_found"
    assert await error(initiator_user_id="UNKNOWN") == "user_not_in_channel"
    await slack.agents_sessions_setStatus(channel_id=GENERAL, thread_ts=ts, status="active", initiator_user_id=GUEST)
    await people.settings(agent_sessions=False)
    assert await error() == "feature_disabled"
    await people.settings(agent_sessions=True)
    manifest = sandbox.state.manifest
    sandbox.state.set_manifest(dataclasses.replace(manifest, events=frozenset()))
    answer = await slack.agents_sessions_setStatus(channel_id=GENERAL, thread_ts=ts, status="processing")
    assert answer["warning"] == "missing_agent_session_stopped_event_subscription"
    now = await people.session("#general", ts)
    assert now is not None
    assert not now["can_stop"]
    sandbox.state.set_manifest(dataclasses.replace(manifest, agent=False))
    assert await error() == "not_authorized"
    assert await people.prompts("ana") == []
