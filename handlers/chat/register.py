"""Talking to a model in a thread."""

from typing import Final

from handlers.chat import buttons, commands
from handlers.chat.conversing import go_on
from handlers.routing import Command, Feature

FEATURE: Final = Feature(
    commands=(
        Command(
            "chat",
            "Talk",
            "chat [MODEL]",
            "Open a thread that talks to a model",
            commands.run,
            "The model is named by its id, its short name or its job. Reply in the thread, and it answers.",
            ("chat", "chat support", "chat job-1a2b3c"),
        ),
    ),
    buttons={
        "chat_continue": go_on,
        "job_chat": buttons.job_chat,
        "model_chat": buttons.model_chat,
        "chat_anew": buttons.chat_anew,
        "model_id": buttons.show_id,
    },
)
