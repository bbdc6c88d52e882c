"""Graders: what gives a model its reward in reinforcement fine-tuning, as JSON that is checked before it is sent.

Shapes from OpenAI's OpenAPI description 2.3.0 and its guide to graders, read 2026-11-21.
"""

import ast
import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

import msgspec

from bot.errors import Invalid

MOST_SOURCE: Final = 256_000
"""Bytes of a Python grader's source: the guide says under 256 kB."""

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all graders have in common: a `type` and a name."""

    name: _Text


class StringCheck(_Shape, frozen=True, tag_field="type", tag="string_check"):
    """1 where the comparison holds, else 0."""

    input: str
    reference: str
    operation: Literal["eq", "ne", "like", "ilike"]


class TextSimilarity(_Shape, frozen=True, tag_field="type", tag="text_similarity"):
    """How near two texts are, from 0 to 1."""

    input: str
    reference: str
    evaluation_metric: Literal[
        "cosine",
        "fuzzy_match",
        "bleu",
        "gleu",
        "meteor",
        "rouge_1",
        "rouge_2",
        "rouge_3",
        "rouge_4",
        "rouge_5",
        "rouge_l",
    ]


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: Literal["user", "assistant", "system", "developer"]
    content: Any
    type: Literal["message"] | None = None


class ScoreModel(_Shape, frozen=True, tag_field="type", tag="score_model"):
    """The score that another model gives."""

    model: _Text
    input: Annotated[list[_Said], msgspec.Meta(min_length=1)]
    range: Annotated[list[float], msgspec.Meta(min_length=2, max_length=2)] | None = None
    sampling_params: dict[str, Any] | None = None


class Python(_Shape, frozen=True, tag_field="type", tag="python"):
    """What a function `grade(sample, item)` returns; the provider runs it."""

    source: _Text
    image_tag: str | None = None


Single = StringCheck | TextSimilarity | ScoreModel | Python


class Multi(_Shape, frozen=True, tag_field="type", tag="multi"):
    """Several graders in one formula. They are not nested."""

    graders: Annotated[dict[str, Single], msgspec.Meta(min_length=1)]
    calculate_output: _Text


Grader = Single | Multi

EXAMPLE: Final = (
    '{"type": "string_check", "name": "exact", "operation": "eq", '
    '"input": "{{sample.output_text}}", "reference": "{{item.answer}}"}'
)
"""A grader to begin with: right or wrong, by an `answer` beside each example's messages."""


def read_grader(text: str) -> dict[str, Any]:
    """The grader in `text`, as it will be sent. Raises Invalid, which says what is wrong, and where.

    Nothing in it is carried out here: a Python grader's source is parsed and no more.
    """
    try:
        grader = msgspec.json.decode(text, type=Grader)
        as_sent: dict[str, Any] = msgspec.json.decode(text)
    except msgspec.ValidationError as error:
        problem = _readable(str(error))
        raise Invalid("grader_unlike_protocol", "grader", problem=problem) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Invalid("grader_not_json", "grader", example=EXAMPLE) from None
    for single in grader.graders.values() if isinstance(grader, Multi) else [grader]:
        if isinstance(single, Python):
            _check_source(single.source)
        if isinstance(single, ScoreModel) and single.range and single.range[0] >= single.range[1]:
            raise Invalid("grader_range", "grader")
    for template in _templates(as_sent):
        _check_template(template)
    return as_sent


def _readable(error: str) -> str:
    """msgspec's words: "Object missing required field `input` - at `$.graders[...]`"."""
    what, _, where = error.partition(" - at ")
    place = where.strip("`").removeprefix("$").removeprefix(".").replace("[...]", "")
    return f"{what[:1].lower()}{what[1:]}" + (f", at {place}" if place else "")


def _check_source(source: str) -> None:
    if len(source.encode("utf-8", "replace")) > MOST_SOURCE:
        raise Invalid("grader_too_long", "grader")
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise Invalid("grader_syntax", "grader", line=error.lineno or 1, problem=error.msg) from None
    except (ValueError, RecursionError, MemoryError):
        raise Invalid("grader_not_python", "grader") from None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "grade":
            takes = len(node.args.posonlyargs) + len(node.args.args)
            if takes == 2 or node.args.vararg:
                return
            raise Invalid("grader_arguments", "grader")
    raise Invalid("grader_no_function", "grader")


def _templates(value: object) -> Iterator[str]:
    """What stands in double braces, wherever there is text; Python's own braces are none."""
    if isinstance(value, str):
        yield from re.findall(r"\{\{(.*?)\}\}", value, re.DOTALL)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name != "source":
                yield from _templates(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _templates(inner)


def _check_template(template: str) -> None:
    root, _, rest = template.strip().partition(".")
    first = re.split(r"[.\[]", rest, maxsplit=1)[0]
    if root == "item" and first:
        return
    if root == "sample" and first in {"output_text", "output_json", "output_tools"}:
        return
    raise Invalid("grader_template", "grader", template=template.strip()[:60])
