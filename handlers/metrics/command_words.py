"""What was typed after `/finetune metrics`: jobs, and how strongly to smooth."""

import math
from typing import Final

import msgspec

from bot.errors import Invalid
from handlers.blocks.markup import half_width, parts_of

SMOOTH: Final = 0.6
_MOST: Final = 0.99


class Words(msgspec.Struct, frozen=True):
    jobs: tuple[str, ...] = ()
    smooth: float = SMOOTH


def read_words(text: str) -> Words:
    """Raises Invalid."""
    jobs, smooth = [], SMOOTH
    for part in parts_of(half_width(text).replace(",", " ")):
        name, equals, value = part.partition("=")
        if not equals:
            jobs.append(part.strip("`"))
        elif name.lower() == "smooth":
            smooth = _weight(part, value)
        else:
            raise Invalid("metrics_usage", word=part)
    return Words(tuple(jobs), smooth)


def _weight(part: str, value: str) -> float:
    try:
        weight = float(value)
    except ValueError:
        weight = math.nan
    if not 0 <= weight <= _MOST:
        raise Invalid("metrics_usage", word=part)
    return weight
