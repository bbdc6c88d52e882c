"""Messages: posted once, found again, and shown where they can be."""

import pytest

from handlers.blocks.errors import refusal
from handlers.web import replies
from handlers.web.poster import Poster
from tests.ports import free_port
from tests.scripted_slack import Slack, error

HELLO = refusal("Hello")


@pytest.fixture
def poster(slack: Slack) -> Poster:
    return Poster(slack.client)


async def test_a_post_carries_its_key_in_its_metadata_and_unfurls_nothing(slack: Slack, poster: Poster) -> None:
    assert await poster.post("C1", HELLO, idempotency_key="job-1/accepted", thread_ts="9.0") == "1.0"
    (sent,) = slack.called("chat.postMessage")
    assert sent["metadata"]["event_payload"] == {"id": "job-1/accepted"}
    assert sent["unfurl_links"] is False
    assert sent["thread_ts"] == "9.0"


async def test_a_message_that_may_be_there_is_looked_for_by_its_key_on_every_page(slack: Slack, poster: Poster) -> None:
    def message(ts: str, idempotency_key: str) -> dict[str, object]:
        return {"ts": ts, "metadata": {"event_type": "finetune_bot", "event_payload": {"id": idempotency_key}}}

    slack.replies["conversations.replies"] = [
        {"ok": True, "messages": [message("5.0", "other")], "response_metadata": {"next_cursor": "more"}},
        {"ok": True, "messages": [{"ts": "6.0"}, message("7.0", "mine")]},
    ]
    found = await poster.post_once(
        "C1", HELLO, idempotency_key="mine", may_exist=True, since=100_000.0, thread_ts="4.0"
    )
    assert found == "7.0"
    assert slack.called("chat.postMessage") == []
    # Slack's clock is not ours: a day earlier.
    assert float(slack.called("conversations.replies")[0]["oldest"]) == 13_600.0


async def test_where_the_thread_cannot_be_read_it_is_posted_after_all(slack: Slack, poster: Poster) -> None:
    slack.replies["conversations.history"] = [error("missing_scope", needed="groups:history")]
    assert await poster.post_once("C1", HELLO, idempotency_key="mine", may_exist=True, since=1.0) == "1.0"


async def test_a_whisper_that_cannot_be_goes_to_the_persons_direct_messages(slack: Slack, poster: Poster) -> None:
    slack.replies["chat.postEphemeral"] = [error("user_not_in_channel")]
    await poster.whisper("C1", "U1", HELLO)
    (sent,) = slack.called("chat.postMessage")
    assert sent["channel"] == "U1"


async def test_a_command_is_answered_another_way_where_its_own_cannot_be_reached(slack: Slack, poster: Poster) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/commands/1"
    await replies.to_command(poster, nowhere, "C1", "U1", HELLO)
    (sent,) = slack.called("chat.postEphemeral")
    assert (sent["channel"], sent["user"]) == ("C1", "U1")
