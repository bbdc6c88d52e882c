"""Chat completions: /v1/chat/completions, streamed and whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from trainer.api import tool_calls
from trainer.api.answers import DEFAULT_MAX_TOKENS, CreateAnswer, listen, reply, token_logprob
from trainer.api.bodies import Strict
from trainer.api.errors import ApiError
from trainer.api.objects import (
    ChatChoice,
    ChatChunkChoice,
    ChatCompletionObject,
    ChatDelta,
    ChatLogprobs,
    ChatMessage,
    FinishReason,
    Usage,
)
from trainer.api.services import CurrentKey, Services, ServicesDep
from trainer.api.tool_calls import Function, FunctionName, NamedTool, Tool, ToolChoice, as_tool_call
from trainer.calls import Call, CallReader, Offer
from trainer.catalogue import ResolvedModel
from trainer.objects import Key, new_id
from trainer.serving.messages import Conversation, Delta, End, Generation, TokenLogprob

router = APIRouter(prefix="/v1/chat/completions")


class _Lenient(BaseModel):
    """A part of a message: people send back what they got, and what their training files hold."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class Part(_Lenient):
    type: str
    text: str | None = None
    refusal: str | None = None


class CalledFunction(_Lenient):
    name: str
    arguments: str


class MessageToolCall(_Lenient):
    function: CalledFunction
    id: str | None = None
    type: Literal["function"] = "function"


class Message(_Lenient):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | Annotated[list[Part], Field(min_length=1)] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[MessageToolCall] | None = None
    tool_call_id: str | None = None
    function_call: CalledFunction | None = None


class JsonSchema(Strict):
    name: tool_calls.Name
    description: str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None


class ResponseFormat(Strict):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    def schema_of_answer(self, param: str = "response_format") -> dict[str, Any] | None:
        """The JSON schema that answers are held to; None where they are text."""
        if self.type == "text":
            return None
        if self.type == "json_object":
            return {"type": "object"}
        if self.json_schema is None:
            raise ApiError(
                400,
                f"Missing required parameter: '{param}.json_schema'.",
                param=f"{param}.json_schema",
                code="missing_required_parameter",
            )
        return self.json_schema.schema_ or {"type": "object"}


