"""Settings of which some have several values, and the configurations that they make."""

import math
import random
import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bot.errors import Invalid
from bot.jobs.settings import JobSettings, read_settings

MOST: Final = 24
"""Jobs of one sweep."""

RANDOM: Final = "random"
VARIABLE: Final = (
    "model",
    "epochs",
    "batch",
    "lr",
    "beta",
    "effort",
    "compute",
    "eval_interval",
    "eval_samples",
    "seed",
)
"""The settings that may have several values. In the others a comma is part of the value."""

_COMMA: Final = re.compile(r"[,，、]")


class Configuration(msgspec.Struct, frozen=True):
    """`words`: those settings that differ within the sweep, as they were typed."""

    words: dict[str, str]
    settings: JobSettings


def values_of(words: Mapping[str, str]) -> dict[str, list[str]]:
    """Each setting's values, in the order in which they were typed, each once."""
    return {
        name: list(dict.fromkeys(filter(None, map(str.strip, _COMMA.split(text))))) if name in VARIABLE else [text]
        for name, text in words.items()
        if name != RANDOM
    }


def configurations(words: Mapping[str, str], draw_by: str) -> list[Configuration]:
    """All that the values in `words` make together; with `random=8` eight of them, drawn by `draw_by`, so that the same
    request draws the same again.

    Raises Invalid: a value that cannot be read, fewer than two configurations, more than `MOST`.
    """
    values = values_of(words)
    varied = {name: some for name, some in values.items() if len(some) > 1}
    count = math.prod(map(len, varied.values()))
    draw = _draw(words.get(RANDOM, ""))
    if draw is None and count > MOST:
        raise Invalid("sweep_too_large", count=count, most=MOST)
    fixed = {name: some[0] for name, some in values.items() if len(some) == 1}
    numbers: Sequence[int] = range(count)
    if draw is not None and draw < count:
        numbers = sorted(random.Random(draw_by).sample(range(count), draw))
    found: list[Configuration] = []
    for number in numbers:
        chosen = _chosen(varied, number)
        settings = read_settings(fixed | chosen)
        if isinstance(settings, dict):
            raise Invalid("settings_refused", problems=settings)
        if all(one.settings != settings for one in found):  # 1 and 1.0
            found.append(Configuration(chosen, settings))
    if len(found) < 2:
        raise Invalid("sweep_of_one")
    return found


def _draw(text: str) -> int | None:
    if not text.strip():
        return None
    if not re.fullmatch(r"[0-9]{1,3}", text.strip()) or not 2 <= int(text) <= MOST:
        raise Invalid("invalid_random", most=MOST)
    return int(text)


def _chosen(varied: Mapping[str, Sequence[str]], number: int) -> dict[str, str]:
    """The configuration of that number; the last setting changes first."""
    chosen = {}
    for name, values in reversed(list(varied.items())):
        number, place = divmod(number, len(values))
        chosen[name] = values[place]
    return {name: chosen[name] for name in varied}
