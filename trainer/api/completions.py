"""Completions, the older endpoint: /v1/completions, streamed and whole. Text goes on without any chat template."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from trainer.api.answers import CreateAnswer, reply
from trainer.api.errors import ApiError
from trainer.api.objects import CompletionChoice, CompletionLogprobs, CompletionObject
from trainer.api.services import CurrentKey, ServicesDep
from trainer.objects import new_id
from trainer.serving.messages import Delta, End, Generation, Text, TokenLogprob, Tokens

router = APIRouter(prefix="/v1/completions")

_DEFAULT_MAX_TOKENS = 16  # the protocol's
_MOST_CHOICES = 256

Ids = Annotated[list[int], Field(min_length=1)]


class CreateCompletion(CreateAnswer):
    prompt: str | Ids | Annotated[list[str], Field(min_length=1)] | Annotated[list[Ids], Field(min_length=1)] | None
    max_tokens: Annotated[int, Field(ge=0)] | None = None
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = None
    echo: bool | None = None
    best_of: Annotated[int, Field(ge=0, le=20)] | None = None
    suffix: str | None = None

    def prompts(self) -> list[Text | Tokens]:
        match self.prompt:
            case None:
                return [Text("")]
            case str():
                return [Text(self.prompt)]
            case [int(), *_]:
                return [Tokens(self.prompt)]  # type: ignore[arg-type]  # ids, as its first is one
        return [Text(one) if isinstance(one, str) else Tokens(one) for one in self.prompt]  # type: ignore[arg-type]


@router.post("", response_model=None, responses={200: {"model": CompletionObject}})
async def create(services: ServicesDep, key: CurrentKey, http: Request, body: CreateCompletion) -> Response:
    found = services.model(body.model, key)
    _require_offered(body)
    sampling = body.sampling(found.base)
    requests = [
        Generation(
            prompt=prompt,
            max_tokens=_DEFAULT_MAX_TOKENS if body.max_tokens is None else body.max_tokens,
            sampling=sampling,
            stop=body.stops(),
            n=body.n or 1,
            logprobs=body.logprobs,
            echo=bool(body.echo),
        )
        for prompt in body.prompts()
    ]
    if len(requests) * requests[0].n > _MOST_CHOICES:
        raise ApiError(400, f"At most {_MOST_CHOICES} choices (prompts times n) are made at a time.", param="prompt")
    return await reply(services, http, found, key, body, requests, _Completion(requests))


class _Completion:
    """The protocol's shapes for one answer."""

    object = chunk_object = "text_completion"

    def __init__(self, requests: list[Generation]) -> None:
        self.id = new_id("cmpl-")
        self._echo = requests[0].echo
        self._choices = [_Choice() for request in requests for _ in range(request.n)]
        self._with_logprobs = requests[0].logprobs is not None

    def opening(self) -> list[CompletionChoice]:
        return []

    def add(self, choice: int, said: Delta | End) -> list[CompletionChoice]:
        of = self._choices[choice]
        first = not of.tokens
        of.tokens += said.tokens
        if isinstance(said, End):
            of.finish_reason = said.finish_reason
            return [self._choice(choice, "", said.tokens, first, said.finish_reason)]
        of.text.append(said.text)
        return [self._choice(choice, said.text, said.tokens, first)]

    def whole(self) -> list[CompletionChoice]:
        return [
            self._choice(at, "".join(of.text), of.tokens, True, of.finish_reason) for at, of in enumerate(self._choices)
        ]

    def _choice(
        self,
        index: int,
        text: str,
        tokens: list[TokenLogprob],
        first: bool,
        finish_reason: Literal["stop", "length"] | None = None,
    ) -> CompletionChoice:
        logprobs = _logprobs(tokens) if self._with_logprobs and tokens else None
        if logprobs is not None and self._echo and first:
            # Nothing stands before a prompt's first token that could make it likely.
            logprobs["token_logprobs"][0] = logprobs["top_logprobs"][0] = None
        return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish_reason}


class _Choice:
    def __init__(self) -> None:
        self.text: list[str] = []
        self.tokens: list[TokenLogprob] = []
        self.finish_reason: Literal["stop", "length"] | None = None


def _logprobs(tokens: list[TokenLogprob]) -> CompletionLogprobs:
    return {
        "tokens": [token.token for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [{one.token: one.logprob for one in (token, *reversed(token.top))} for token in tokens],
        "text_offset": [token.offset for token in tokens],
    }


def _require_offered(body: CreateCompletion) -> None:
    if body.suffix:
        raise ApiError(400, "A suffix is not offered here.", param="suffix", code="unsupported_value")
    if body.best_of not in (None, 0, body.n or 1):
        raise ApiError(
            400,
            "Only as many answers are made as are returned: best_of is n here.",
            param="best_of",
            code="unsupported_value",
        )
    if body.max_tokens == 0 and not body.echo:
        raise ApiError(400, "max_tokens 0 needs echo.", param="max_tokens", code="integer_below_min_value")
