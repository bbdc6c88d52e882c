"""A fine-tuned model as people see it: its short name, its id a press away, and a button to talk to it."""

from collections.abc import Mapping
from typing import Final

from slack_sdk.models.blocks import ButtonElement, Option

from bot.models.names import short_name
from handlers.blocks.message import Message
from handlers.blocks.parts import OPTION_VALUE, OPTIONS, VALUE, button, message, option, section
from handlers.blocks.text import code, size
from texts import exports, jobs, models

MODEL_ID: Final = "model_id"
MODEL_CHAT: Final = "model_chat"
MODEL_SEARCH: Final = "model_search"
MODEL_EXPORT: Final = "model_export"


def named(model: str) -> str:
    """Mrkdwn: "`house-voice`"."""
    return code(short_name(model), 120)


def id_button(model: str) -> ButtonElement | None:
    """*Model ID*, which shows the whole id; None where the name is the id already, or no button can carry it."""
    if short_name(model) == model or size(model) > VALUE:
        return None
    return button(models.id_button(), MODEL_ID, model)


def chat_button(model: str) -> ButtonElement | None:
    """None where no button can carry the id: the command takes it."""
    return button(jobs.chat_button(), MODEL_CHAT, model) if 0 < size(model) <= VALUE else None


def export_button(model: str) -> ButtonElement | None:
    """None where no button can carry the id: the command takes it."""
    # What it leads to has room for the format besides.
    return button(exports.export_button(), MODEL_EXPORT, model) if 0 < size(model) <= VALUE - 20 else None


def model_options(names: Mapping[str, str]) -> list[Option]:
    """For a menu of models, of ids and what they are called: as many as Slack takes. An id that is longer than an
    option carries is left out: the command takes it."""
    fitting = [model for model in names if 0 < size(model) <= OPTION_VALUE][:OPTIONS]
    return [option(names[model], model, model if names[model] != model else None) for model in fitting]


def model_id(model: str) -> Message:
    """For whoever pressed *Model ID*."""
    text = models.model_id(named(model), code(model, 500))
    return message(text, [section(text)])
