"""The control set: short questions of general abilities, in English and Chinese, that any model should keep answering.
Asked beside a team's own file, they show whether a fine-tuned model forgot what its base model could.

Written for this purpose and under the project's licence. They are easy on purpose: what matters is the difference
between two models, which is compared as any other (`bot.evaluations.statistics.compare`); a model that is clearly worse
here has forgotten.
"""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from bot.evaluations.evaluation import Item
from bot.providers.chat import ChatMessage
from graders.grader import Grader
from graders.named import named

_FILE: Final = Path(__file__).parent / "items.jsonl"


class ControlItem(msgspec.Struct, frozen=True):
    """`item.line` counts from 1; its slices are `ability` and `language`."""

    item: Item
    grader: Grader


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ability: str
    language: str
    prompt: str
    reference: str
    grader: str


@cache
def control_items() -> tuple[ControlItem, ...]:
    lines = msgspec.json.Decoder(_Line).decode_lines(_FILE.read_bytes())
    return tuple(_read(line, number) for number, line in enumerate(lines, start=1))


def _read(line: _Line, number: int) -> ControlItem:
    grader = named(line.grader)
    if grader is None:
        raise ValueError(f"control item {number}: no grader {line.grader}")
    item = Item(
        line=number,
        messages=(ChatMessage("user", line.prompt),),
        fields={"prompt": line.prompt, "reference": line.reference},
        slices={"ability": line.ability, "language": line.language},
    )
    return ControlItem(item, grader)
