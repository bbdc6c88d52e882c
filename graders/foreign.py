"""What files of other programs have in common: what of them has no counterpart here is named, never guessed."""

from enum import StrEnum
from typing import Any, Final

import msgspec

from graders.errors import GraderError

MOST_BYTES: Final = 4 << 20
_MOST_NODES: Final = 200_000


class Reason(StrEnum):
    """Why a part of a file was left out. The values are names of functions of `texts.graders`."""

    ASSERTION = "assertion"  # of a kind that has no counterpart
    CODE = "code"  # it would have to be run
    FILE = "file"  # it stands elsewhere; nothing is fetched
    JUDGE = "judge"  # it asks a model, and none is named
    PATTERN = "pattern"  # a regular expression that RE2 does not take
    SECTION = "section"  # a part of the file that is about something else
    TEMPLATE = "template"  # more than the name of a variable
    UNREADABLE = "unreadable"


class LeftOut(msgspec.Struct, frozen=True):
    """`where`: the place in the file, such as `tests[2].assert[0]`; `what`: its name or its first words."""

    reason: Reason
    where: str
    what: str


def shown(value: object) -> str:
    return " ".join(str(value).split())[:60]


def require_small(value: Any) -> None:
    """Raises GraderError where a value unfolds to more than anybody writes: YAML's aliases can stand for themselves."""
    left, stack = _MOST_NODES, [value]
    while stack:
        left -= 1
        if left < 0:
            raise GraderError("grader_file_too_large")
        one = stack.pop()
        if isinstance(one, dict):
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)
