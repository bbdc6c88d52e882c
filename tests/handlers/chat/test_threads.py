"""The threads of conversations in Slack: begun once, linked to, taken away where nobody has said anything."""

import pytest
from chatting import TALK
from msgspec import structs
from scripted_slack import Slack, error
from slack_requests import ENGLISH, a_caller

from handlers.chat.threads import ChatThreads
from handlers.web.poster import Poster


@pytest.fixture
def threads(slack: Slack) -> ChatThreads:
    return ChatThreads(Poster(slack.client), ENGLISH, {("C0OTHER", "1.0")})


async def test_what_is_said_in_a_thread_that_is_being_started_may_be_meant_and_afterwards_is(
    threads: ChatThreads, slack: Slack
) -> None:
    assert threads.may_be_meant("C0OTHER", "1.0", "U0BEN")
    assert not threads.may_be_meant("C0TRAINING", "1.0", "U0BEN")
    async with threads.started(a_caller(), structs.replace(TALK, question="Where is my parcel?")) as ts:
        assert ts == "1.0"
        assert threads.may_be_meant("C0TRAINING", "7.7", "U0BEN")
        assert not threads.may_be_meant("C0TRAINING", None, "U0BEN")
    assert threads.may_be_meant("C0TRAINING", "1.0", "U0BEN")
    assert not threads.may_be_meant("C0TRAINING", "7.7", "U0BEN")
    (posted,) = slack.called("chat.postMessage")
    assert "Where is my parcel?" in str(posted["blocks"])


async def test_after_a_crash_it_is_the_same_message(threads: ChatThreads, slack: Slack) -> None:
    async with threads.started(a_caller(), TALK):
        pass
    (posted,) = slack.called("chat.postMessage")
    slack.replies["conversations.history"] = [{"ok": True, "messages": [{"ts": "1.0", "metadata": posted["metadata"]}]}]
    async with threads.started(a_caller(is_retry=True), TALK) as ts:
        assert ts == "1.0"
    assert len(slack.called("chat.postMessage")) == 1


async def test_a_thread_whose_message_was_deleted_has_no_link(threads: ChatThreads, slack: Slack) -> None:
    slack.replies["chat.getPermalink"] = [{"ok": True, "permalink": "https://x/p1"}, error("message_not_found")]
    assert await threads.link(TALK) == "https://x/p1?thread_ts=1.5&cid=C0TRAINING"
    assert await threads.link(TALK) is None


async def test_the_message_that_shows_a_conversation_is_brought_to_date_where_slack_lets_it_be(
    threads: ChatThreads, slack: Slack
) -> None:
    """The thread's first one, or the bot's own where a model was called in; an old version did not keep which it is."""
    slack.replies["chat.update"] = [{"ok": True}, {"ok": True}, error("cant_update_message")]
    for ts in (None, "1.7", None):
        await threads.show(structs.replace(TALK, system="Be brief.", message_ts=ts))
    edits = slack.called("chat.update")
    assert [edit["ts"] for edit in edits] == [TALK.thread_ts, "1.7", TALK.thread_ts]
    assert "Be brief." in str(edits[0]["blocks"])


@pytest.mark.parametrize(
    ("replies", "deletion", "gone"),
    [
        ({"ok": True, "messages": [{}]}, {"ok": True}, True),
        ({"ok": True, "messages": [{}, {}]}, {"ok": True}, False),
        (error("thread_not_found"), {"ok": True}, True),
        ({"ok": True, "messages": [{}]}, error("message_not_found"), True),
        ({"ok": True, "messages": [{}]}, error("cant_delete_message"), False),
    ],
)
async def test_an_unused_thread_is_taken_away_and_one_with_replies_stays(
    threads: ChatThreads, slack: Slack, replies: dict[str, object], deletion: dict[str, object], gone: bool
) -> None:
    threads.add(TALK)
    slack.replies["conversations.replies"], slack.replies["chat.delete"] = [replies], [deletion]
    assert await threads.remove_unused(TALK) is gone
    assert threads.may_be_meant(TALK.channel, TALK.thread_ts, "U0BEN") is not gone
