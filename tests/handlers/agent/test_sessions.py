"""What Slack shows of a thread while a model answers in it."""

import asyncio

from aiohttp import web

from handlers.agent import blocks
from handlers.agent.sessions import AgentSessions
from handlers.request import Request
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from tests.chatting import TALK
from tests.scripted_slack import Reply, Slack, error
from tests.slack_requests import ENGLISH, a_request

ASKED = a_request("Where is my order?", key="message/2.0", body={"event": {}})


def noting(called: asyncio.Event) -> Reply:
    """Slack's answer to a call that a test waits for."""

    def reply(_: web.Request) -> web.StreamResponse:
        called.set()
        return web.json_response({"ok": True, "ts": "2.5"})

    return reply


async def _at_work(sessions: AgentSessions, request: Request = ASKED, wait: asyncio.Event | None = None) -> None:
    async with sessions.at_work(request, TALK):
        if wait is not None:
            await wait.wait()
        else:
            await asyncio.sleep(0)
    await asyncio.gather(*sessions._showing)


async def test_while_a_model_answers_the_session_works_and_then_no_more(slack: Slack) -> None:
    sessions = AgentSessions(Poster(slack.client), ENGLISH, stop_after=60)
    begun = asyncio.Event()
    slack.replies["agents.sessions.setStatus"] = [noting(begun)]
    await _at_work(sessions, wait=begun)
    first, last = slack.called("agents.sessions.setStatus")
    assert (first["thread_ts"], first["status"], first["title"]) == ("1.5", "processing", "support: Where is my order?")
    assert (last["thread_ts"], last["status"]) == ("1.5", "active")
    assert "title" not in last
    assert slack.called("chat.postMessage") == []


async def test_without_sessions_a_long_answer_has_a_stop_button_which_then_disappears(slack: Slack) -> None:
    slack.replies["agents.sessions.setStatus"] = [error("feature_disabled")]
    sessions = AgentSessions(Poster(slack.client), ENGLISH, stop_after=0)
    for _ in range(2):
        shown = asyncio.Event()
        slack.replies["chat.postMessage"] = [noting(shown)]
        await _at_work(sessions, wait=shown)
    offered = slack.called("chat.postMessage")
    assert [message["thread_ts"] for message in offered] == ["1.5", "1.5"]
    (pressed,) = offered[0]["blocks"][-1]["elements"]
    assert (pressed["action_id"], pressed["value"]) == (blocks.STOP, TALK.id)
    assert [call["ts"] for call in slack.called("chat.delete")] == ["2.5", "2.5"]
    assert len(slack.called("agents.sessions.setStatus")) == 1  # what is not there is not asked for each time


async def test_a_short_answer_has_no_button(slack: Slack) -> None:
    slack.replies["agents.sessions.setStatus"] = [error("feature_disabled")]
    await _at_work(AgentSessions(Poster(slack.client), ENGLISH, stop_after=60))
    assert slack.called("chat.postMessage") == []


async def test_no_answer_waits_because_another_has_a_button(slack: Slack) -> None:
    slack.replies["agents.sessions.setStatus"] = [error("feature_disabled")]
    poster = Poster(slack.client)
    while poster.has_room("chat.postMessage", TALK.channel):
        await poster.turn("chat.postMessage", priority=Priority.CHAT, channel=TALK.channel)
    sessions = AgentSessions(poster, ENGLISH, stop_after=0)
    async with sessions.at_work(ASKED, TALK):
        await asyncio.gather(*sessions._showing)
    assert slack.called("chat.postMessage") == []


async def test_a_button_that_was_shown_before_a_crash_is_found_and_taken_away(slack: Slack) -> None:
    slack.replies["agents.sessions.setStatus"] = [error("feature_disabled")]
    left = {"ts": "2.4", "metadata": {"event_type": "finetune_bot", "event_payload": {"id": "message/2.0/stop"}}}
    slack.replies["conversations.replies"] = [{"ok": True, "messages": [left]}]
    again = a_request("Where?", key="message/2.0", body={"event": {}}, is_retry=True)
    sessions = AgentSessions(Poster(slack.client), ENGLISH, stop_after=60)
    async with sessions.at_work(again, TALK):
        while not slack.called("conversations.replies"):
            await asyncio.sleep(0.01)
    await asyncio.gather(*sessions._showing)
    assert slack.called("chat.postMessage") == []
    assert [call["ts"] for call in slack.called("chat.delete")] == ["2.4"]
