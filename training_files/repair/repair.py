"""A repair: one thing that is done to an example, as a value; and what it may know of the file around the example."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from training_files.pii_numbers import PhoneLookup
from training_files.repair.endings import Endings
from training_files.repair.plan import Why

Example = dict[str, Any]


class RepairContext(Protocol):
    """What a repair may ask about the whole file and about the model that it is meant for."""

    model: str

    format: str
    """The format that all examples are to have; empty as long as it is not known."""

    needed: set[str]
    """Ids of the repairs that the check would ask for because of what shows only over many examples."""

    prompts: Endings
    completions: Endings

    phones: PhoneLookup
    """One for all the texts of the file."""

    @property
    def limit(self) -> int | None:
        """The most tokens that the model takes in an example; None if unknown."""

    def tokens(self, example: Example) -> int:
        """The length of an example in the model's tokens, as the check measures it; 0 if it cannot be measured."""


class Dropped(msgspec.Struct, frozen=True):
    """The example is left out, and why. `lost`: a repair would have kept it, but it cannot be saved."""

    why: Why
    lost: bool = False


Outcome = Example | Dropped | None
"""The repaired example (a new object: the old one is shown beside it), its end, or nothing to do."""


class Repair(msgspec.Struct, frozen=True):
    """`texts.repairs` says what each is called and what it does, by its `id`.

    `function` repairs one example. It is None for what happens where lines are read (`source`) and where examples are
    compared; of the former `always` marks what comes with writing the file anew. `drops`: it may leave examples out.
    """

    id: str
    function: Callable[[Example, RepairContext], Outcome] | None = None
    recommended: bool = True
    drops: bool = False
    always: bool = False
