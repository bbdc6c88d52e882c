"""Tools as OpenAI's models read them: TypeScript types in a namespace, not the JSON of the request.

The form is that of OpenAI's "Harmony response format" (developers.openai.com/cookbook/articles/openai-harmony, read
2026-11-28). That fine-tuning bills this text is shown by the cookbook's "Fine tuning for function calling": its 103
examples with 16 functions were billed 145,983 tokens over 3 epochs, 48,661 an epoch. That is to the token what they
have when their functions are written so and counted in that model's encoding, cl100k_base: 379 each. As JSON they have
653.

Covers functions. How OpenAI writes what its description does not show (`$ref`, `not`, conditions) is not known: such a
type is `any`.
"""

import json
from collections.abc import Iterator
from typing import Any

DEEPEST = 50
"""Levels of a schema; what lies deeper is `any`."""


def as_types(tools: Any) -> str | None:
    """The text of a `tools` or `functions` list; None where it holds anything but functions with a name."""
    if not isinstance(tools, list):
        return None
    functions = [tool.get("function", tool) if isinstance(tool, dict) else None for tool in tools]
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in functions):
        return None
    return "\n".join(["namespace functions {", "", *_functions(functions), "} // namespace functions"])


def _functions(functions: list[Any]) -> Iterator[str]:
    for function in functions:
        yield from _comment(function)
        parameters = function.get("parameters")
        if isinstance(parameters, dict) and _properties(parameters):
            yield f"type {function['name']} = (_: {_type(parameters, 0)}) => any;"
        else:
            yield f"type {function['name']} = () => any;"
        yield ""


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _comment(schema: dict[str, Any]) -> Iterator[str]:
    description = schema.get("description")
    if isinstance(description, str) and description:
        yield from (f"// {line}" for line in description.split("\n"))


def _type(schema: Any, depth: int) -> str:
    if not isinstance(schema, dict) or depth > DEEPEST:
        return "any"
    for key in ("oneOf", "anyOf"):
        if isinstance(schema.get(key), list):
            return " | ".join(_type(one, depth + 1) for one in schema[key])
    if isinstance(schema.get("enum"), list):
        return " | ".join(_literal(value) for value in schema["enum"])
    if "const" in schema:
        return _literal(schema["const"])
    kinds = schema.get("type")
    if isinstance(kinds, list):
        each = dict.fromkeys(kind for kind in kinds if isinstance(kind, str))
        return " | ".join(_of_kind(kind, schema, depth + 1) for kind in each)
    return _of_kind(kinds, schema, depth)


def _of_kind(kind: Any, schema: dict[str, Any], depth: int) -> str:
    if kind == "array":
        items = _type(schema.get("items"), depth + 1)
        return f"({items})[]" if " | " in items else f"{items}[]"
    if kind == "object" or (kind is None and _properties(schema)):
        return _object(schema, depth) if _properties(schema) else "{}"
    if schema.get("nullable") is True:
        return f"{_SCALARS.get(str(kind), 'any')} | null"
    return _SCALARS.get(str(kind), "any")


_SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def _object(schema: dict[str, Any], depth: int) -> str:
    required = schema.get("required")
    needed = {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
    lines = ["{"]
    for name, one in _properties(schema).items():
        default = ""
        if isinstance(one, dict):
            lines += _comment(one)
            default = f" // default: {_bare(one['default'])}" if "default" in one else ""
        lines.append(f"{name}{'' if name in needed else '?'}: {_type(one, depth + 1)},{default}")
    return "\n".join([*lines, "}"])


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _bare(value: Any) -> str:
    return value if isinstance(value, str) else _literal(value)
