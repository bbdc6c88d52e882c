"""What the bot shows as an agent: its stop button, and prompts to begin with."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.models.model import FineTunedModel
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, message
from texts import agent as texts

STOP: Final = "chat_stop"
_MODELS: Final = 2


def stop(conversation_id: str) -> Message:
    """Below an answer that grows, where Slack has no stop button of its own."""
    return message(texts.still_writing(), [actions(button(texts.stop_button(), STOP, conversation_id))])


def prompts(models: Sequence[FineTunedModel]) -> list[dict[str, str]]:
    """For the top of the Messages tab, at most four (assistant.threads.setSuggestedPrompts, read 2026-11-29). `models`:
    those first that the person is likely to want."""
    names = Counter(model.name for model in models)
    talk = [model.name if names[model.name] == 1 else model.id for model in models[:_MODELS]]
    return [
        *({"title": texts.talk_to(name), "message": f"chat {name}"} for name in talk),
        {"title": texts.what_is_running(), "message": "jobs"},
        {"title": texts.what_can_you_do(), "message": "help"},
    ]
