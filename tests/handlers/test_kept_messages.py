"""Messages that follow something: over the real store, against a Web API behind a real socket."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from bot.backoff import Backoff
from bot.notices.interfaces import PostDoubtful, PostRefused
from bot.store.database import Database
from bot.store.shown_messages import SqlShownMessages
from handlers.blocks.parts import line
from handlers.outgoing.kept_messages import KeptMessage, KeptMessages
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from tests.parts import CHANNEL
from tests.scripted_slack import Slack, error, text

CARD = KeptMessage("eval-1", "card", CHANNEL, "5.0")


@pytest.fixture
def store(database: Database) -> SqlShownMessages:
    return SqlShownMessages(database)


@pytest.fixture
def messages(slack: Slack, store: SqlShownMessages) -> KeptMessages:
    return KeptMessages(store, Poster(slack.client), priority=Priority.CHAT, backoff=Backoff(0))


def edits(slack: Slack) -> list[str]:
    return [call["text"] for call in slack.called("chat.update")]


def there(slack: Slack) -> None:
    """It was posted, though nobody heard of that."""
    marked: dict[str, Any] = {"ts": "9.0", "metadata": {"event_payload": {"id": "eval-1/card"}}}
    slack.replies["conversations.replies"] = [{"ok": True, "messages": [marked]}]


async def test_a_message_is_posted_once_and_edited_where_it_shows_something_else(
    messages: KeptMessages, slack: Slack
) -> None:
    for said in ("one", "one", "two", "two"):
        assert await messages.show(CARD, line(said))
    (post,) = slack.called("chat.postMessage")
    assert (post["channel"], post["thread_ts"], post["text"]) == (CHANNEL, "5.0", "one")
    assert post["metadata"]["event_payload"] == {"id": "eval-1/card"}
    assert edits(slack) == ["two"]


async def test_two_who_post_it_at_the_same_time_post_one(messages: KeptMessages, slack: Slack) -> None:
    assert await asyncio.gather(*(messages.post(CARD, line("one")) for _ in range(2))) == ["1.0", "1.0"]
    assert len(slack.called("chat.postMessage")) == 1


async def test_what_an_earlier_process_posted_is_found_and_brought_to_date(
    messages: KeptMessages, slack: Slack, store: SqlShownMessages
) -> None:
    await store.posting("eval-1", "card", 1.0)
    there(slack)
    await messages.show(CARD, line("two"))
    assert slack.called("chat.postMessage") == []
    assert [(call["ts"], call["text"]) for call in slack.called("chat.update")] == [("9.0", "two")]


async def test_a_post_in_doubt_is_looked_for_before_it_is_posted_again(messages: KeptMessages, slack: Slack) -> None:
    slack.replies["chat.postMessage"] = [text(503)]
    with pytest.raises(PostDoubtful):
        await messages.show(CARD, line("one"))
    there(slack)
    assert await messages.post(CARD, line("one")) == "9.0"
    assert len(slack.called("chat.postMessage")) == 1


async def test_what_a_stop_cut_off_is_looked_for_once_slack_had_time_to_carry_it_out(
    store: SqlShownMessages, slack: Slack
) -> None:
    pause = 0.2
    messages = KeptMessages(store, Poster(slack.client), priority=Priority.CHAT, backoff=Backoff(pause))
    loop, arrived = asyncio.get_running_loop(), asyncio.Event()
    looked_at: list[float] = []

    async def never(_: web.Request) -> web.StreamResponse:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError("not reached")

    def look(_: web.Request) -> web.StreamResponse:
        looked_at.append(loop.time())
        marked = {"ts": "9.0", "metadata": {"event_payload": {"id": "eval-1/card"}}}
        return web.json_response({"ok": True, "messages": [marked]})

    slack.replies |= {"chat.postMessage": [never], "conversations.replies": [look]}
    cut_off = asyncio.create_task(messages.post(CARD, line("one")))
    await arrived.wait()
    after = asyncio.create_task(messages.post(CARD, line("one")))
    cut_off.cancel()
    cut_off_at = loop.time()
    assert await after == "9.0"
    assert looked_at[0] - cut_off_at >= pause
    assert cut_off.cancelled()


async def test_after_an_edit_in_doubt_nobody_relies_on_what_was_shown_before(
    messages: KeptMessages, slack: Slack
) -> None:
    await messages.show(CARD, line("one"))
    slack.replies["chat.update"] = [error("internal_error")]
    with pytest.raises(PostDoubtful):
        await messages.show(CARD, line("two"))
    slack.replies["chat.update"] = [{"ok": True, "ts": "1.0"}]
    await messages.show(CARD, line("one"))
    assert edits(slack)[-1] == "one"


async def test_a_message_that_somebody_deleted_is_neither_posted_nor_edited_again(
    messages: KeptMessages, slack: Slack
) -> None:
    await messages.show(CARD, line("one"))
    slack.replies["chat.update"] = [error("message_not_found")]
    for _ in range(2):
        await messages.show(CARD, line("two"))
    assert len(slack.called("chat.postMessage")) == 1
    assert edits(slack) == ["two"]


async def test_where_nothing_can_be_posted_whoever_shows_it_hears_why(messages: KeptMessages, slack: Slack) -> None:
    slack.replies["chat.postMessage"] = [error("is_archived")]
    with pytest.raises(PostRefused, match="is_archived"):
        await messages.show(CARD, line("one"))
