"""A repair: one thing that is done to an example, as a value."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from training_files.mend.file import File

Example = dict[str, Any]


class Dropped(msgspec.Struct, frozen=True):
    """The example is left out, and why in one sentence. `lost`: not because it was to go, but because it could not
    be saved.
    """

    why: str
    lost: bool = False


Outcome = Example | Dropped | None
"""The example made better (a new object: the old one is shown beside it), its end, or nothing to do."""


class Repair(msgspec.Struct, frozen=True):
    """`title` is what a person chooses, in a few words; `does` one or two sentences more, for the documentation.

    `function` mends one example. It is None for what happens where lines are read (`source`), and for that `always`
    tells what comes with writing the file anew. `drops` says that examples may go.
    """

    id: str
    title: str
    does: str
    function: Callable[[Example, "File"], Outcome] | None = None
    recommended: bool = True
    drops: bool = False
    always: bool = False
