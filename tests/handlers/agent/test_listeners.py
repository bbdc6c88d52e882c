"""What people do with the agent's sessions, and the prompts that it offers them."""

from typing import Any

import pytest

from bot.conversations.titles import ConversationTitles
from bot.models.model import FineTunedModel
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from handlers.agent.blocks import prompts
from handlers.agent.listeners import AgentListeners
from handlers.agent.sessions import session_title
from handlers.chat.listeners import ChatListeners
from handlers.request import Request
from tests.chatting import TALK, Models
from tests.scripted_slack import Slack, error
from tests.slack_requests import Answers, a_request


@pytest.fixture
async def conversations(database: Database) -> SqlConversationStore:
    store = SqlConversationStore(database)
    await store.open(TALK)
    return store


@pytest.fixture
def agent(chat: ChatListeners, conversations: SqlConversationStore) -> AgentListeners:
    titles = ConversationTitles(conversations, chat.authority)
    return AgentListeners(
        chat.callers, chat.chat, titles, chat.picker.models, chat.authority, chat.languages, chat.poster
    )


def renamed(title: str, **fields: Any) -> Request:
    body = {"event": {"type": "agent_session_title_changed", "title": title}}
    return a_request(body=body, **{"thread_ts": TALK.thread_ts, **fields})


async def test_the_stop_button_stops_the_answer_or_says_that_there_is_none(
    agent: AgentListeners, models: Models
) -> None:
    answers = Answers()
    await agent.stop(a_request(TALK.id, answers, thread_ts=TALK.thread_ts))
    await agent.session_stopped(a_request(thread_ts=TALK.thread_ts))
    assert models.stopped == [TALK.id, TALK.id]
    assert answers == []
    models.is_writing = False
    await agent.stop(a_request(TALK.id, answers, thread_ts=TALK.thread_ts))
    assert "its end already" in answers.text
    await agent.session_stopped(a_request(thread_ts="9.9"))
    assert len(models.stopped) == 3


async def test_a_title_that_a_person_gives_is_kept_from_whoever_may_talk_there(
    agent: AgentListeners, conversations: SqlConversationStore, slack: Slack
) -> None:
    async def kept() -> str | None:
        conversation = await conversations.get(TALK.id)
        assert conversation is not None
        return conversation.title

    for title, then in ((" Refunds ", "Refunds"), ("  ", "Refunds"), ("x" * 300, "x" * 199 + "…")):
        await agent.title_changed(renamed(title))
        assert await kept() == then
    await agent.title_changed(renamed("Elsewhere", thread_ts="9.9"))
    slack.replies["users.info"] = [{"ok": True, "user": {"id": "U0GIL", "team_id": "T0ACME", "is_restricted": True}}]
    await agent.title_changed(renamed("Mine now", user="U0GIL"))
    assert await kept() == "x" * 199 + "…"


async def test_prompts_name_the_persons_own_models_first(
    agent: AgentListeners, models: Models, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [
        FineTunedModel(f"ft:gpt:acme:{name}:1", "gpt", owner=owner)
        for name, owner in (("voice", "U0BEN"), ("tone", "U0BEN"), ("support", "U0ANA"))
    ]

    async def visible(*_: object, **__: object) -> list[FineTunedModel]:
        return there

    monkeypatch.setattr(models, "visible", visible)
    await agent.pin_prompts(a_request(channel="D0ANA"))
    (pinned,) = slack.called("assistant.threads.setSuggestedPrompts")
    assert pinned["channel_id"] == "D0ANA"
    assert "thread_ts" not in pinned
    assert [prompt["message"] for prompt in pinned["prompts"]] == ["chat support", "chat voice", "jobs", "help"]
    slack.replies["assistant.threads.setSuggestedPrompts"] = [error("missing_scope")]
    await agent.pin_prompts(a_request(channel="D0ANA"))  # a courtesy


def test_models_of_one_name_are_told_apart_in_prompts() -> None:
    same = ["ft:gpt:acme:tone:1", "ft:gpt:acme:tone:2"]
    offered = prompts([FineTunedModel(model, "gpt") for model in same])
    assert [prompt["message"] for prompt in offered][:2] == [f"chat {model}" for model in same]
    assert len(offered) == 4
    assert len(prompts([])) == 2


def test_a_session_is_called_after_its_model_and_its_first_question() -> None:
    assert session_title(TALK.model, "<@U0BOT> Where is\nmy &lt;order&gt;?") == "support: Where is my <order>?"
    assert session_title(TALK.model, "") == "support"
    assert len(session_title(TALK.model, "why " * 100)) == 200
