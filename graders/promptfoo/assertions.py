"""Promptfoo's assertions as graders."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import re2
import yaml

from graders.foreign import Reason, shown
from graders.grader import (
    ANSWER,
    Contains,
    EditDistance,
    JsonEqual,
    JsonSchema,
    Pattern,
    Single,
    StringCheck,
    TextSimilarity,
    ValidCalls,
)
from graders.judging import by_rubric
from graders.promptfoo.file import VARIABLE
from graders.templates import as_text

SIMILAR: Final = {
    "rouge-n": ("rouge_1", 0.75),
    "bleu": ("bleu", 0.5),
    "gleu": ("gleu", 0.5),
    "meteor": ("meteor", 0.5),
    "similar": ("cosine", 0.75),
}
"""Metrics of text_similarity by Promptfoo's names, and the thresholds where none is given."""


class Assertion(msgspec.Struct, frozen=True):
    """`negated`: it holds where the grader counts the answer as wrong."""

    grader: Single
    weight: float
    negated: bool


class Context(msgspec.Struct, frozen=True):
    judge: str
    tools: tuple[dict[str, Any], ...]


class NotTaken(Exception):
    def __init__(self, reason: Reason, what: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.what = what


def templated(value: Any) -> Any:
    """With `{{item.name}}` for `{{name}}`, in all its texts."""
    if isinstance(value, str):
        own = VARIABLE.sub(lambda found: f"{{{{item.{found[1]}}}}}", value)
        if "{%" in own or re.search(r"\{\{(?!item\.)", own):
            raise NotTaken(Reason.TEMPLATE, shown(value))
        return own
    if isinstance(value, list):
        return [templated(one) for one in value]
    return value


def _equals(name: str, value: Any, threshold: float | None, context: Context) -> Single:
    if isinstance(value, dict | list):
        return JsonEqual(name=name, reference=as_text(value))
    return StringCheck(name=name, input=ANSWER, reference=_plain(value), operation="eq")


def _holds(operation: str) -> "_Make":
    def make(name: str, value: Any, threshold: float | None, context: Context) -> Single:
        return StringCheck(name=name, input=ANSWER, reference=_plain(value), operation=operation)  # type: ignore[arg-type]

    return make


def _contains(match: str, *, ignore_case: bool = False) -> "_Make":
    def make(name: str, value: Any, threshold: float | None, context: Context) -> Single:
        values = value if isinstance(value, list) else _plain(value).split(",")
        texts = tuple(_plain(one).strip() if isinstance(value, str) else _plain(one) for one in values)
        return Contains(name=name, values=texts, match=match, ignore_case=ignore_case)  # type: ignore[arg-type]

    return make


def _starts_with(name: str, value: Any, threshold: float | None, context: Context) -> Single:
    text = _plain(value)
    if "{{" in text:
        raise NotTaken(Reason.TEMPLATE)
    return Pattern(name=name, pattern=f"^{re2.escape(text)}")


def _pattern(name: str, value: Any, threshold: float | None, context: Context) -> Single:
    text = _plain(value)
    if "{{item." in text:
        raise NotTaken(Reason.TEMPLATE)
    return Pattern(name=name, pattern=text)


def _json(*, within: bool) -> "_Make":
    def make(name: str, value: Any, threshold: float | None, context: Context) -> Single:
        if isinstance(value, str):
            try:
                value = yaml.load(value, Loader=yaml.CSafeLoader)
            except yaml.YAMLError:
                raise NotTaken(Reason.UNREADABLE) from None
        if value is not None and not isinstance(value, dict | bool):
            raise NotTaken(Reason.UNREADABLE)
        return JsonSchema(name=name, schema=True if value is None else value, within=within)

    return make


def _similar(metric: str, default: float) -> "_Make":
    def make(name: str, value: Any, threshold: float | None, context: Context) -> Single:
        return TextSimilarity(
            name=name,
            input=ANSWER,
            reference=_plain(value),
            evaluation_metric=metric,  # type: ignore[arg-type]
            pass_threshold=default if threshold is None else threshold,
        )

    return make


def _levenshtein(name: str, value: Any, threshold: float | None, context: Context) -> Single:
    return EditDistance(name=name, reference=_plain(value), most=5 if threshold is None else int(threshold))


def _rubric(name: str, value: Any, threshold: float | None, context: Context) -> Single:
    return by_rubric(name, context.judge, _plain(value), pass_threshold=0.5 if threshold is None else threshold)


def _valid_calls(name: str, value: Any, threshold: float | None, context: Context) -> Single:
    return ValidCalls(name=name, tools=context.tools) if context.tools else ValidCalls(name=name)


_Make = Callable[[str, Any, float | None, Context], Single]
MAPPED: Final[dict[str, _Make]] = {
    "equals": _equals,
    "contains": _holds("like"),
    "icontains": _holds("ilike"),
    "contains-any": _contains("any"),
    "contains-all": _contains("all"),
    "icontains-any": _contains("any", ignore_case=True),
    "icontains-all": _contains("all", ignore_case=True),
    "starts-with": _starts_with,
    "regex": _pattern,
    "is-json": _json(within=False),
    "contains-json": _json(within=True),
    **{kind: _similar(*how) for kind, how in SIMILAR.items()},
    "levenshtein": _levenshtein,
    "llm-rubric": _rubric,
    "is-valid-openai-tools-call": _valid_calls,
    "is-valid-openai-function-call": _valid_calls,
}
"""By the kind of assertion; each also with `not-` before it."""


def _plain(value: Any) -> str:
    if value is None:
        raise NotTaken(Reason.UNREADABLE)
    return as_text(value)


def number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)
