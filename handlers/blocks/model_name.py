"""A fine-tuned model as people see it: its short name, and the id a press away."""

from slack_sdk.models.blocks import ButtonElement

from bot.models.names import short_name
from handlers.blocks.message import Message
from handlers.blocks.parts import VALUE, button, message, section
from handlers.blocks.text import code, size


def named(model: str) -> str:
    """Mrkdwn: "`house-voice`"."""
    return code(short_name(model), 120)


def id_button(model: str) -> ButtonElement | None:
    """*Model id*, which shows the whole id; None where the name is the id already, or no button can carry it."""
    if short_name(model) == model or size(model) > VALUE:
        return None
    return button("Model id", "model_id", model)


def model_id(model: str) -> Message:
    """For whoever pressed *Model id*."""
    text = f"{named(model)} is {code(model, 500)} to programs: its id at the provider."
    return message(text, [section(text)])
