"""The bot's errors. The message of each is fit to show a person: what happened, and what to do next."""


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


class Conflict(BotError):
    """It cannot be done in the present state of things (a job that has ended cannot be cancelled)."""


class StartError(BotError):
    """The program cannot start: a setting is missing or wrong, a port is taken, a folder is locked."""
