"""A few examples of a training file, as the conversations that they are."""

from collections.abc import Sequence
from typing import Final

import msgspec
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from handlers.blocks.modals import modal
from handlers.blocks.parts import actions, button, context, divider, section
from handlers.blocks.text import bold, clip, code, escape, quoted, redact
from texts.datasets import report as report_texts
from texts.datasets import sample as texts
from training_files.sample import TURNS, Sampled

ANOTHER: Final = "sample_another"

# An example has at most some twelve turns; a modal holds 100 blocks.
_TURNS: Final = 16
_TEXT: Final = 700


def sample_modal(dataset: Dataset, examples: Sequence[Sampled], channel: str) -> View:
    """With a button for other examples. It carries the `channel` in which it was asked for."""
    private_metadata = msgspec.json.encode({"channel": channel}).decode()
    if not examples:
        nothing = section(texts.nothing_to_show(code(dataset.name)))
        return modal(texts.sample_title(), [nothing], private_metadata=private_metadata)
    blocks: list[Block] = [section(texts.drawn_at_random(code(dataset.name)))]
    for example in examples:
        blocks += [divider(), context(texts.line(example.line))]
        turns: list[Block] = [section(_turn(who, text)) for who, text in example.turns[:_TURNS]]
        if example.left_out:
            turns.insert(TURNS // 2, context(texts.turns_left_out(example.left_out)))
        blocks += turns
    blocks.append(actions(button(texts.another_button(), ANOTHER, dataset.id)))
    return modal(texts.sample_title(), blocks, private_metadata=private_metadata)


def _turn(who: str, text: str) -> str:
    said = clip(escape(redact(text)).strip(), _TEXT) or f"_{report_texts.empty()}_"
    lines = "\n".join(f"> {line}" for line in said.split("\n"))
    return f"{bold(texts.speaker(who) or quoted(who, 60))}\n{lines}"
