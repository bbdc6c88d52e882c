"""Base models and fine-tuned ones."""

from typing import Final

from handlers.models import commands
from handlers.routing import Command, Feature

FEATURE: Final = Feature(
    commands=(
        Command(
            "models",
            "Talk",
            "models",
            "List base models and fine-tuned ones",
            commands.run,
            "Each fine-tuned model has a button that opens a thread to talk to it.",
            ("models",),
        ),
    ),
)
