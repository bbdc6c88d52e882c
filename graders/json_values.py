"""JSON values: whether two are the same, whether one fits a schema, and JSON within other text."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from graders.errors import AnswerError, GraderError

if TYPE_CHECKING:
    from jsonschema_rs import Validator

_DEEPEST: Final = 200
_BEGINNINGS: Final = 50
"""Places at which JSON is looked for within a text."""


def same(first: Any, second: Any, *, any_order: bool = False) -> bool:
    """1 and 1.0 are the same, 1 and true are not. Keys have no order, lists where `any_order` is False do."""
    return bool(_canonical(first, any_order, 0) == _canonical(second, any_order, 0))


def _canonical(value: Any, any_order: bool, depth: int) -> Any:
    if depth > _DEEPEST:
        raise AnswerError("grader_answer_not_json")
    match value:
        case bool() | None | str():
            return (type(value).__name__, value)
        case int() | float():
            return ("number", int(value) if isinstance(value, float) and value.is_integer() else value)
        case dict():
            pairs = ((str(key), _canonical(inner, any_order, depth + 1)) for key, inner in value.items())
            return ("object", tuple(sorted(pairs, key=repr)))
        case list() | tuple():
            items = [_canonical(inner, any_order, depth + 1) for inner in value]
            return ("array", tuple(sorted(items, key=repr) if any_order else items))
    return ("other", str(value))


def fits(value: Any, schema: dict[str, Any] | bool) -> bool:
    """Raises GraderError where the schema is none."""
    try:
        return bool(_validator(msgspec.json.encode(schema)).is_valid(value))
    except ValueError:  # nested beyond what the validator reads
        raise AnswerError("grader_answer_not_json") from None


def check_schema(schema: dict[str, Any] | bool) -> None:
    """Raises GraderError where it is none, names another document, or has a pattern that may take forever."""
    _validator(msgspec.json.encode(schema))


@lru_cache(64)
def _validator(schema: bytes) -> "Validator":
    import jsonschema_rs as js

    linear = js.RegexOptions(size_limit=1 << 20, dfa_size_limit=1 << 20)
    try:
        return js.validator_for(msgspec.json.decode(schema), pattern_options=linear, offline=True)
    except (js.ValidationError, js.ReferencingError) as error:
        raise GraderError("grader_schema", problem=str(getattr(error, "message", error))[:160]) from None
    except ValueError:
        raise GraderError("grader_schema", problem="nested") from None


def json_within(text: str) -> Iterator[Any]:
    """The objects and lists that stand in a text."""
    decoder, at, tried = json.JSONDecoder(), 0, 0
    while tried < _BEGINNINGS and (found := re.compile(r"[\[{]").search(text, at)):
        tried += 1
        try:
            value, at = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            at = found.start() + 1
        else:
            yield value
