"""Talking to models: in threads, with functions that they call, and in Slack's agent pane."""

from app.services import Services
from bot.conversations.answers import Answers
from bot.conversations.chat import Chat
from bot.conversations.message_changes import MessageChanges
from bot.conversations.opening import ConversationOpening
from bot.conversations.settings import ConversationSettings
from bot.conversations.titles import ConversationTitles
from bot.conversations.window import Window
from handlers.agent.listeners import AgentListeners
from handlers.agent.sessions import AgentSessions
from handlers.chat.attached_files import AttachedFiles
from handlers.chat.display import AnswerDisplay
from handlers.chat.joining import Joining
from handlers.chat.listeners import ChatListeners
from handlers.chat.model_picker import ModelPicker
from handlers.chat.shown_settings import ShownSettings
from handlers.chat.thread_history import SlackThreadHistory
from handlers.chat.threads import ChatThreads
from handlers.conversation_settings.listeners import ConversationSettingsListeners
from handlers.function_calls.listeners import FunctionCallListeners
from handlers.modals import Modals


def chat_threads(services: Services) -> ChatThreads:
    """Knows the threads in which the bot answers."""

    async def look_up(channel: str, thread_ts: str) -> bool:
        if await services.conversations.of_thread(channel, thread_ts) is not None:
            return True
        comparison = await services.comparisons.of_thread(channel, thread_ts)
        return comparison is not None and comparison.arena is None

    return ChatThreads(services.poster, services.languages, look_up, services.membership.claims("thread opened"))


def chat_listeners(services: Services, threads: ChatThreads) -> ChatListeners:
    conversations, callers = services.conversations, services.callers
    window = Window(services.catalogue, services.settings.tokenizers)
    opening = ConversationOpening(
        conversations,
        threads,
        services.chat_models,
        services.job_lookup,
        SlackThreadHistory(services.poster, services.people),
        window,
        services.membership.locks("opening"),
    )
    chat = Chat(
        conversations,
        services.catalogue,
        services.lost_models,
        services.authority,
        window,
        services.channel_models,
        services.model_spending,
        warm_up=services.timing.warm_up,
        claims=services.membership.claims("answer"),
    )
    return ChatListeners(
        callers=callers,
        opening=opening,
        chat=chat,
        answers=Answers(conversations),
        spending=services.model_spending,
        changes=MessageChanges(conversations),
        attached_files=AttachedFiles(services.download),
        joining=Joining(callers, opening, services.model_lookup, services.channel_models),
        shown_settings=ShownSettings(
            callers,
            ConversationSettings(conversations, services.chat_models, services.authority),
            threads,
            services.languages,
            services.poster,
        ),
        picker=ModelPicker(
            callers, services.model_lookup, services.channel_models, services.authority, services.channel_providers
        ),
        authority=services.authority,
        threads=threads,
        languages=services.languages,
        poster=services.poster,
        display=AnswerDisplay(
            chat,
            services.languages,
            services.poster,
            AgentSessions(services.poster, services.languages, stop_after=services.timing.stop_button),
            services.timing,
            services.bot_user,
            services.team,
        ),
    )


def function_call_listeners(services: Services, chat: ChatListeners) -> FunctionCallListeners:
    return FunctionCallListeners(
        services.callers, chat.chat, chat.display, Modals(services.poster), services.languages, services.poster
    )


def conversation_settings_listeners(services: Services, chat: ChatListeners) -> ConversationSettingsListeners:
    return ConversationSettingsListeners(services.callers, chat.shown_settings, chat.picker, Modals(services.poster))


def agent_listeners(services: Services, chat: ChatListeners) -> AgentListeners:
    return AgentListeners(
        callers=services.callers,
        chat=chat.chat,
        titles=ConversationTitles(services.conversations, services.authority),
        models=services.model_lookup,
        authority=services.authority,
        languages=services.languages,
        poster=services.poster,
    )
