"""Tools of a request: which are offered, and which must be called."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from trainer.api.bodies import Strict
from trainer.api.errors import ApiError
from trainer.api.objects import ToolCallObject
from trainer.calls import Call, Offer

Name = Annotated[str, Field(min_length=1, max_length=64, pattern="^[a-zA-Z0-9_-]+$")]


class Function(Strict):
    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(Strict):
    type: Literal["function"]
    function: Function


class FunctionName(Strict):
    name: str


class NamedTool(Strict):
    type: Literal["function"]
    function: FunctionName


class AllowedTools(Strict):
    mode: Literal["auto", "required"]
    tools: list[NamedTool]


class AllowedToolsChoice(Strict):
    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


ToolChoice = Literal["none", "auto", "required"] | NamedTool | AllowedToolsChoice


def offer(tools: list[Tool] | None, choice: ToolChoice | None) -> Offer:
    """What a request's `tools` and `tool_choice` come to. Raises ApiError where they contradict each other."""
    if not tools:
        if choice not in (None, "none"):
            raise ApiError(400, "'tool_choice' is only allowed when 'tools' are specified.", param="tool_choice")
        return Offer()
    if choice == "none":
        return Offer()
    told = [tool.model_dump(exclude_none=True) for tool in tools]
    functions = {tool["function"]["name"]: tool["function"] for tool in told}
    if isinstance(choice, NamedTool):
        return Offer(told, [_named(functions, choice)])
    if isinstance(choice, AllowedToolsChoice):
        allowed = [_named(functions, tool) for tool in choice.allowed_tools.tools]
        told = [tool for tool in told if tool["function"] in allowed]
        return Offer(told, allowed if choice.allowed_tools.mode == "required" else [])
    return Offer(told, list(functions.values()) if choice == "required" else [])


def _named(functions: dict[str, dict[str, Any]], tool: NamedTool) -> dict[str, Any]:
    name = tool.function.name
    if name not in functions:
        raise ApiError(400, f"Tool choice {name!r} not found in 'tools' parameter.", param="tool_choice")
    return functions[name]


def as_tool_call(call: Call) -> ToolCallObject:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
