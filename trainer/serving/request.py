"""What the API asks of the process that answers, and what comes back. Values; they travel as lines of JSON.

A `Request` is one choice or several that go on from one prompt. To an `Ask` the worker says one `Start`, then for each
choice `Piece` as often as there is some and one `End`; the choices may come mixed. Or it says one `Refused`, at any
time, and nothing after it. Each of these lines carries besides the `id` of the ask.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

# What stands for the logarithm of "never", which JSON cannot hold: OpenAI's own number for it.
NEVER = -9999.0


class Wanted(msgspec.Struct, frozen=True):
    """The model that is asked: folders of the base's weights and of the adapter (None: the base itself)."""

    base: str
    weights: str
    chat_template: str
    context_length: int
    adapter: str | None = None


class Sampling(msgspec.Struct, frozen=True):
    """How tokens are chosen, as the protocol names it. `temperature` 0 always takes the likeliest; otherwise `seed`
    makes chance repeat itself (each choice draws differently). `logit_bias` maps token ids to what is added to them."""

    temperature: float = 1.0
    top_p: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    logit_bias: dict[str, float] = {}
    seed: int | None = None


class Conversation(msgspec.Struct, frozen=True, tag="conversation"):
    """Messages and tools in the protocol's shape, to be put through the model's chat template. `opening` is how the
    answer begins already: it is read as said, and not reported."""

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None = None
    opening: str = ""


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Text to go on from, without any template."""

    text: str


class Tokens(msgspec.Struct, frozen=True, tag="tokens"):
    """Token ids to go on from. Ids outside the vocabulary are refused, as `invalid_prompt`."""

    ids: list[int]


Prompt: TypeAlias = Conversation | Text | Tokens


class Request(msgspec.Struct, frozen=True):
    """What is to be answered, and how.

    `max_tokens` holds for each choice (0 with `echo` only); the context's end holds besides. Answers end before the
    first of the texts in `stop`. `logprobs` asks for each token's log probability and for those of so many likeliest
    tokens at its place (0 to 20). Where `schema` is given the answer is one JSON value that this JSON schema allows,
    and ends with it; {"type": "object"} stands for any object. `echo` reports the prompt first: one piece for each of
    its tokens, in each choice, not counted as completion.
    """

    prompt: Prompt
    max_tokens: int
    sampling: Sampling = Sampling()
    stop: list[str] = []
    n: int = 1
    logprobs: int | None = None
    schema: dict[str, Any] | None = None
    echo: bool = False


class Ask(msgspec.Struct, frozen=True):
    """A request on its way to the worker; `id` names it between the two."""

    id: str
    wanted: Wanted
    request: Request


class Likely(msgspec.Struct, frozen=True):
    """A token and its natural log probability: what the model thought, before temperature, top_p and penalties. `token`
    is its text; `bytes` are its own, also where they are half a character."""

    token: str
    bytes: list[int]
    logprob: float


class Chosen(Likely, frozen=True):
    """A token of the answer; `top` holds the likeliest at its place, likeliest first. The first token of an echoed
    prompt has nothing before it: its logprob is 0. `offset` counts the characters of prompt and answer before it; of a
    conversation, those of the answer."""

    top: list[Likely] = []
    offset: int = 0


class Start(msgspec.Struct, frozen=True, tag_field="kind", tag="start"):
    """The request is understood and its prompt fits."""

    prompt_tokens: int


class Piece(msgspec.Struct, frozen=True, tag_field="kind", tag="piece"):
    """More of a choice's text: never half a character, nor what may become a stop sequence. `tokens` (where `logprobs`
    were asked for) are those chosen since the last piece; either may be empty."""

    text: str
    choice: int = 0
    tokens: list[Chosen] = []


class End(msgspec.Struct, frozen=True, tag_field="kind", tag="end"):
    """A choice is complete. `completion_tokens` counts all that were chosen for it, the end of turn too; `tokens` holds
    this end, where there was one and `logprobs` were asked for."""

    finish_reason: Literal["stop", "length"]
    completion_tokens: int
    choice: int = 0
    tokens: list[Chosen] = []


class Refused(msgspec.Struct, frozen=True, tag_field="kind", tag="refused"):
    """No answer. `message` is a sentence for the client; `tokens` and `context_length` are told where the prompt is too
    long; `failed` is the server's own mistake."""

    code: Literal["context_length_exceeded", "invalid_schema", "invalid_prompt", "failed"]
    message: str = ""
    tokens: int = 0
    context_length: int = 0


Said: TypeAlias = Start | Piece | End | Refused
