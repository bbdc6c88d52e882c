"""What goes wrong with graders: a kind with values. `texts.grader_errors` has a sentence for each kind."""

from typing import Any

import msgspec


class GradeFault(msgspec.Struct, frozen=True):
    """Why a grade could not be said, or is zero: kind and values of a GraderError."""

    kind: str
    values: dict[str, Any] = {}

    def __str__(self) -> str:
        """For logs."""
        return " ".join([self.kind, *(f"{name}={value}" for name, value in self.values.items())])


class GraderError(Exception):
    """A grader cannot be read, or cannot grade this item. `kind` names a function of `texts.grader_errors`, `values`
    are what it takes."""

    def __init__(self, kind: str, /, **values: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.values = values

    @property
    def fault(self) -> GradeFault:
        return GradeFault(self.kind, self.values)

    def __str__(self) -> str:
        return str(self.fault)


class AnswerError(GraderError):
    """The answer is not such that it could be graded, as where JSON was asked for: it counts as wrong."""


class NotAvailable(GraderError):
    """This figure is not to be had here, as METEOR without its dictionary: nothing is counted."""
