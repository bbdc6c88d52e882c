"""Text that grows while people watch."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient
from sandbox.seed import ANA, GENERAL
from sandbox.workspace import Workspace

TO = {"recipient_user_id": ANA, "recipient_team_id": Workspace.TEAM}


async def test_a_stream_grows_and_ends(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", "#general", "question"))["ts"]
    started = await slack.chat_startStream(channel=GENERAL, thread_ts=ts, markdown_text="**On", **TO)
    with pytest.raises(SlackApiError, match="streaming_state_conflict"):
        await slack.chat_update(channel=GENERAL, ts=started["ts"], text="no")
    await slack.chat_appendStream(channel=GENERAL, ts=started["ts"], markdown_text=" its way**")
    button = {"type": "button", "text": {"type": "plain_text", "text": "Good"}, "action_id": "good"}
    await slack.chat_stopStream(channel=GENERAL, ts=started["ts"], blocks=[{"type": "actions", "elements": [button]}])
    message = (await people.messages("#general", ts))[-1]
    assert message["plain"] == "**On its way**\n[Good]"
    assert message["streaming_state"] == "completed"
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await slack.chat_appendStream(channel=GENERAL, ts=started["ts"], markdown_text="more")


async def test_the_sdks_own_streaming_helper_works(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", "#general", "question"))["ts"]
    stream = await slack.chat_stream(channel=GENERAL, thread_ts=ts, buffer_size=8, **TO)
    for word in ("Your ", "order ", "is ", "on ", "its ", "way."):
        await stream.append(markdown_text=word)
    await stream.stop()
    assert (await people.wait_message("#general", "Your order is on its way.", ts))["bot_id"]


async def test_tasks_are_brought_up_to_date_in_place(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", "#general", "train"))["ts"]
    chunks = [{"type": "task_update", "id": "1", "title": "Train", "status": "in_progress"}]
    started = await slack.chat_startStream(channel=GENERAL, thread_ts=ts, chunks=chunks, **TO)
    chunks = [{"type": "task_update", "id": "1", "title": "Train", "status": "complete", "output": "0.14"}]
    await slack.chat_appendStream(channel=GENERAL, ts=started["ts"], chunks=chunks)
    assert (await people.messages("#general", ts))[-1]["plain"] == "[complete] Train 0.14"


async def test_streams_that_slack_refuses_are_refused(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", "#general", "question"))["ts"]

    async def start(**fields: object) -> str:
        with pytest.raises(SlackApiError) as caught:
            await slack.api_call("chat.startStream", json={"channel": GENERAL, "thread_ts": ts} | TO | fields)
        return str(caught.value.response["error"])

    assert await start(thread_ts=None) == "invalid_thread_ts"
    assert await start(thread_ts="1.000001") == "invalid_thread_ts"
    assert await start(recipient_user_id=None) == "missing_recipient_user_id"
    assert await start(recipient_team_id=None) == "missing_recipient_team_id"
    assert await start(markdown_text="x" * 12_001) == "msg_too_long"
    assert await start(markdown_text="x", chunks=[{"type": "markdown_text", "text": "y"}]) == "invalid_arguments"
    assert await start(chunks=[{"type": "dance"}]) == "invalid_chunks"
    long = {"type": "task_update", "id": "1", "title": "x" * 257}
    assert await start(chunks=[long]) == "invalid_chunks"
    await people.settings(stream_life=0.0)
    started = await slack.chat_startStream(channel=GENERAL, thread_ts=ts, **TO)
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await slack.chat_appendStream(channel=GENERAL, ts=started["ts"], markdown_text="late")
    with pytest.raises(SlackApiError, match="message_not_owned_by_app"):
        await slack.chat_appendStream(channel=GENERAL, ts=ts, markdown_text="late")
