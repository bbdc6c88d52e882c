from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.access import Policy
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.backoff import Backoff
from bot.conversations.answers import Answers
from bot.conversations.chat import Chat
from bot.conversations.message_changes import MessageChanges
from bot.conversations.opening import ConversationOpening
from bot.conversations.settings import ConversationSettings
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.providers.interface import Provider
from bot.spending.model_use import ModelSpending
from bot.store.audit import SqlAuditLog
from bot.store.channel_models import SqlChannelModels
from bot.store.database import Database
from bot.timing import Timing
from handlers.agent.sessions import AgentSessions
from handlers.callers import Callers
from handlers.chat.attached_files import AttachedFiles
from handlers.chat.display import AnswerDisplay
from handlers.chat.joining import Joining
from handlers.chat.listeners import ChatListeners
from handlers.chat.model_picker import ModelPicker
from handlers.chat.shown_settings import ShownSettings
from handlers.chat.threads import ChatThreads
from handlers.function_calls.listeners import FunctionCallListeners
from handlers.modals import Modals
from handlers.web.download import Download
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.chatting import Models
from tests.parts import channel_providers
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, ENGLISH, no_thread


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as made:
        yield made


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def chat(slack: Slack, models: Models, database: Database) -> ChatListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"is_member": True}}]
    slack.replies["chat.postMessage"] = [{"ok": True, "ts": "2.5"}]
    slack.replies["chat.getPermalink"] = [{"ok": True, "permalink": "https://acme.slack.com/p15"}]
    poster = Poster(slack.client)
    use_cases: Any = models
    callers = Callers(People(poster, "T0ACME", Roles()), "T0ACME")
    authority = Authority(Policy(), SqlAuditLog(database))
    providers = channel_providers(cast(Provider, SimpleNamespace(name="acme")))
    channel_models = ChannelModels(SqlChannelModels(database), authority, cast(Catalogue, use_cases), providers)
    threads = ChatThreads(poster, ENGLISH, no_thread)
    return ChatListeners(
        callers=callers,
        opening=cast(ConversationOpening, use_cases),
        chat=cast(Chat, use_cases),
        answers=cast(Answers, SimpleNamespace(get=models.given_answer)),
        spending=cast(ModelSpending, use_cases),
        changes=cast(MessageChanges, use_cases),
        attached_files=AttachedFiles(Download(poster, lambda: "xoxb-test", slack.url)),
        joining=Joining(
            callers,
            cast(ConversationOpening, use_cases),
            cast(ModelLookup, use_cases),
            channel_models,
        ),
        shown_settings=ShownSettings(callers, cast(ConversationSettings, use_cases), threads, ENGLISH, poster),
        picker=ModelPicker(callers, cast(ModelLookup, use_cases), channel_models, authority, providers),
        authority=authority,
        threads=threads,
        languages=ENGLISH,
        poster=poster,
        display=AnswerDisplay(
            cast(Chat, use_cases),
            ENGLISH,
            poster,
            AgentSessions(poster, ENGLISH, stop_after=60.0),
            Timing(answer=Backoff(0.01), reply=Backoff(0.01, tries=2)),
            bot_user="U0BOT",
            team="T0ACME",
        ),
    )


@pytest.fixture
def function_calls(chat: ChatListeners) -> FunctionCallListeners:
    return FunctionCallListeners(
        chat.callers, chat.chat, chat.display, Modals(chat.poster), chat.languages, chat.poster
    )
