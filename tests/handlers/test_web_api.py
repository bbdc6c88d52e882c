"""How a call to Slack ended: certainly done, certainly not, or nobody knows."""

import asyncio

import pytest

from bot.errors import BotError
from bot.notices.interfaces import PostDoubtful, PostLater, PostRefused
from handlers.blocks.errors import refusal
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from handlers.web.web_api import REACH, Reach
from tests.scripted_slack import Slack, broken, error, limited, text

HELLO = refusal("Hello")


@pytest.fixture
def poster(slack: Slack) -> Poster:
    return Poster(slack.client)


async def test_what_slack_asks_to_do_later_is_done_later(slack: Slack, poster: Poster) -> None:
    slack.replies["chat.postMessage"] = [limited("0.1"), {"ok": True, "ts": "2.0"}]
    assert await poster.post("C1", HELLO) == "2.0"


async def test_a_refusal_names_slacks_code_and_is_not_repeated(slack: Slack, poster: Poster) -> None:
    slack.replies["chat.postMessage"] = [error("is_archived")]
    with pytest.raises(PostRefused, match="is_archived"):
        await poster.post("C1", HELLO)
    assert len(slack.called("chat.postMessage")) == 1


async def test_a_missing_scope_is_named(slack: Slack, poster: Poster) -> None:
    slack.replies["chat.postMessage"] = [error("missing_scope", needed="chat:write", provided="commands")]
    with pytest.raises(PostRefused, match="missing_scope: chat:write"):
        await poster.post("C1", HELLO)


@pytest.mark.parametrize(
    "reply",
    [
        broken,
        text(500),
        text(503, "<html>", "text/html"),
        text(200, "<html>", "text/html"),
        text(200, "ok", "text/plain"),
        text(200, "{", "application/json"),
        error("internal_error"),
        error("fatal_error"),
    ],
)
async def test_after_a_doubtful_post_nothing_is_posted_again(slack: Slack, poster: Poster, reply: object) -> None:
    slack.replies["chat.postMessage"] = [reply]  # type: ignore[list-item]
    with pytest.raises(PostDoubtful):
        await poster.post("C1", HELLO)
    assert len(slack.called("chat.postMessage")) == 1


async def test_what_may_be_done_twice_is_repeated_by_itself(slack: Slack, poster: Poster) -> None:
    slack.replies["users.info"] = [text(502), {"ok": True, "user": {"id": "U1"}}]
    assert (await poster.call("users.info", {"user": "U1"}))["user"] == {"id": "U1"}
    slack.replies["chat.update"] = [broken, {"ok": True, "ts": "1.0"}]
    await poster.update("C1", "1.0", HELLO, priority=Priority.CHAT)
    assert len(slack.called("chat.update")) == 2


async def test_whoever_may_say_nothing_now_posts_it_once_they_may(slack: Slack) -> None:
    """Another process may have taken this one for dead, until it shows again that it lives."""
    refused = 1

    def require() -> None:
        nonlocal refused
        refused -= 1
        if refused >= 0:
            raise BotError("another has taken over")

    poster = Poster(slack.client, require=require)
    with pytest.raises(PostLater):
        await poster.call_now("chat.postMessage", {"channel": "C1", "text": "Hello"})
    assert slack.called("chat.postMessage") == []
    assert await poster.post("C1", HELLO) == "1.0"


async def test_what_came_of_a_call_is_told_also_where_nobody_can_note_it(slack: Slack, poster: Poster) -> None:
    async def note() -> None:
        raise BotError("The disk is full.")

    token = REACH.set(Reach(note))
    slack.replies["chat.postMessage"] = [broken]
    with pytest.raises(PostDoubtful):
        await poster.post("C1", HELLO)
    REACH.reset(token)


async def test_without_a_connection_it_is_certain_that_nothing_was_posted(slack: Slack, poster: Poster) -> None:
    tried = asyncio.Event()

    async def on_trouble() -> None:
        tried.set()

    REACH.set(Reach(on_trouble))
    slack.client.base_url = "http://127.0.0.1:9/api/"
    call = asyncio.create_task(poster.post("C1", HELLO))
    await tried.wait()
    slack.client.base_url = slack.url
    assert await call == "1.0"


async def test_an_edit_that_was_refused_for_its_rate_is_not_waited_for(slack: Slack, poster: Poster) -> None:
    slack.replies["chat.update"] = [limited("30")]
    assert poster.may_update_now()
    with pytest.raises(PostLater) as later:
        await poster.update_now("C1", "1.0", HELLO)
    assert later.value.retry_after == 30
    assert not poster.may_update_now()
