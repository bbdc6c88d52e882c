"""What one look of the doctor's has found."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Level(StrEnum):
    """WRONG is what keeps the bot from doing its work, WARNING what somebody should know of."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class Finding(msgspec.Struct, frozen=True):
    """`code` names a function of `texts.doctor`, `values` are what it takes."""

    level: Level
    code: str
    values: Mapping[str, object]


def ok(code: str, /, **values: object) -> Finding:
    return Finding(Level.OK, code, values)


def warning(code: str, /, **values: object) -> Finding:
    return Finding(Level.WARNING, code, values)


def wrong(code: str, /, **values: object) -> Finding:
    return Finding(Level.WRONG, code, values)