class CreateChat(CreateAnswer):
    messages: Annotated[list[Message], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_format: ResponseFormat | None = None
    tools: Annotated[list[Tool], Field(max_length=128)] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    functions: Annotated[list[Function], Field(min_length=1, max_length=128)] | None = None
    function_call: Literal["none", "auto"] | FunctionName | None = None
    modalities: list[Literal["text"]] | None = None
    # vLLM's extension, by which an answer that was cut off goes on (its "OpenAI-compatible server", read 2026-11-28).
    continue_final_message: bool | None = None
    add_generation_prompt: bool | None = None
    # Taken and not used: they tell the service how to bill, keep or speed up, which does not arise here.
    metadata: dict[str, str] | None = None
    prediction: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    # Known to the protocol; a value that asks for something is refused, as the service does for its plain models.
    audio: None = None
    moderation: None = None
    reasoning_effort: None = None
    web_search_options: None = None

    def offer(self) -> Offer:
        if self.functions is None:
            return tool_calls.offer(self.tools, self.tool_choice)
        if self.tools is not None:
            raise ApiError(400, "'functions' is the older form of 'tools'; name one of them.", param="functions")
        tools = [Tool(type="function", function=function) for function in self.functions]
        named = self.function_call
        choice = NamedTool(type="function", function=named) if isinstance(named, FunctionName) else named
        return tool_calls.offer(tools, choice)

    def begun_answer(self) -> str | None:
        """How the answer begins already: the last message, where it is to be gone on with."""
        if not self.continue_final_message:
            return None
        if self.add_generation_prompt or self.tools or self.functions or self.response_format:
            raise ApiError(
                400,
                "An answer is gone on with as plain text: without add_generation_prompt, tools and response_format.",
                param="continue_final_message",
            )
        last = self.messages[-1]
        if last.role != "assistant" or not isinstance(last.content, str):
            raise ApiError(
                400,
                "Only a last message of the assistant, in text, can be gone on with.",
                param="continue_final_message",
            )
        return last.content

    def schema_of_answer(self) -> dict[str, Any] | None:
        """The JSON schema that `response_format` asks for."""
        return self.response_format.schema_of_answer() if self.response_format else None


@router.post("", response_model=None, responses={200: {"model": ChatCompletionObject}})
async def create(services: ServicesDep, key: CurrentKey, http: Request, body: CreateChat) -> Response:
    found, request, shape = _prepared(services, key, body)
    return await reply(services, http, found, key, body, [request], shape)


async def ask(services: Services, key: Key, body: CreateChat) -> tuple[str, Usage]:
    """What the model says, for a caller within the server; whether it would be streamed is not looked at. Raises
    ApiError."""
    found, request, shape = _prepared(services, key, body)
    usage = await listen(services, found, key, body, [request], shape)
    return shape.whole()[0]["message"]["content"] or "", usage


def _prepared(services: Services, key: Key, body: CreateChat) -> tuple[ResolvedModel, Generation, _Chat]:
    found = services.model(body.model, key)
    _require_offered(body)
    offer, template = body.offer(), found.base.template()
    schema = body.schema_of_answer()
    if schema is not None and offer.tools:
        raise ApiError(
            400,
            "A response_format beside tools is not offered here; tool_choice 'none' lets the answer have that format.",
            param="response_format",
            code="unsupported_value",
        )
    begun = body.begun_answer()
    request = Generation(
        prompt=Conversation(
            [message.model_dump(exclude_unset=True) for message in body.messages[: None if begun is None else -1]],
            offer.tools or None,
            offer.opening(template) if begun is None else begun,
        ),
        max_tokens=body.max_completion_tokens or body.max_tokens or DEFAULT_MAX_TOKENS,
        sampling=body.sampling(found.base),
        stop=[*body.stops(), *(offer.stop_after_one() if body.parallel_tool_calls is False else [])],
        n=body.n or 1,
        logprobs=(body.top_logprobs or 0) if body.logprobs else None,
        schema=schema or offer.schema(template),
    )
    named = isinstance(body.tool_choice, NamedTool) or isinstance(body.function_call, FunctionName)
    return found, request, _Chat(request, offer, legacy=body.functions is not None, named=named)


class _Chat:
    """The protocol's shapes for one answer. `legacy` calls are `function_call`; where the client itself `named` the
    function, the service gives no reason of its own for a call, and neither is one given here."""

    object = "chat.completion"
    chunk_object = "chat.completion.chunk"

    def __init__(self, request: Generation, offer: Offer, *, legacy: bool, named: bool) -> None:
        self.id = new_id("chatcmpl-")
        self._legacy = legacy
        self._named = named
        self._choices = [_Choice(CallReader(offer)) for _ in range(request.n)]
        self._with_logprobs = request.logprobs is not None

    def opening(self) -> list[ChatChunkChoice]:
        delta: ChatDelta = {"role": "assistant", "content": "", "refusal": None}
        return [self._chunk(at, delta) for at in range(len(self._choices))]

    def add(self, choice: int, said: Delta | End) -> list[ChatChunkChoice]:
        of = self._choices[choice]
        if isinstance(said, Delta):
            of.tokens += said.tokens
            deltas = [self._delta(of, one) for one in of.reader.add(said.text)]
            if not deltas and not said.tokens:
                return []
            first, *more = deltas or [{}]
            logprobs = self._logprobs(said.tokens)
            return [self._chunk(choice, first, logprobs=logprobs), *(self._chunk(choice, delta) for delta in more)]
        deltas = [self._delta(of, one) for one in of.reader.rest(cut=said.finish_reason == "length")]
        of.finish_reason = self._finish_reason(of, said)
        return [
            *(self._chunk(choice, delta) for delta in deltas),
            self._chunk(choice, {}, finish_reason=of.finish_reason),
        ]

    def whole(self) -> list[ChatChoice]:
        return [
            {
                "index": at,
                "message": self._message(of),
                "logprobs": self._logprobs(of.tokens),
                "finish_reason": of.finish_reason,
            }
            for at, of in enumerate(self._choices)
        ]

    def _message(self, of: _Choice) -> ChatMessage:
        content = "".join(of.text)
        message: ChatMessage = {
            "role": "assistant",
            "content": content if content or not of.calls else None,
            "refusal": None,
        }
        if of.calls and self._legacy:
            message["function_call"] = as_tool_call(of.calls[0])["function"]
        elif of.calls:
            message["tool_calls"] = [as_tool_call(call) for call in of.calls]
        return message

    def _delta(self, of: _Choice, said: str | Call) -> ChatDelta:
        if isinstance(said, str):
            of.text.append(said)
            return {"content": said}
        of.calls.append(said)
        if self._legacy:
            return {"function_call": as_tool_call(said)["function"]} if len(of.calls) == 1 else {}
        return {"tool_calls": [{"index": len(of.calls) - 1, **as_tool_call(said)}]}

    def _finish_reason(self, of: _Choice, end: End) -> FinishReason:
        if end.finish_reason != "stop" or not of.calls or self._named:
            return end.finish_reason
        return "function_call" if self._legacy else "tool_calls"

    def _logprobs(self, tokens: list[TokenLogprob]) -> ChatLogprobs | None:
        if not self._with_logprobs:
            return None
        return {"content": [token_logprob(token) for token in tokens], "refusal": None}

    def _chunk(
        self,
        index: int,
        delta: ChatDelta,
        *,
        logprobs: ChatLogprobs | None = None,
        finish_reason: FinishReason | None = None,
    ) -> ChatChunkChoice:
        return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}


class _Choice:
    def __init__(self, reader: CallReader) -> None:
        self.reader = reader
        self.text: list[str] = []
        self.calls: list[Call] = []
        self.tokens: list[TokenLogprob] = []
        self.finish_reason: FinishReason = "stop"


def _require_offered(body: CreateChat) -> None:
    if body.top_logprobs is not None and not body.logprobs:
        raise ApiError(400, "'top_logprobs' needs 'logprobs' to be true.", param="top_logprobs")
    for index, message in enumerate(body.messages):
        for number, part in enumerate(message.content if isinstance(message.content, list) else []):
            if part.type not in ("text", "refusal"):
                raise ApiError(
                    400,
                    f"This model reads text only; a part of message {index} is of type {part.type!r}.",
                    param=f"messages[{index}].content[{number}].type",
                    code="unsupported_value",
                )
