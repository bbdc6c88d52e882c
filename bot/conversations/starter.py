"""What a conversation with a fine-tuned model best starts with: what it was trained on."""

from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from bot.conversations.completion import CompletionFormat, completion_format, labels
from bot.conversations.tools import shared_tools
from training_files import TrainingFileError, read_examples

_READ = 50
_READ_FOR_LABELS = 500


class Starter(msgspec.Struct, frozen=True):
    """`system`, `tools`: what the examples share. `question`: the first one a person asks in them. `completion`: the
    format of completions; None for chats. `labels`: the answers, where they are few and short."""

    system: str | None = None
    question: str | None = None
    tools: tuple[dict[str, Any], ...] = ()
    completion: CompletionFormat | None = None
    labels: tuple[str, ...] = ()


def starter(path: Path) -> Starter:
    """Read from the beginning of a training file; nothing where it cannot be read."""
    try:
        examples = list(islice(read_examples(path), _READ_FOR_LABELS))
    except TrainingFileError:
        return Starter()
    format = completion_format(examples)
    if format is not None:
        prompts = (example.get("prompt") for example in examples)
        first = next((prompt for prompt in prompts if isinstance(prompt, str) and prompt.strip()), None)
        question = first.removesuffix(format.separator).strip() if first else None
        return Starter(question=question, completion=format, labels=labels(examples))
    chats = [example for example in examples[:_READ] if isinstance(example.get("messages"), list)]
    systems = {_first(chat["messages"], "system") or _first(chat["messages"], "developer") for chat in chats}
    questions = (_first(chat["messages"], "user") for chat in chats)
    return Starter(
        systems.pop() if len(systems) == 1 else None,
        next(filter(None, questions), None),
        shared_tools(chats),
        labels=labels(examples),
    )


def _first(messages: list[object], role: str) -> str | None:
    for message in messages:
        if isinstance(message, dict) and message.get("role") == role and isinstance(message.get("content"), str):
            return str(message["content"])
    return None
