"""The bot's errors. The message of each is fit to show a person: what happened, and what to do next."""

from collections.abc import Sequence
from typing import Final

_SHOWN: Final = 5


class BotError(Exception):
    """Something a person should be told. `str(error)` is the sentence."""


class Denied(BotError):
    """The actor may not do that."""


class NotFound(BotError):
    """What was asked for is not there, or not for this person's eyes (we do not say which)."""


class Invalid(BotError):
    """A value that a person gave cannot be used; `field` names it where there is one."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class Ambiguous(BotError):
    """A word that names several things. `choices`: what each is called in full."""

    def __init__(self, word: str, choices: Sequence[str]) -> None:
        more = f" and {len(choices) - _SHOWN} more" if len(choices) > _SHOWN else ""
        super().__init__(f"{word} could be any of these: {', '.join(choices[:_SHOWN])}{more}. Write more of the name.")
        self.choices = choices


class Conflict(BotError):
    """It cannot be done in the present state of things (a job that has ended cannot be cancelled)."""


class StartError(BotError):
    """The program cannot start: a setting is missing or wrong, a port is taken, a folder is locked."""
