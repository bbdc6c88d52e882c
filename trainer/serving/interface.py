"""What the API asks of whatever answers: the worker of this machine, or replicas of vLLM."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from trainer.catalogue import ResolvedModel
from trainer.serving.messages import Generation, StreamEvent


class ChatService(Protocol):
    def answer(self, found: ResolvedModel, generation: Generation, key: str) -> AsyncGenerator[StreamEvent, None]:
        """The events of one answer (see `serving.messages`), asked for with the key of this name. Leaving the iterator
        early ends the answer.

        Raises ModelUnavailable; TryLater where it is for now only; WorkerDied where the answer broke off.
        """
        ...

    def warm(self, model: str) -> None:
        """Load a model before somebody asks for it."""
        ...

    async def forget(self, found: ResolvedModel) -> None:
        """A fine-tuned model was deleted."""
        ...

    def refuses(self, found: ResolvedModel) -> str | None:
        """Why nobody could chat with what is trained from this model, a clause; None where they can."""
        ...

    async def stop(self) -> None: ...
