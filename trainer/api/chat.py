"""Chat completions: /v1/chat/completions, streamed and whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from trainer.api.errors import ApiError, error_body, model_not_found
from trainer.api.services import Given
from trainer.catalogue import Found
from trainer.errors import ModelUnavailable, WorkerDied
from trainer.objects import new_id, now

router = APIRouter(prefix="/v1/chat/completions")

# A small model that rambles would fill its whole context, minutes long, for a client that set no limit.
DEFAULT_MAX_TOKENS = 1024


class Message(BaseModel):
    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None


class StreamOptions(BaseModel):
    include_usage: bool = False


class CreateChat(BaseModel):
    model: str
    messages: Annotated[list[Message], Field(min_length=1)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    tools: list[dict[str, Any]] | None = None
    logprobs: bool | None = None
    response_format: dict[str, Any] | None = None

    def stops(self) -> list[str]:
        return [self.stop] if isinstance(self.stop, str) else self.stop or []


@router.post("", response_model=None)
async def create(services: Given, request: Request, body: CreateChat) -> Response:
    found = services.catalogue.find(body.model)
    if found is None:
        raise model_not_found(body.model)
    _require_offered(body)
    heard = services.chats.answer(found, _for_worker(body, found))
    try:
        start = await anext(heard)
    except (ModelUnavailable, WorkerDied) as error:
        raise ApiError(503, str(error), type="server_error", code="model_unavailable") from error
    if start["kind"] == "error":
        raise _refusal(start)
    answer = _Shapes(body, start["prompt_tokens"])
    if body.stream:
        # No proxy should collect the pieces.
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(_stream(answer, heard), media_type="text/event-stream", headers=headers)
    return await _whole(answer, heard, request)


async def _whole(answer: _Shapes, heard: AsyncIterator[dict[str, Any]], request: Request) -> Response:
    text: list[str] = []
    try:
        async for message in heard:
            if message["kind"] == "error":
                raise _refusal(message)
            if message["kind"] == "end":
                return JSONResponse(answer.whole("".join(text), message))
            text.append(message["text"])
            if await request.is_disconnected():
                break
    except WorkerDied as error:
        raise ApiError(500, str(error), type="server_error") from error
    finally:
        await heard.aclose()  # type: ignore[attr-defined]  # an async generator: ends the answer in the worker too
    return Response(status_code=499)  # nobody reads it


async def _stream(answer: _Shapes, heard: AsyncIterator[dict[str, Any]]) -> AsyncIterator[str]:
    yield answer.chunk({"role": "assistant", "content": "", "refusal": None})
    try:
        async for message in heard:
            match message["kind"]:
                case "text":
                    yield answer.chunk({"content": message["text"]})
                case "end":
                    yield answer.chunk({}, message["finish_reason"])
                    if answer.with_usage:
                        yield answer.usage_chunk(message)
                    yield "data: [DONE]\n\n"
                case "error":
                    yield _event(_refusal(message).body)
    except WorkerDied as error:
        yield _event(error_body(str(error), type="server_error"))
    finally:
        await heard.aclose()  # type: ignore[attr-defined]  # a client that went away ends the answer


class _Shapes:
    """The protocol's shapes for one answer."""

    def __init__(self, body: CreateChat, prompt_tokens: int) -> None:
        self.with_usage = body.stream_options is not None and body.stream_options.include_usage
        self._common = {"id": new_id("chatcmpl-"), "created": now(), "model": body.model}
        self._prompt_tokens = prompt_tokens

    def whole(self, text: str, end: dict[str, Any]) -> dict[str, Any]:
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text, "refusal": None},
            "logprobs": None,
            "finish_reason": end["finish_reason"],
        }
        return {"object": "chat.completion", **self._common, "choices": [choice], "usage": self._usage(end)}

    def chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._chunk([choice], None)

    def usage_chunk(self, end: dict[str, Any]) -> str:
        return self._chunk([], self._usage(end))

    def _chunk(self, choices: list[dict[str, Any]], usage: dict[str, Any] | None) -> str:
        body = {"object": "chat.completion.chunk", **self._common, "choices": choices}
        if self.with_usage:
            body["usage"] = usage  # null on all but the last
        return _event(body)

    def _usage(self, end: dict[str, Any]) -> dict[str, Any]:
        completion = end["completion_tokens"]
        return {
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self._prompt_tokens + completion,
        }


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _for_worker(body: CreateChat, found: Found) -> dict[str, Any]:
    base = found.base
    return {
        "messages": [message.model_dump(exclude_unset=True) for message in body.messages],
        "tools": body.tools,
        "sampling": {
            "max_tokens": body.max_completion_tokens or body.max_tokens or DEFAULT_MAX_TOKENS,
            "temperature": base.temperature if body.temperature is None else body.temperature,
            "top_p": base.top_p if body.top_p is None else body.top_p,
            "frequency_penalty": body.frequency_penalty or 0.0,
            "presence_penalty": body.presence_penalty or 0.0,
            "logit_bias": body.logit_bias or {},
            "seed": body.seed,
            "stop": body.stops(),
        },
    }


def _require_offered(body: CreateChat) -> None:
    if body.n not in (None, 1):
        raise ApiError(400, "Only one answer at a time is offered here.", param="n", code="unsupported_value")
    if body.logprobs:
        raise ApiError(400, "Log probabilities are not offered here yet.", param="logprobs", code="unsupported_value")
    if body.response_format and body.response_format.get("type") != "text":
        raise ApiError(400, "Only plain text is offered here yet.", param="response_format", code="unsupported_value")
    if not all(token.isdecimal() for token in body.logit_bias or {}):
        raise ApiError(400, "The names in logit_bias are token ids: whole numbers.", param="logit_bias")
    if len(body.stops()) > 4:
        raise ApiError(400, "At most 4 stop sequences are accepted.", param="stop")
    for index, message in enumerate(body.messages):
        for part in message.content if isinstance(message.content, list) else []:
            if part.get("type") not in ("text", "refusal"):
                raise ApiError(
                    400,
                    f"This model reads text only; a part of message {index} is of type {part.get('type')!r}.",
                    param=f"messages.{index}.content",
                )


def _refusal(message: dict[str, Any]) -> ApiError:
    if "tokens" in message:
        return ApiError(
            400,
            f"This model's maximum context length is {message['context_length']} tokens. However, your messages "
            f"resulted in {message['tokens']} tokens. Please reduce the length of the messages.",
            code="context_length_exceeded",
            param="messages",
        )
    return ApiError(500, message["problem"], type="server_error")
