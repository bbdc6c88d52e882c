"""Text that grows while people watch."""

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient
from sandbox.seed import ANA, GENERAL
from sandbox.workspace import Workspace

TO: dict[str, Any] = {"recipient_user_id": ANA, "recipient_team_id": Workspace.TEAM}


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


async def test_a_stream_holds_12_000_characters_and_refuses_more_without_losing_what_it_has(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    ts = (await people.say("ana", "#general", "question"))["ts"]
    text = {"type": "markdown_text", "text": "x" * 6_001}
    with pytest.raises(SlackApiError, match="msg_too_long"):
        await slack.chat_startStream(channel=GENERAL, thread_ts=ts, chunks=[text, text], **TO)
    assert len(await people.messages("#general", ts)) == 1
    started = await slack.chat_startStream(channel=GENERAL, thread_ts=ts, markdown_text="x" * 11_990, **TO)
    more = {"channel": GENERAL, "ts": started["ts"]}
    with pytest.raises(SlackApiError, match="msg_too_long"):
        await slack.chat_appendStream(**more, markdown_text="y" * 11)
    with pytest.raises(SlackApiError, match="msg_too_long"):
        await slack.chat_stopStream(**more, markdown_text="y" * 11)
    await slack.chat_stopStream(**more, markdown_text="y" * 10)
    assert (await people.messages("#general", ts))[-1]["text"] == "x" * 11_990 + "y" * 10
    await people.settings(stream_length=40_000)
    longer = await slack.chat_startStream(channel=GENERAL, thread_ts=ts, markdown_text="x" * 11_990, **TO)
    await slack.chat_appendStream(channel=GENERAL, ts=longer["ts"], markdown_text="y" * 11)


async def test_tasks_count_as_soon_as_there_is_text_and_then_the_stream_cannot_be_ended_with_it(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    ts = (await people.say("ana", "#general", "train"))["ts"]
    tasks = [{"type": "task_update", "id": str(n), "title": "t", "output": "x" * 255} for n in range(60)]
    started = await slack.chat_startStream(channel=GENERAL, thread_ts=ts, chunks=tasks, **TO)
    with pytest.raises(SlackApiError, match="msg_too_long"):
        await slack.chat_stopStream(channel=GENERAL, ts=started["ts"], markdown_text="The short answer.")
    await slack.chat_stopStream(channel=GENERAL, ts=started["ts"])


async def test_starts_and_stops_are_20_a_minute_and_appends_100_for_all_streams_together(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    ts = (await people.say("ana", "#general", "question"))["ts"]
    streams = [await slack.chat_startStream(channel=GENERAL, thread_ts=ts, **TO) for _ in range(20)]
    with pytest.raises(SlackApiError) as caught:
        await slack.chat_startStream(channel=GENERAL, thread_ts=ts, **TO)
    assert caught.value.response.status_code == 429
    assert 1 <= int(caught.value.response.headers["Retry-After"]) <= 60
    for turn in range(100):
        await slack.chat_appendStream(channel=GENERAL, ts=streams[turn % 20]["ts"], markdown_text="x")
    with pytest.raises(SlackApiError, match="ratelimited"):
        await slack.chat_appendStream(channel=GENERAL, ts=streams[0]["ts"], markdown_text="x")
    for stream in streams:
        await slack.chat_stopStream(channel=GENERAL, ts=stream["ts"])
    with pytest.raises(SlackApiError, match="ratelimited"):
        await slack.chat_stopStream(channel=GENERAL, ts=streams[0]["ts"])


async def test_a_stream_that_has_died_can_be_mended_in_place(slack: AsyncWebClient, people: SandboxClient) -> None:
    ts = (await people.say("ana", "#general", "question"))["ts"]
    started = await slack.chat_startStream(channel=GENERAL, thread_ts=ts, markdown_text="half an ans", **TO)
    await people.settings(stream_life=0.0)
    await slack.chat_update(channel=GENERAL, ts=started["ts"], text="", markdown_text="half an answer, whole")
    assert (await people.messages("#general", ts))[-1]["text"] == "half an answer, whole"
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await slack.chat_stopStream(channel=GENERAL, ts=started["ts"])


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


async def test_feedback_is_given_below_a_streamed_answer(
    slack: AsyncWebClient, people: SandboxClient, bolt: AsyncApp
) -> None:
    actions: list[dict[str, Any]] = []

    @bolt.action("feedback")
    @bolt.action("remove")
    async def pressed(ack: Any, action: dict[str, Any]) -> None:
        actions.append(action)
        await ack()

    ts = (await people.say("ana", "#general", "question"))["ts"]
    started = await slack.chat_startStream(channel=GENERAL, thread_ts=ts, markdown_text="answer", **TO)
    rating = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "positive_button": {"text": plain("Good"), "value": "good", "accessibility_label": "A good answer"},
        "negative_button": {"text": plain("Bad"), "value": "bad"},
    }
    remove = {"type": "icon_button", "icon": "trash", "text": plain("Remove"), "value": "7", "action_id": "remove"}
    blocks = [{"type": "context_actions", "block_id": "below", "elements": [rating, remove]}]
    await slack.chat_stopStream(channel=GENERAL, ts=started["ts"], blocks=blocks)
    assert (await people.messages("#general", ts))[-1]["plain"] == "answer\n[Good] [Bad] [Remove]"
    await people.click("ana", "#general", started["ts"], "feedback", value="bad")
    await people.click("ana", "#general", started["ts"], "remove")
    rated, removed = [{k: v for k, v in action.items() if k != "action_ts"} for action in actions]
    assert rated == {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "block_id": "below",
        "text": plain("Bad"),
        "value": "bad",
    }
    assert removed == {
        "type": "icon_button",
        "action_id": "remove",
        "block_id": "below",
        "text": plain("Remove"),
        "value": "7",
    }
