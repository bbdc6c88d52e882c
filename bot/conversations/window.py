"""How much of a conversation the model can read: the latest exchanges that fit, counted with its own tokenizer."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

from bot.conversations.conversation import Conversation, Turn
from bot.conversations.prompt import exchanges, prompt
from bot.models.catalogue import Catalogue
from bot.providers.chat import ChatMessage, Usage
from training_files import lookup
from training_files.catalog import base_of
from training_files.example_length import example_length
from training_files.length_counter import LengthCounter
from training_files.tokens import tokenizer_for

# Tokens that the answer is left if the conversation says nothing else; a quarter of the context at most.
_ANSWER: Final = 1_024
_ANSWER_SHARE: Final = 4
# Tokens of the frame around a message: more than any known chat template needs.
_FRAME: Final = 16
_IMAGE: Final = 1_500


class Window:
    """`tokenizers`: the folder of open models' tokenizers, as `tokenizer_for` takes it."""

    def __init__(self, catalogue: Catalogue, tokenizers: Path | None) -> None:
        self._catalogue = catalogue
        self._tokenizers = tokenizers

    async def fitting(self, conversation: Conversation, turns: Sequence[Turn]) -> int:
        """How many of the latest exchanges fit, at least one. All, where nobody says how much the model can read: then
        the provider's refusal will tell."""
        there = len(exchanges(turns))
        context = await self._catalogue.context_length(conversation.model)
        if context is None or there <= 1:
            return there
        wanted = conversation.parameters.max_tokens or _ANSWER
        room = context - min(wanted, context // _ANSWER_SHARE)
        if _at_most(prompt(conversation, turns), conversation) <= room:
            return there
        return await asyncio.to_thread(self._counted, conversation, turns, there, room)

    async def share(self, model: str, unknown: int) -> int:
        """A quarter of what the model can read, in tokens; `unknown` where nobody says how much that is."""
        context = await self._catalogue.context_length(model)
        return context // 4 if context else unknown

    async def usage(self, messages: Sequence[ChatMessage], conversation: Conversation, answer: str) -> Usage:
        """What an answer will have used, where the provider does not tell."""

        def counted() -> Usage:
            counter = _counter(base_of(conversation.model), self._tokenizers)
            return Usage(_length(messages, conversation, counter), counter.tokenizer.count([answer])[0])

        return await asyncio.to_thread(counted)

    async def count(self, model: str, texts: list[str]) -> list[int]:
        """The tokens of each text."""

        def counted() -> list[int]:
            return _counter(base_of(model), self._tokenizers).tokenizer.count(texts)

        return await asyncio.to_thread(counted) if texts else []

    def _counted(self, conversation: Conversation, turns: Sequence[Turn], there: int, room: int) -> int:
        counter = _counter(base_of(conversation.model), self._tokenizers)

        def fits(dropped: int) -> bool:
            return _length(prompt(conversation, turns, there - dropped), conversation, counter) <= room

        return there - bisect_left(range(there - 1), True, key=fits)


def _at_most(messages: Sequence[ChatMessage], conversation: Conversation) -> int:
    """More tokens than the prompt can have: none is shorter than a byte."""
    written = msgspec.json.encode([[message.content, message.tool_calls] for message in messages])
    images = sum(len(message.images) for message in messages)
    tools = len(msgspec.json.encode(conversation.tools))
    return len(written) + tools + _FRAME * (len(messages) + 4) + _IMAGE * images


def _length(messages: Sequence[ChatMessage], conversation: Conversation, counter: LengthCounter) -> int:
    example: dict[str, Any] = {"messages": [_as_example(message) for message in messages]}
    if conversation.tools:
        example["tools"] = list(conversation.tools)
    return example_length(example, counter) + _IMAGE * sum(len(message.images) for message in messages)


def _as_example(message: ChatMessage) -> dict[str, Any]:
    told: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        told["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        told["tool_call_id"] = message.tool_call_id
    return told


@lru_cache(maxsize=8)
def _counter(base_model: str, tokenizers: Path | None) -> LengthCounter:
    """A tokenizer takes a moment to load, so it is kept."""
    facts = lookup(base_model)
    return LengthCounter(tokenizer_for(base_model, facts, tokenizers), facts)
