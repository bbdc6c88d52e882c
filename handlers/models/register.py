"""Base models and fine-tuned ones."""

from typing import Final

from handlers.models import commands
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    commands=(Command("models", Topic.TALK, commands.run),),
)
