"""Reading the thread into which a model is called."""

from typing import Any

import pytest

from bot.conversations.background import History, Said
from handlers.chat.thread_history import SlackThreadHistory
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack, error, limited


@pytest.fixture
def history(slack: Slack) -> SlackThreadHistory:
    poster = Poster(slack.client)
    for name in ("Ana", "Ben"):
        slack.replies["users.info"].append(
            {"ok": True, "user": {"team_id": "T0ACME", "profile": {"display_name": name}}}
        )
    return SlackThreadHistory(poster, People(poster, "T0ACME", Roles()), patience=0.5)


def page(*messages: dict[str, Any], cursor: str = "") -> dict[str, Any]:
    return {"ok": True, "messages": list(messages), "response_metadata": {"next_cursor": cursor}}


ROOT = {"ts": "1.0", "user": "U0ANA", "text": "<@U0BEN> see <https://acme.test|our page> &amp; tell"}
REPLY = {"ts": "2.0", "user": "U0BEN", "text": "It is slow."}
APP = {"ts": "2.5", "user": "U0APP", "bot_id": "B1", "bot_profile": {"name": "Monitor"}, "text": "Alert"}
CALL = {"ts": "3.0", "user": "U0ANA", "text": "<@U0BOT> chat old"}


async def test_it_is_read_up_to_the_call_page_by_page_with_the_names_of_those_who_speak(
    slack: Slack, history: SlackThreadHistory
) -> None:
    slack.replies["conversations.replies"] = [
        page(ROOT, {"ts": "1.5", "user": "U0ANA", "text": ""}, cursor="more"),
        page(REPLY, APP, CALL),
    ]
    assert await history.before("C1", "1.0", "3.0") == History(
        (
            Said("1.0", "U0ANA", "Ana", "@Ben see our page & tell"),
            Said("2.0", "U0BEN", "Ben", "It is slow."),
            Said("2.5", "U0APP", "Monitor", "Alert", app=True),
        )
    )
    assert [call.get("cursor") for call in slack.called("conversations.replies")] == [None, "more"]


async def test_where_it_may_not_be_read_slack_says_why(slack: Slack, history: SlackThreadHistory) -> None:
    slack.replies["conversations.replies"] = [error("missing_scope", needed="channels:history")]
    why = (await history.before("C1", "1.0", "3.0")).why
    assert why is not None
    assert why.startswith("missing_scope")


async def test_nobody_waits_for_a_limit_of_one_call_a_minute(slack: Slack, history: SlackThreadHistory) -> None:
    slack.replies["conversations.replies"] = [page(REPLY, cursor="more"), limited("60")]
    found = await history.before("C1", "1.0", "3.0")
    assert ([said.text for said in found.messages], found.why) == (["It is slow."], "ratelimited")
