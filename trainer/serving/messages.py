"""Messages between the API and the serving worker. Values, sent as JSON lines.

To a `Generate` the worker sends one `Start`, then for each choice any number of `Delta` and one `End`; choices may come
mixed. Or it sends one `Refused`, at any time, and nothing after it. Each travels in an `Answered` with the request's
id.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

# Stands for the logarithm of zero, which JSON cannot hold: OpenAI's own number for it.
NEVER = -9999.0


class ModelRef(msgspec.Struct, frozen=True):
    """The model to ask: folders of the base's weights and of the adapter (None: the base itself)."""

    base: str
    weights: str
    chat_template: str
    context_length: int
    adapter: str | None = None


class Sampling(msgspec.Struct, frozen=True):
    """How tokens are chosen, in the protocol's words. `temperature` 0 always takes the likeliest token; otherwise
    `seed` makes the draw repeatable (each choice draws differently). `logit_bias` maps token ids to what is added to
    them."""

    temperature: float = 1.0
    top_p: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    logit_bias: dict[str, float] = {}
    seed: int | None = None


class Conversation(msgspec.Struct, frozen=True, tag="conversation"):
    """Messages and tools in the protocol's shape, rendered through the model's chat template. `opening` is how the
    answer already begins: the model reads it, and it is not reported."""

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None = None
    opening: str = ""


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Text to continue, without any template."""

    text: str


class Tokens(msgspec.Struct, frozen=True, tag="tokens"):
    """Token ids to continue. Ids outside the vocabulary are refused, as `invalid_prompt`."""

    ids: list[int]


Prompt: TypeAlias = Conversation | Text | Tokens


class Generation(msgspec.Struct, frozen=True):
    """What to generate: one choice or several that continue one prompt.

    `max_tokens` holds for each choice (0 with `echo` only), and so does the end of the context. A choice ends before
    the first of the texts in `stop`. `logprobs` asks for each token's log probability and for those of that many
    likeliest tokens at its place (0 to 20). With a `schema` the answer is one JSON value that this JSON schema allows,
    and ends with it; {"type": "object"} stands for any object. `echo` reports the prompt first: one delta for each of
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


class GenerationRequest(msgspec.Struct, frozen=True):
    """A generation on its way to the worker; `id` names it between the two."""

    id: str
    model: ModelRef
    generation: Generation


class TopLogprob(msgspec.Struct, frozen=True):
    """A token and its natural log probability, before temperature, top_p and penalties. `token` is its text; `bytes`
    are its own, also where they are half a character."""

    token: str
    bytes: list[int]
    logprob: float


class TokenLogprob(TopLogprob, frozen=True):
    """A token of the answer; `top` holds the likeliest at its place, likeliest first. The first token of an echoed
    prompt has nothing before it: its logprob is 0. `offset` counts the characters of prompt and answer before it; in a
    conversation, those of the answer."""

    top: list[TopLogprob] = []
    offset: int = 0


class Start(msgspec.Struct, frozen=True, tag="start"):
    """The request is understood and its prompt fits."""

    prompt_tokens: int


class Delta(msgspec.Struct, frozen=True, tag="delta"):
    """More of a choice's text: never half a character, nor what may become a stop sequence. `tokens` (where `logprobs`
    were asked for) are those chosen since the last delta; either may be empty."""

    text: str
    choice: int = 0
    tokens: list[TokenLogprob] = []


class End(msgspec.Struct, frozen=True, tag="end"):
    """A choice is complete. `completion_tokens` counts all that were chosen for it, the end of turn included; `tokens`
    holds this end, where there was one and `logprobs` were asked for."""

    finish_reason: Literal["stop", "length"]
    completion_tokens: int
    choice: int = 0
    tokens: list[TokenLogprob] = []


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """No answer. `message` is a sentence for the client; `tokens` and `context_length` are set where the prompt is too
    long; `failed` is the server's own mistake."""

    code: Literal["context_length_exceeded", "invalid_schema", "invalid_prompt", "failed"]
    message: str = ""
    tokens: int = 0
    context_length: int = 0


StreamEvent: TypeAlias = Start | Delta | End | Refused


# From the server to the worker


class Generate(msgspec.Struct, frozen=True, tag="generate"):
    request: GenerationRequest


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Nobody waits for this request any more."""

    id: str


class Warm(msgspec.Struct, frozen=True, tag="warm"):
    """Somebody will soon ask this model."""

    model: ModelRef


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """The fine-tuned model in `folder` was deleted: no new answer may come from it."""

    folder: str


Command: TypeAlias = Generate | Cancel | Warm | Forget


# From the worker to the server


class Answered(msgspec.Struct, frozen=True):
    id: str
    event: StreamEvent


class Refusal(Exception):
    """The request is at fault; `refused` says how."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused)
        self.refused = refused
