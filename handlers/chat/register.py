"""Talking to a model in a thread. What is said there comes by `handlers.messages`."""

from typing import Final

from handlers.blocks import answer
from handlers.blocks.card import JOB_CHAT
from handlers.blocks.model_name import MODEL_CHAT, MODEL_ID, MODEL_SEARCH
from handlers.chat import blocks
from handlers.chat.listeners import ChatListeners
from handlers.models import blocks as models
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    ChatListeners,
    commands=(Command("chat", Topic.TALK, ChatListeners.command, opens=JOB_CHAT, synonyms=("聊天", "对话")),),
    buttons={
        JOB_CHAT: ChatListeners.open_job,
        MODEL_CHAT: ChatListeners.open_model,
        MODEL_SEARCH: ChatListeners.open_model,
        MODEL_ID: ChatListeners.show_id,
        models.ASK: ChatListeners.ask_model,
        models.ASK_SEARCH: ChatListeners.ask_found_model,
        blocks.ANEW: ChatListeners.open_anew,
        blocks.CONTINUE: ChatListeners.continue_answer,
    },
    options={
        (answer.MENU, answer.AGAIN): ChatListeners.ask_again,
        (answer.MENU, answer.COST): ChatListeners.show_cost,
    },
    searches={
        MODEL_SEARCH: ChatListeners.search_models,
        models.ASK_SEARCH: ChatListeners.search_models,
    },
)
