"""What can go wrong, each with a sentence fit to show a person: in the language in force where it is raised, which is
the terminal's for commands, and English for what serves and trains."""

from __future__ import annotations


class TrainerError(Exception):
    """Base of the trainer's own errors; the message says what is wrong and what to do."""


class ModelUnavailable(TrainerError):
    """A base model could not be fetched: no network, no disk space, a wrong hash, a missing folder."""


class TrainingFailed(TrainerError):
    """A job cannot go on. `code` and `param` go into the job's `error` as the protocol defines it."""

    def __init__(self, message: str, *, code: str = "training_failed", param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class WorkerDied(TrainerError):
    """A worker process ended without being asked to."""


class TryLater(TrainerError):
    """Nothing is wrong with the request, which can be answered in about `retry_after` seconds; `full`: there are too
    many of them."""

    def __init__(self, message: str, retry_after: float, *, full: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.full = full
