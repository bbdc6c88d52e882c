"""Talking to a model in a thread."""

from typing import Final

from handlers.chat import buttons, commands
from handlers.chat.conversing import go_on
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    commands=(Command("chat", Topic.TALK, commands.run),),
    buttons={
        "chat_continue": go_on,
        "job_chat": buttons.job_chat,
        "model_chat": buttons.model_chat,
        "chat_anew": buttons.chat_anew,
        "model_id": buttons.show_id,
    },
)
