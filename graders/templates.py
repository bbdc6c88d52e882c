"""Templates in graders: `{{item.field}}`, `{{item.list[0].name}}`, `{{sample.output_text}}`,
`{{sample.output_json.x}}`, `{{sample.output_tools}}`. They are looked up, never computed.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from graders.errors import AnswerError, GraderError
from graders.sample import Sample

_BRACES: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d{1,9}|\"[^\"\]]*\"|'[^'\]]*')\]")
_OF_SAMPLE: Final = frozenset({"output_text", "output_json", "output_tools"})
_SHOWN: Final = 60

Path = tuple[str | int, ...]


def templates(value: object) -> Iterator[str]:
    """What stands in double braces, wherever there is text; a Python grader's own braces are none."""
    if isinstance(value, str):
        yield from _BRACES.findall(value)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name != "source":
                yield from templates(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from templates(inner)


def check_template(template: str) -> Path:
    """The way that a template names. Raises GraderError where it can stand for nothing."""
    text = template.strip()
    root = re.match(r"\w*", text)[0]  # type: ignore[index]
    rest = text[len(root) :]
    path: list[str | int] = [root]
    while rest:
        step = _STEP.match(rest)
        if step is None:
            raise _unknown(text)
        path.append(step[1].strip() if step[1] else int(step[2]) if step[2].isdecimal() else step[2][1:-1])
        rest = rest[step.end() :]
    if len(path) < 2 or root not in ("item", "sample") or (root == "sample" and path[1] not in _OF_SAMPLE):
        raise _unknown(text)
    return tuple(path)


def fill(
    text: str, item: Mapping[str, Any], sample: Sample, written: Callable[[str], str] = lambda value: value
) -> str:
    """`text` with what its templates stand for, each as `written` gives it. Values that are no text are written as
    JSON."""
    return _BRACES.sub(lambda found: written(as_text(_value(found[1], item, sample))), text)


def value_of(text: str, item: Mapping[str, Any], sample: Sample) -> Any:
    """What a text that is one template stands for, as it is; other text with its templates filled."""
    whole = _BRACES.fullmatch(text.strip())
    return _value(whole[1], item, sample) if whole and "{{" not in whole[1] else fill(text, item, sample)


def as_text(value: Any) -> str:
    """Halves of characters, which no library takes, are written as question marks."""
    text = (
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    )
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def json_of(text: str) -> Any:
    """The JSON value of a text, in a code fence or not. Raises AnswerError where it is none."""
    fenced = re.fullmatch(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", text, re.DOTALL | re.IGNORECASE)
    try:
        return msgspec.json.decode(fenced[1] if fenced else text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise AnswerError("grader_answer_not_json") from None


def _value(template: str, item: Mapping[str, Any], sample: Sample) -> Any:
    root, first, *rest = check_template(template)
    try:
        if root == "item":
            return _walk(item, [first, *rest])
        match first:
            case "output_json":
                return _walk(json_of(sample.output_text), rest)
            case "output_tools":
                return _walk(sample.output_tools, rest)
        return _walk(sample.output_text, rest)
    except LookupError:
        if root == "item":
            raise GraderError("grader_nothing_there", template=_shown(template)) from None
        raise AnswerError("grader_nothing_there", template=_shown(template)) from None


def _walk(value: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        if not isinstance(value, Mapping if isinstance(step, str) else Mapping | list | tuple):
            raise LookupError(step)
        value = value[step]
    return value


def _unknown(text: str) -> GraderError:
    return GraderError("grader_template", template=_shown(text))


def _shown(template: str) -> str:
    return template.strip()[:_SHOWN]
