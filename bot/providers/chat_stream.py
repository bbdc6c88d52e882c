"""Reading the answers that come in chunks, through the `openai` SDK, which validates nothing of what it hands on.

Servers of the protocol differ most in how they stream (read 2026-11-29): calls whole or in fragments, several under one
index or without one (Gemini's endpoint, Ollama; googleapis/python-genai#2868, BerriAI/litellm#37792), arguments as an
object, a call that ends with `stop`, usage in every chunk, or a chunk without a choice.
"""

import json
from collections.abc import Iterable
from typing import Any

import msgspec
from openai.types import Completion
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from bot.providers.chat import REFUSAL, ChatDelta, TokenLogprobs, ToolCall, Usage


class ChatReader:
    """Give it the chunks of one answer in their order, then ask for the `end`."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self._calls: list[ToolCall] = []
        self._at_index: dict[Any, int] = {}
        self._refused = False
        self._usage: Usage | None = None

    def read(self, chunk: ChatCompletionChunk) -> ChatDelta | None:
        """The text of a chunk; None where it has none."""
        self._usage = _usage(chunk.usage) or self._usage
        if not chunk.choices:
            return None
        choice = chunk.choices[0]
        self.finish_reason = choice.finish_reason or self.finish_reason
        # Azure tells what its filters found in a choice without a delta.
        delta = choice.delta
        if delta is None:
            return None
        self._refused = self._refused or bool(delta.refusal)
        for piece in delta.tool_calls or ():
            self._add(piece)
        text = delta.content or delta.refusal or ""
        logprobs = _chat_logprobs(choice.logprobs)
        return ChatDelta(text, logprobs=logprobs) if text or logprobs else None

    def end(self) -> ChatDelta | None:
        """What is known once no more chunks come."""
        calls = tuple(
            call if call.arguments.strip() else msgspec.structs.replace(call, arguments="{}") for call in self._calls
        )
        reason = self.finish_reason
        if calls and reason != "length":
            reason = "tool_calls"
        elif self._refused and reason in (None, "stop"):
            reason = REFUSAL
        end = ChatDelta(finish_reason=reason, tool_calls=calls, usage=self._usage)
        return end if end != ChatDelta() else None

    def _add(self, piece: ChoiceDeltaToolCall) -> None:
        function = piece.function
        told = ToolCall(
            str(piece.id or ""),
            (function and function.name) or "",
            _json_text(function and function.arguments),
        )
        at = self._at_index.get(piece.index)
        if at is None or _is_another(self._calls[at], told):
            self._at_index[piece.index] = len(self._calls)
            self._calls.append(told)
            return
        begun = self._calls[at]
        self._calls[at] = ToolCall(begun.id or told.id, begun.name or told.name, begun.arguments + told.arguments)


class CompletionReader:
    """As ChatReader, for the completions endpoint."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self._usage: Usage | None = None

    def read(self, chunk: Completion) -> ChatDelta | None:
        self._usage = _usage(chunk.usage) or self._usage
        if not chunk.choices:
            return None
        choice = chunk.choices[0]
        self.finish_reason = choice.finish_reason or self.finish_reason
        logprobs = _completion_logprobs(choice.logprobs)
        return ChatDelta(choice.text or "", logprobs=logprobs) if choice.text or logprobs else None

    def end(self) -> ChatDelta | None:
        end = ChatDelta(finish_reason=self.finish_reason, usage=self._usage)
        return end if end != ChatDelta() else None


def _is_another(begun: ToolCall, told: ToolCall) -> bool:
    """Whether a fragment begins a call of its own, though it comes under the index of one that has begun."""
    if told.id and begun.id and told.id != begun.id:
        return True
    return bool(told.name and begun.name and told.arguments) and _is_json(begun.arguments)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json_text(arguments: Any) -> str:
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else json.dumps(arguments, ensure_ascii=False)


def _usage(told: Any) -> Usage | None:
    """None where nothing is told, or only zeros, as some do in every chunk but the last."""
    if told is None or not (told.prompt_tokens or told.completion_tokens):
        return None
    details = told.prompt_tokens_details
    cached = details.cached_tokens if details is not None else None
    return Usage(told.prompt_tokens or 0, told.completion_tokens or 0, cached or 0)


def _chat_logprobs(told: Any) -> tuple[TokenLogprobs, ...]:
    places = (told.content if told is not None else None) or ()
    return tuple(
        _token(place.token, place.logprob, ((one.token, one.logprob) for one in place.top_logprobs or ()))
        for place in places
    )


def _completion_logprobs(told: Any) -> tuple[TokenLogprobs, ...]:
    """Of each token its own, and a table of the likeliest, which may lack it."""
    if told is None or not told.tokens:
        return ()
    count = len(told.tokens)
    own = told.token_logprobs or [None] * count
    top = told.top_logprobs or [None] * count
    return tuple(
        _token(token, logprob, (likely or {}).items())
        for token, logprob, likely in zip(told.tokens, own, top, strict=False)
    )


def _token(token: str, logprob: float | None, top: Iterable[tuple[str, float]]) -> TokenLogprobs:
    likely = dict(top)
    if logprob is not None:
        likely.setdefault(token, logprob)
    return TokenLogprobs(token, tuple(sorted(likely.items(), key=lambda one: -one[1])))
