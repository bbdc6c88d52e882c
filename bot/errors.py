"""The bot's errors: what happened, as a kind with values. `texts.errors` has a sentence for each kind."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class BotError(Exception):
    """An error to show to a person. `kind` names a function of `texts.errors`, `values` are what it takes. What a
    provider answered is a kind of its own words."""

    def __init__(self, kind: str, /, **values: object) -> None:
        super().__init__(kind)
        self.kind = kind
        self.values = values

    def __str__(self) -> str:
        """For logs and the audit log."""
        return " ".join([self.kind, *(f"{name}={value}" for name, value in self.values.items())])


class Denied(BotError):
    """The actor is not allowed to do that."""


class NotFound(BotError):
    """What was asked for is not there, or not for this person's eyes (we do not say which)."""


class Invalid(BotError):
    """A value that a person gave cannot be used; `field` names it where there is one."""

    def __init__(self, kind: str, field: str | None = None, /, **values: object) -> None:
        super().__init__(kind, **values)
        self.field = field


class Ambiguous(BotError):
    """A word that names several things. `choices`: what each is called in full. `shared`: the word is the whole name of
    each."""

    def __init__(self, word: str, choices: Sequence[str], *, shared: bool = False) -> None:
        super().__init__("ambiguous", word=word, choices=tuple(choices), shared=shared)
        self.choices = choices


class Conflict(BotError):
    """Not possible in the present state (a job that has ended cannot be cancelled)."""


class UnusableSetting(NamedTuple):
    """`kind` and `values` as in pydantic, and pydantic's own `words`. What was set is left out: it may be a secret."""

    variable: str
    kind: str
    values: dict[str, Any]
    words: str


class StartError(BotError):
    """The program cannot start: a setting is missing or wrong, a port is taken, a folder is locked."""
