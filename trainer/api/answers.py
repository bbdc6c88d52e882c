"""Asking a model over HTTP, streamed or whole: what chats and completions have in common."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import Field

from trainer.api.bodies import Body, Strict
from trainer.api.errors import ApiError
from trainer.api.objects import Usage
from trainer.api.services import Services
from trainer.base_models import BaseModel
from trainer.catalogue import ResolvedModel
from trainer.errors import ModelUnavailable, WorkerDied
from trainer.objects import now
from trainer.serving.messages import Delta, End, Generation, Refused, Sampling, Start, StreamEvent

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
        temperature = base.temperature if self.temperature is None else self.temperature
        return Sampling(
            # What is next to nothing would divide by nothing, or leave no token at all.
            temperature=temperature if temperature > _LEAST else 0.0,
            top_p=max(base.top_p if self.top_p is None else self.top_p, _LEAST),
            frequency_penalty=self.frequency_penalty or 0.0,
            presence_penalty=self.presence_penalty or 0.0,
            logit_bias=self.logit_bias or {},
            seed=self.seed,
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
    body: CreateAnswer,
    generations: list[Generation],
    shape: AnswerShape[Any, Any],
) -> Response:
    """Answer with the choices of all requests, those of the first one first. Raises ApiError."""
    if body.stream_options is not None and not body.stream:
        raise ApiError(
            400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    answer = _Answer(body, generations, shape)
    events = answer.events(services, found)
    first = []
    try:
        while answer.starting:  # until then it may be refused
            first.append(await anext(events))
    except BaseException:
        await events.aclose()
        raise
    said = _after(first, events)
    if body.stream:
        # The headers go out now, before the first token; and no proxy should collect the pieces.
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(_stream(answer, said), media_type="text/event-stream", headers=headers)
    async with contextlib.aclosing(said):
        async for choice, one in said:
            answer.shape.add(choice, one)
            if await http.is_disconnected():
                return Response(status_code=499)  # nobody reads it
    return JSONResponse({**answer.common(shape.object), "choices": shape.whole(), "usage": answer.usage()})


async def listen(
    services: Services,
    found: ResolvedModel,
    body: CreateAnswer,
    generations: list[Generation],
    shape: AnswerShape[Any, Any],
) -> Usage:
    """Add all that is said to the shape, for a caller within the server. Raises ApiError."""
    answer = _Answer(body, generations, shape)
    async with contextlib.aclosing(answer.events(services, found)) as events:
        async for choice, said in events:
            if not isinstance(said, Start):
                shape.add(choice, said)
    return answer.usage()


class _Answer:
    """The events of one call's generations, and its usage."""

    def __init__(self, body: CreateAnswer, generations: list[Generation], shape: AnswerShape[Any, Any]) -> None:
        self.with_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
        self.shape = shape
        self.starting = len(generations)
        self._generations = generations
        self._model = body.model
        self._created = now()
        self._prompt_tokens = self._completion_tokens = 0

    async def events(
        self, services: Services, found: ResolvedModel
    ) -> AsyncGenerator[tuple[int, Start | Delta | End], None]:
        """(number, event) pairs: a Start has the number of its generation's first choice, a Delta or End that of its
        own. Raises ApiError for a generation that is refused."""
        arrived: asyncio.Queue[tuple[int, StreamEvent | Exception]] = asyncio.Queue()

        async def listen(first: int, generation: Generation) -> None:
            try:
                async with contextlib.aclosing(services.chats.answer(found, generation)) as answer:
                    async for said in answer:
                        arrived.put_nowait((first, said))
            except Exception as error:
                arrived.put_nowait((first, error))

        n = self._generations[0].n
        listening = [asyncio.create_task(listen(n * at, one)) for at, one in enumerate(self._generations)]
        open_choices = n * len(self._generations)
        try:
            while open_choices:
                first, said = await arrived.get()
                match said:
                    case Start():
                        self._prompt_tokens += said.prompt_tokens
                        self.starting -= 1
                        yield first, said
                    case Delta():
                        yield first + said.choice, said
                    case End():
                        open_choices -= 1
                        self._completion_tokens += said.completion_tokens
                        yield first + said.choice, said
                    case Refused():
                        raise _refusal(said)
                    case ModelUnavailable():
                        raise ApiError(503, str(said), type="server_error", code="model_unavailable") from said
                    case WorkerDied():
                        status = 503 if self.starting else 500
                        raise ApiError(status, str(said), type="server_error", code="model_unavailable") from said
                    case _:
                        raise said
        finally:
            for task in listening:
                task.cancel()
            # Each tells the worker that nobody listens any more.
            await asyncio.gather(*listening, return_exceptions=True)

    def common(self, object: str) -> dict[str, Any]:
        return {"id": self.shape.id, "object": object, "created": self._created, "model": self._model}

    def usage(self) -> Usage:
        return {
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": self._completion_tokens,
            "total_tokens": self._prompt_tokens + self._completion_tokens,
        }

    def chunk(self, choices: Sequence[Any], *, last: bool = False) -> str:
        body = {**self.common(self.shape.chunk_object), "choices": choices}
        if self.with_usage:
            body["usage"] = self.usage() if last else None
        return _event(body)


async def _after(
    first: list[tuple[int, Start | Delta | End]], rest: AsyncGenerator[tuple[int, Start | Delta | End], None]
) -> AsyncGenerator[tuple[int, Delta | End], None]:
    """The deltas and ends of both."""
    async with contextlib.aclosing(rest):
        for number, said in first:
            if not isinstance(said, Start):
                yield number, said
        async for number, said in rest:
            if not isinstance(said, Start):
                yield number, said


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


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _refusal(refused: Refused) -> ApiError:
    match refused.code:
        case "context_length_exceeded":
            return ApiError(
                400,
                f"This model's maximum context length is {refused.context_length} tokens. However, your messages "
                f"resulted in {refused.tokens} tokens. Please reduce the length of the messages.",
                code="context_length_exceeded",
                param="messages",
            )
        case "invalid_schema":
            return ApiError(400, refused.message, code="invalid_schema", param="response_format")
        case "invalid_prompt":
            return ApiError(400, refused.message, code="invalid_prompt", param="messages")
        case "failed":
            return ApiError(500, refused.message, type="server_error")
