"""Answers by llama.cpp, for the models that it takes: on a CPU faster than transformers, and in half the memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from trainer.serving.engines import gguf_files
from trainer.serving.engines.interface import CannotServe, Emit
from trainer.serving.engines.slots import SlotPool
from trainer.serving.generation import Answer
from trainer.serving.messages import Delta, GenerationRequest, ModelRef, Start
from trainer.serving.schema import grammar
from trainer.serving.vocabulary import vocabulary


class LlamaEngine:
    def __init__(self, slots: SlotPool) -> None:
        self.slots = slots
        self._refused: set[str] = set()  # weights that could not be loaded

    def serves(self, model: ModelRef) -> bool:
        return model.weights not in self._refused and _convertible(model.weights)

    def answer(self, request: GenerationRequest, emit: Emit, cancelled: Callable[[], bool]) -> None:
        model, generation = request.model, request.generation
        words = vocabulary(model.weights)
        prompt = words.prompt(request)
        if generation.schema is not None:
            grammar(generation.schema)  # to refuse what cannot be followed
        most = min(generation.max_tokens, model.context_length - len(prompt))
        # Before a slot is free, and open: who streams knows at once that there will be an answer.
        emit(Start(len(prompt)))
        try:
            with self.slots.taken(model, len(prompt) + most) as context:
                for event in Answer(context, words, generation, prompt, most).events():
                    if not isinstance(event, Delta) or event.text or event.tokens:
                        emit(event)
                    if cancelled():
                        return
        except CannotServe:
            self._refused.add(model.weights)
            raise

    def warm(self, model: ModelRef) -> None:
        with self.slots.taken(model, 0):
            pass

    def forget(self, folder: str) -> None:
        self.slots.forget(folder)

    def release_unused(self, seconds: float) -> None:
        self.slots.close_unused(seconds)


@lru_cache(maxsize=64)
def _convertible(weights: str) -> bool:
    return gguf_files.convertible(Path(weights))
