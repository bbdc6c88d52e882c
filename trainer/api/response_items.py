"""Items: what a client of Responses sends in, as it is kept, and as the messages that a model reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from trainer.api.errors import ApiError
from trainer.api.response_objects import (
    FunctionCallObject,
    FunctionCallOutputObject,
    InputMessageObject,
    ItemObject,
    OutputMessageObject,
    OutputTextObject,
    RefusalObject,
)
from trainer.objects import new_id


class _Lenient(BaseModel):
    """People send back what they got, with all that stood in it."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class Part(_Lenient):
    type: str
    text: str | None = None
    refusal: str | None = None


Parts = Annotated[list[Part], Field(min_length=1)]


class Message(_Lenient):
    role: Literal["user", "assistant", "system", "developer"]
    content: str | Parts
    id: str | None = None


class FunctionCall(_Lenient):
    call_id: str
    name: str
    arguments: str
    id: str | None = None


class FunctionCallOutput(_Lenient):
    call_id: str
    output: str | Parts
    id: str | None = None


class Other(_Lenient):
    """An item of a kind that is not offered here."""

    type: Any


_KINDS = {"message": "message", "function_call": "call", "function_call_output": "output"}


def _kind(value: Any) -> str:
    said = value.get("type", "message") if isinstance(value, dict) else "message"
    return _KINDS.get(said, "other") if isinstance(said, str) else "other"


Item = Annotated[
    Annotated[Message, Tag("message")]
    | Annotated[FunctionCall, Tag("call")]
    | Annotated[FunctionCallOutput, Tag("output")]
    | Annotated[Other, Tag("other")],
    Discriminator(_kind),
]


def items_of(given: str | Sequence[Item]) -> list[ItemObject]:
    """The items as they are kept and listed. ApiError for what is not offered."""
    if isinstance(given, str):
        given = [Message(role="user", content=given)]
    return [_item(item, f"input[{at}]") for at, item in enumerate(given)]


def _item(item: Item, param: str) -> ItemObject:
    match item:
        case FunctionCall():
            call: FunctionCallObject = {
                "id": item.id or new_id("fc_"),
                "type": "function_call",
                "call_id": item.call_id,
                "name": item.name,
                "arguments": item.arguments,
                "status": "completed",
            }
            return call
        case FunctionCallOutput():
            output: FunctionCallOutputObject = {
                "id": item.id or new_id("fco_"),
                "type": "function_call_output",
                "call_id": item.call_id,
                "output": "".join(_texts(item.output, f"{param}.output")),
                "status": "completed",
            }
            return output
        case Message(role="assistant"):
            said: OutputMessageObject = {
                "id": item.id or new_id("msg_"),
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": _said(item.content, f"{param}.content"),
            }
            return said
        case Message():
            role: Any = item.role  # which is not the assistant's
            message: InputMessageObject = {
                "id": item.id or new_id("msg_"),
                "type": "message",
                "role": role,
                "status": "completed",
                "content": [{"type": "input_text", "text": text} for text in _texts(item.content, f"{param}.content")],
            }
            return message
        case Other():
            raise ApiError(
                400,
                f"Items of type {item.type!r} are not offered here; messages, function calls and their outputs are.",
                param=f"{param}.type",
                code="unsupported_value",
            )


def messages_of(instructions: str | None, items: Sequence[ItemObject]) -> list[dict[str, Any]]:
    """What the model reads, as messages of a chat."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": instructions}] if instructions else []
    for item in items:
        match item["type"]:
            case "message":
                text = "".join(str(part.get("text", part.get("refusal"))) for part in item["content"])
                messages.append({"role": item["role"], "content": text})
            case "function_call":
                if not messages or messages[-1]["role"] != "assistant":
                    messages.append({"role": "assistant", "content": None})
                function = {"name": item["name"], "arguments": item["arguments"]}
                call = {"id": item["call_id"], "type": "function", "function": function}
                messages[-1].setdefault("tool_calls", []).append(call)
            case "function_call_output":
                messages.append({"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]})
    return messages


def without_first_turn(items: Sequence[ItemObject]) -> list[ItemObject] | None:
    """The items without what was said before the second question, instructions aside; None where there is only one."""
    asked = [at for at, item in enumerate(items) if item["type"] == "message" and item["role"] == "user"]
    if len(asked) < 2:
        return None
    told = [item for item in items[: asked[1]] if item["type"] == "message" and item["role"] in ("system", "developer")]
    return [*told, *items[asked[1] :]]


def _texts(content: str | list[Part], param: str) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [_text(part, f"{param}[{at}]") for at, part in enumerate(content)]


def _said(content: str | list[Part], param: str) -> list[OutputTextObject | RefusalObject]:
    if isinstance(content, str):
        return [output_text(content)]
    return [
        {"type": "refusal", "refusal": _text(part, f"{param}[{at}]")}
        if part.type == "refusal"
        else output_text(_text(part, f"{param}[{at}]"))
        for at, part in enumerate(content)
    ]


def output_text(text: str) -> OutputTextObject:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _text(part: Part, param: str) -> str:
    if part.type not in ("input_text", "output_text", "refusal"):
        raise ApiError(
            400,
            f"This model reads text only; {param} is of type {part.type!r}.",
            param=f"{param}.type",
            code="unsupported_value",
        )
    name = "refusal" if part.type == "refusal" else "text"
    text = part.refusal if part.type == "refusal" else part.text
    if text is None:
        raise ApiError(
            400,
            f"Missing required parameter: '{param}.{name}'.",
            param=f"{param}.{name}",
            code="missing_required_parameter",
        )
    return text
