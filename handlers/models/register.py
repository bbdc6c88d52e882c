"""Base models and fine-tuned ones."""

from typing import Final

from handlers.blocks import help
from handlers.models.listeners import ModelListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    ModelListeners,
    commands=(Command("models", Topic.TALK, ModelListeners.command, opens=help.MODELS, synonyms=("模型",)),),
)
