"""Graders from JSON and to JSON. Nothing in one is carried out here: a Python grader's source is parsed and no more."""

import ast
from typing import Any

import msgspec

from graders.errors import GraderError
from graders.formula import check_formula
from graders.grader import (
    EXAMPLE,
    MOST_SOURCE,
    Grader,
    JsonSchema,
    LabelModel,
    Multi,
    Pattern,
    Python,
    ScoreModel,
    Single,
    singles,
)
from graders.json_values import check_schema
from graders.patterns import check_pattern
from graders.templates import check_template, templates


def read_grader(text: str | bytes) -> Grader:
    """The grader in `text`. Raises GraderError, which says what is wrong, and where."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise GraderError("grader_not_json", example=EXAMPLE) from None
    return grader_of(value)


def grader_of(value: Any) -> Grader:
    """The grader that decoded JSON describes. Raises GraderError."""
    try:
        grader: Grader = msgspec.convert(_by_name(value), Grader)
    except msgspec.ValidationError as error:
        raise GraderError("grader_unlike_protocol", problem=_readable(str(error))) from None
    except RecursionError:
        raise GraderError("grader_not_json", example=EXAMPLE) from None
    for single in singles(grader):
        _check(single)
    if isinstance(grader, Multi):
        check_formula(grader.calculate_output, grader.graders)
    for template in templates(as_json(grader)):
        check_template(template)
    return grader


def as_json(grader: Grader) -> dict[str, Any]:
    """What `grader_of` reads; what was not given stays left out."""
    value: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(grader))
    return value


def _by_name(value: Any) -> Any:
    """The description has one grader in `multi`, the service a map of them: one becomes a map with its name."""
    if not isinstance(value, dict) or value.get("type") != "multi":
        return value
    inner = value.get("graders")
    if isinstance(inner, dict) and isinstance(inner.get("type"), str) and isinstance(inner.get("name"), str):
        return {**value, "graders": {inner["name"]: inner}}
    return value


def _readable(error: str) -> str:
    """msgspec's words: "Object missing required field `input` - at `$.graders[...]`"."""
    what, _, where = error.partition(" - at ")
    place = where.strip("`").removeprefix("$").removeprefix(".").replace("[...]", "")
    return f"{what[:1].lower()}{what[1:]}" + (f", at {place}" if place else "")


def _check(single: Single) -> None:
    match single:
        case Python():
            _check_source(single.source)
        case Pattern():
            check_pattern(single.pattern)
        case JsonSchema():
            check_schema(single.schema)
        case ScoreModel(range=(low, high)) if not low < high:
            raise GraderError("grader_range")
        case LabelModel() if not set(single.passing_labels) <= set(single.labels):
            raise GraderError("grader_labels", labels=sorted(set(single.passing_labels) - set(single.labels)))


def _check_source(source: str) -> None:
    if len(source.encode("utf-8", "replace")) > MOST_SOURCE:
        raise GraderError("grader_too_long")
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise GraderError("grader_syntax", line=error.lineno or 1, problem=error.msg) from None
    except (ValueError, RecursionError, MemoryError):
        raise GraderError("grader_not_python") from None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "grade":
            takes = len(node.args.posonlyargs) + len(node.args.args)
            if takes == 2 or node.args.vararg:
                return
            raise GraderError("grader_arguments")
    raise GraderError("grader_no_function")
