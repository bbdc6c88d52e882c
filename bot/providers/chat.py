"""The values of OpenAI's chat and completions endpoints: what a model is asked, and what it answers.

Names and meaning are the protocol's (OpenAPI description 2.3.0).
"""

from typing import Any, Final

import msgspec

REFUSAL: Final = "refusal"


class Parameters(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an answer is drawn; None leaves it to the provider."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None


class ToolCall(msgspec.Struct, frozen=True):
    """`arguments` is the JSON that the model wrote, as text: it may be invalid."""

    id: str
    name: str
    arguments: str


class ChatMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """`images` are data URLs, shown after the content. `tool_calls` belong to the assistant; `tool_call_id` says which
    of them a message of role `tool` answers."""

    role: str
    content: str
    images: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


class ChatRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """`tools` as in the protocol, JSON. `top_logprobs`: how many likely tokens are told for each place, at most 20; 0
    for none. Not every model tells any."""

    model: str
    messages: tuple[ChatMessage, ...]
    parameters: Parameters = Parameters()
    tools: tuple[dict[str, Any], ...] = ()
    top_logprobs: int = 0


class CompletionRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """For a model that goes on with a text. `top_logprobs` as in ChatRequest, at most 5."""

    model: str
    prompt: str
    parameters: Parameters = Parameters()
    top_logprobs: int = 0


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Billed tokens. `cached_tokens` of the prompt's were read from the provider's cache, which costs less."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


class Embeddings(msgspec.Struct, frozen=True):
    """A vector for each text, in their order; all are of one length. `usage` is None where the provider tells none."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage | None = None


class TokenLogprobs(msgspec.Struct, frozen=True):
    """One token of the answer, and the likeliest in its place with their natural logarithms of probability, the
    likeliest first; the token is among them."""

    token: str
    top: tuple[tuple[str, float], ...]


class ChatDelta(msgspec.Struct, frozen=True, omit_defaults=True):
    """More of an answer. The last delta has no text: it has the `finish_reason`, the `tool_calls`, each of them whole,
    and the `usage`, as far as there are any and the provider tells them.

    `finish_reason`: the protocol's (`stop`, `length`, `tool_calls`, `content_filter`), or REFUSAL where `text` says why
    the model does not answer; None where the provider does not say.
    """

    text: str = ""
    finish_reason: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    logprobs: tuple[TokenLogprobs, ...] = ()
