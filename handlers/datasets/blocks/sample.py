"""A few examples of a training file, as the conversations that they are."""

from collections.abc import Sequence
from typing import Final

import msgspec
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from handlers.blocks.modals import window
from handlers.blocks.parts import actions, button, context, divider, section
from handlers.blocks.text import clip, code, escape, quoted, redact
from texts.formats import number
from training_files.sample import Sampled

ANOTHER: Final = "sample_another"

# An example has at most some twelve turns; a window holds 100 blocks.
_TURNS: Final = 16
_TEXT: Final = 700
_WHO: Final = {
    "system": "System",
    "developer": "Developer",
    "user": "User",
    "assistant": "Assistant",
    "tool": "Tool",
    "function": "Function",
    "prompt": "Prompt",
    "completion": "Completion",
    "preferred": "Preferred",
    "non_preferred": "Not preferred",
}


def title() -> str:
    return "Examples"


def sample_window(dataset: Dataset, examples: Sequence[Sampled], channel: str) -> View:
    """With a button for other examples. It carries the `channel` in which it was asked for."""
    private_metadata = msgspec.json.encode({"channel": channel}).decode()
    if not examples:
        nothing = section(f"{code(dataset.name)} has no example that could be shown.")
        return window(title(), [nothing], private_metadata=private_metadata)
    blocks: list[Block] = [section(f"Examples of {code(dataset.name)}, drawn at random.")]
    for example in examples:
        blocks += [divider(), context(f"Line {number(example.line)}")]
        blocks += [section(_turn(who, text)) for who, text in example.turns[:_TURNS]]
    blocks.append(actions(button("Another", ANOTHER, dataset.id)))
    return window(title(), blocks, private_metadata=private_metadata)


def _turn(who: str, text: str) -> str:
    said = clip(escape(redact(text)).strip(), _TEXT) or "_(empty)_"
    lines = "\n".join(f"> {line}" for line in said.split("\n"))
    return f"*{_WHO.get(who) or quoted(who, 60)}*\n{lines}"
