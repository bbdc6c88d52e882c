"""What a conversation with a fine-tuned model best starts with: what it was trained on."""

from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from bot.conversations.tools import shared_tools
from training_files import TrainingFileError, read_examples

_READ = 50


class Starter(msgspec.Struct, frozen=True):
    """`system`, `tools`: what the examples share. `question`: the first one a person asks in them."""

    system: str | None = None
    question: str | None = None
    tools: tuple[dict[str, Any], ...] = ()


def starter(path: Path) -> Starter:
    """Read from the beginning of a training file; nothing where it cannot be read."""
    systems: set[str | None] = set()
    question: str | None = None
    examples = []
    try:
        for example in islice(read_examples(path), _READ):
            messages = example.get("messages")
            if not isinstance(messages, list):
                continue
            examples.append(example)
            systems.add(_first(messages, "system") or _first(messages, "developer"))
            question = question or _first(messages, "user")
    except TrainingFileError:
        return Starter()
    return Starter(systems.pop() if len(systems) == 1 else None, question, shared_tools(examples))


def _first(messages: list[object], role: str) -> str | None:
    for message in messages:
        if isinstance(message, dict) and message.get("role") == role and isinstance(message.get("content"), str):
            return str(message["content"])
    return None
