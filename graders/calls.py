"""Function calls of an answer, as chat completions have them: held to those that were wanted, or to their tools."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from graders.errors import AnswerError, GraderError
from graders.json_values import fits, same


class Call(NamedTuple):
    name: str
    arguments: Any


def calls_of(value: Any, error: type[GraderError]) -> list[Call]:
    """From a list of tool calls, or of `{name, arguments}`; arguments may be JSON or text that holds it. None are
    none. Raises `error` where it is something else."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise _unreadable(error)
    return [_call(one, error) for one in value]


def match(said: Sequence[Call], wanted: Sequence[Call], how: str, *, arguments: bool) -> bool:
    def alike(one: Call, other: Call) -> bool:
        return one.name == other.name and (not arguments or same(one.arguments, other.arguments))

    if how == "any":
        return any(alike(one, other) for one in said for other in wanted) or not (said or wanted)
    if len(said) != len(wanted):
        return False
    if how == "ordered":
        return all(map(alike, said, wanted))
    left = list(wanted)
    for one in said:
        found = next((index for index, other in enumerate(left) if alike(one, other)), None)
        if found is None:
            return False
        del left[found]
    return True


def valid(said: Sequence[Call], tools: Any) -> bool:
    """Whether there are calls, each of a tool in `tools` and with arguments that fit it."""
    schemas = _schemas(tools)
    return bool(said) and all(one.name in schemas and fits(one.arguments, schemas[one.name]) for one in said)


def _call(value: Any, error: type[GraderError]) -> Call:
    function = value.get("function", value) if isinstance(value, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise _unreadable(error)
    arguments = function.get("arguments", {})
    if isinstance(arguments, str):
        # What is no JSON stays text: the same words are the same arguments still.
        with suppress(msgspec.DecodeError, RecursionError, UnicodeError):
            arguments = msgspec.json.decode(arguments or "{}")
    return Call(function["name"], arguments)


def _schemas(tools: Any) -> dict[str, Any]:
    if not isinstance(tools, list | tuple):
        raise GraderError("grader_tools")
    functions = [tool.get("function", tool) if isinstance(tool, dict) else None for tool in tools]
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in functions):
        raise GraderError("grader_tools")
    return {one["name"]: one.get("parameters") or True for one in functions if one}


def _unreadable(error: type[GraderError]) -> GraderError:
    return AnswerError("grader_calls_of_answer") if error is AnswerError else GraderError("grader_calls_of_item")
