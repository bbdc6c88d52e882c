"""Asking an engine directly, without server or worker."""

from typing import Any

from trainer.serving.engines.interface import Engine
from trainer.serving.messages import Conversation, Delta, Generation, GenerationRequest, ModelRef, StreamEvent

CHAT = Conversation([{"role": "user", "content": "Hello"}])


def said(engine: Engine, model: ModelRef, generation: Generation) -> list[Any]:
    heard: list[StreamEvent] = []
    engine.answer(GenerationRequest("gen-1", model, generation), heard.append, lambda: False)
    return heard


def text(answer: list[Any], choice: int = 0) -> str:
    return "".join(one.text for one in answer if isinstance(one, Delta) and one.choice == choice)
