"""Asking a model over HTTP, streamed or whole: what chats and completions have in common."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import Field

from trainer.api.bodies import Body, Strict
from trainer.api.errors import ApiError
from trainer.api.generations import Generations
from trainer.api.objects import TokenLogprobObject, TopLogprobObject, Usage
from trainer.api.services import Services
from trainer.base_models import BaseModel
from trainer.catalogue import ResolvedModel
from trainer.objects import Key, now
from trainer.serving.messages import Delta, End, Generation, Sampling, TokenLogprob, TopLogprob

# A small model that rambles would fill its whole context, minutes long, for a client that set no limit.
DEFAULT_MAX_TOKENS = 1024
# The headers of a stream go out before the first token; and no proxy should collect the pieces.
STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_LEAST = 1e-5  # the least temperature and top_p that differ from none


class StreamOptions(Strict):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class CreateAnswer(Body):
    """The parameters that chats and completions share. `user` is taken and not used."""

    model: str
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    user: str | None = None

    def stops(self) -> list[str]:
        return [self.stop] if isinstance(self.stop, str) else self.stop or []

    def sampling(self, base: BaseModel) -> Sampling:
        if not all(token.isdecimal() and len(token) < 10 for token in self.logit_bias or {}):
            raise ApiError(400, "The names in logit_bias are token ids: whole numbers.", param="logit_bias")
        return msgspec.structs.replace(
            sampling(base, self.temperature, self.top_p),
            frequency_penalty=self.frequency_penalty or 0.0,
            presence_penalty=self.presence_penalty or 0.0,
            logit_bias=self.logit_bias or {},
            seed=self.seed,
        )


def sampling(base: BaseModel, temperature: float | None, top_p: float | None) -> Sampling:
    """The base model's own where a client names none."""
    temperature = base.temperature if temperature is None else temperature
    return Sampling(
        # What is next to nothing would divide by nothing, or leave no token at all.
        temperature=temperature if temperature > _LEAST else 0.0,
        top_p=max(base.top_p if top_p is None else top_p, _LEAST),
    )


C = TypeVar("C", covariant=True)  # a choice of the whole answer
K = TypeVar("K", covariant=True)  # a choice of a chunk


class AnswerShape(Protocol[C, K]):
    """The shape of an endpoint's answer. `opening` and `add` return choices, each sent as a chunk of its own."""

    id: str
    object: str
    chunk_object: str

    def opening(self) -> Sequence[K]: ...

    def add(self, choice: int, said: Delta | End) -> Sequence[K]: ...

    def whole(self) -> Sequence[C]:
        """The complete choices, once all events were added."""
        ...


async def reply(
    services: Services,
    http: HttpRequest,
    found: ResolvedModel,
    key: Key,
    body: CreateAnswer,
    generations: list[Generation],
    shape: AnswerShape[Any, Any],
) -> Response:
    """Answer with the choices of all requests, those of the first one first. Raises ApiError."""
    if body.stream_options is not None and not body.stream:
        raise ApiError(
            400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    answer = _Answer(found, body, generations, shape)
    said = await answer.generations.begun(services, found, key)
    if body.stream:
        return StreamingResponse(_stream(answer, said), media_type="text/event-stream", headers=STREAM_HEADERS)
    async with contextlib.aclosing(said):
        async for choice, one in said:
            answer.shape.add(choice, one)
            if await http.is_disconnected():
                return Response(status_code=499)  # nobody reads it
    return JSONResponse({**answer.common(shape.object), "choices": shape.whole(), "usage": answer.usage()})


async def listen(
    services: Services,
    found: ResolvedModel,
    key: Key,
    body: CreateAnswer,
    generations: list[Generation],
    shape: AnswerShape[Any, Any],
) -> Usage:
    """Add all that is said to the shape, for a caller within the server. Raises ApiError."""
    answer = _Answer(found, body, generations, shape)
    async with contextlib.aclosing(await answer.generations.begun(services, found, key)) as said:
        async for choice, one in said:
            shape.add(choice, one)
    return answer.usage()


class _Answer:
    """What all chunks of one answer have in common, and its usage."""

    def __init__(
        self, found: ResolvedModel, body: CreateAnswer, generations: list[Generation], shape: AnswerShape[Any, Any]
    ) -> None:
        self.with_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
        self.shape = shape
        self.generations = Generations(generations)
        self._model = found.id
        self._created = now()

    def common(self, object: str) -> dict[str, Any]:
        return {"id": self.shape.id, "object": object, "created": self._created, "model": self._model}

    def usage(self) -> Usage:
        read, said = self.generations.prompt_tokens, self.generations.completion_tokens
        return {"prompt_tokens": read, "completion_tokens": said, "total_tokens": read + said}

    def chunk(self, choices: Sequence[Any], *, last: bool = False) -> str:
        body = {**self.common(self.shape.chunk_object), "choices": choices}
        if self.with_usage:
            body["usage"] = self.usage() if last else None
        return _event(body)


async def _stream(answer: _Answer, said: AsyncGenerator[tuple[int, Delta | End], None]) -> AsyncIterator[str]:
    opening = answer.shape.opening()
    async with contextlib.aclosing(said):  # a client that went away ends the answer
        try:
            for choice in opening:
                yield answer.chunk([choice])
            async for number, one in said:
                for choice in answer.shape.add(number, one):
                    yield answer.chunk([choice])
        except ApiError as error:
            yield _event(error.body)
            return
        if answer.with_usage:
            yield answer.chunk([], last=True)
        yield "data: [DONE]\n\n"


def token_logprob(token: TokenLogprob) -> TokenLogprobObject:
    return {**_top_logprob(token), "top_logprobs": [_top_logprob(one) for one in token.top]}


def _top_logprob(token: TopLogprob) -> TopLogprobObject:
    return {"token": token.token, "logprob": token.logprob, "bytes": token.bytes}


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
