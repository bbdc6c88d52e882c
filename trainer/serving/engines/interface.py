"""The interface of engines, which answer generation requests for the models they serve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from trainer.serving.messages import GenerationRequest, ModelRef, StreamEvent

Emit = Callable[[StreamEvent], None]


class CannotServe(Exception):
    """Raised while a model is loaded: this engine cannot serve it after all; another may."""


class Engine(Protocol):
    """Used from several threads. The worker asks its engines in order, and the first that serves a model answers."""

    def serves(self, model: ModelRef) -> bool:
        """Whether this engine answers for the model. OSError or ValueError where its files cannot be read."""
        ...

    def answer(self, request: GenerationRequest, emit: Emit, cancelled: Callable[[], bool]) -> None:
        """Answer, through `emit`, and return when all is said; early where `cancelled`.

        Raises Refusal where the request is at fault, CannotServe where the model is.
        """
        ...

    def warm(self, model: ModelRef) -> None:
        """Load what the first answer would need. Raises as `answer`."""
        ...

    def forget(self, folder: str) -> None:
        """The fine-tuned model in this folder was deleted: no new answer may come from it."""
        ...

    def release_unused(self, seconds: float) -> None:
        """Free memory that nobody has used for this long."""
        ...
