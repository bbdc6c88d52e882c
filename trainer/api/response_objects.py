"""The objects of Responses as they are answered. A test holds them against the SDK's own, like those in `objects`."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from trainer.api.objects import TokenLogprobObject

ItemStatus = Literal["in_progress", "completed", "incomplete"]


class InputTextObject(TypedDict):
    type: Literal["input_text"]
    text: str


class OutputTextObject(TypedDict):
    type: Literal["output_text"]
    text: str
    annotations: list[dict[str, Any]]
    logprobs: list[TokenLogprobObject]


class RefusalObject(TypedDict):
    type: Literal["refusal"]
    refusal: str


class InputMessageObject(TypedDict):
    id: str
    type: Literal["message"]
    role: Literal["user", "system", "developer"]
    status: ItemStatus
    content: list[InputTextObject]


class OutputMessageObject(TypedDict):
    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    status: ItemStatus
    content: list[OutputTextObject | RefusalObject]


class FunctionCallObject(TypedDict):
    id: str
    type: Literal["function_call"]
    call_id: str
    name: str
    arguments: str
    status: ItemStatus


class FunctionCallOutputObject(TypedDict):
    id: str
    type: Literal["function_call_output"]
    call_id: str
    output: str
    status: ItemStatus


OutputItemObject = OutputMessageObject | FunctionCallObject
ItemObject = InputMessageObject | OutputMessageObject | FunctionCallObject | FunctionCallOutputObject


class ItemsObject(TypedDict):
    object: Literal["list"]
    data: list[ItemObject]
    first_id: str
    last_id: str
    has_more: bool


class InputTokensDetails(TypedDict):
    cached_tokens: int
    cache_write_tokens: int


class OutputTokensDetails(TypedDict):
    reasoning_tokens: int


class ResponseUsageObject(TypedDict):
    input_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens: int
    output_tokens_details: OutputTokensDetails
    total_tokens: int


class ResponseErrorObject(TypedDict):
    code: Literal["server_error"]
    message: str


class IncompleteDetails(TypedDict):
    reason: Literal["max_output_tokens"]


class ResponseObject(TypedDict):
    id: str
    object: Literal["response"]
    created_at: int
    status: Literal["in_progress", "completed", "incomplete", "failed"]
    background: Literal[False]
    completed_at: int | None
    error: ResponseErrorObject | None
    incomplete_details: IncompleteDetails | None
    instructions: str | None
    max_output_tokens: int | None
    max_tool_calls: int | None
    metadata: dict[str, str]
    model: str
    output: list[OutputItemObject]
    parallel_tool_calls: bool
    previous_response_id: str | None
    prompt_cache_key: str | None
    reasoning: None
    safety_identifier: str | None
    service_tier: Literal["default"]
    temperature: float
    text: dict[str, Any]
    tool_choice: str | dict[str, Any]
    tools: list[dict[str, Any]]
    top_logprobs: int
    top_p: float
    truncation: Literal["auto", "disabled"]
    usage: ResponseUsageObject | None
    user: str | None
