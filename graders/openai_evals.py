"""OpenAI's evals as JSON, read: an eval's `testing_criteria`, and where a run is there, its items and its prompt.

Its hosted evals ended on 30 November 2026; what people saved of them is an eval as `GET /v1/evals/{id}` printed it, a
run, or both in one object (`{"eval": …, "run": …}`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from graders.combining import all_right
from graders.errors import GraderError
from graders.foreign import MOST_BYTES, LeftOut, Reason, require_small, shown
from graders.grader import Grader, Multi, OfItem, Single
from graders.reading import grader_of
from graders.sample import Sample
from graders.templates import fill


class OpenAIEval(msgspec.Struct, frozen=True):
    """`criteria`: its graders by key. `messages`: the prompt, whose texts may hold `{{item.field}}`."""

    name: str
    criteria: dict[str, Single]
    messages: tuple[dict[str, Any], ...] = ()
    items: tuple[dict[str, Any], ...] = ()
    model: str = ""
    left_out: tuple[LeftOut, ...] = ()

    @property
    def grader(self) -> Grader | None:
        """One for all: an answer is right where each criterion counts it so, as an eval's run has it."""
        if len(self.criteria) < 2:
            return next(iter(self.criteria.values()), None)
        return all_right(self.name or "eval", self.criteria)

    def examples(self) -> Iterator[dict[str, Any]]:
        """In the form of reinforcement fine-tuning. Raises GraderError where an item lacks what the prompt reads."""
        for item in self.items:
            yield {"messages": [_filled(message, item) for message in self.messages], **item}


def read_openai_eval(text: str | bytes) -> OpenAIEval:
    """Raises GraderError where it is none."""
    if len(text) > MOST_BYTES:
        raise GraderError("grader_file_too_large")
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise GraderError("grader_file_not_eval") from None
    require_small(value)
    described = _object(value)
    own = {**described, **_object(described.get("eval"))}
    run = {**described, **_object(described.get("run"))}
    criteria = own.get("testing_criteria")
    if not isinstance(criteria, list):
        raise GraderError("grader_file_not_eval")
    left_out: list[LeftOut] = []
    source = _object(run.get("data_source"))
    return OpenAIEval(
        name=str(own.get("name") or ""),
        criteria=dict(_criteria(criteria, left_out)),
        messages=tuple(_messages(source, left_out)),
        items=tuple(_items(source, left_out)),
        model=str(source.get("model") or ""),
        left_out=tuple(left_out),
    )


def _criteria(given: list[Any], left_out: list[LeftOut]) -> Iterator[tuple[str, Single]]:
    """What the service adds to a criterion (its id) is no part of a grader."""
    for at, one in enumerate(given):
        where = f"testing_criteria[{at}]"
        try:
            grader = grader_of({name: value for name, value in _object(one).items() if name != "id"})
        except GraderError as error:
            left_out.append(LeftOut(Reason.UNREADABLE, where, str(error.values.get("problem") or error.kind)[:100]))
            continue
        if isinstance(grader, Multi | OfItem):
            left_out.append(LeftOut(Reason.ASSERTION, where, grader.name))
        else:
            yield f"c{at + 1}", grader


def _messages(source: dict[str, Any], left_out: list[LeftOut]) -> Iterator[dict[str, Any]]:
    given = _object(source.get("input_messages"))
    template = given.get("template")
    if given and not isinstance(template, list):
        left_out.append(LeftOut(Reason.FILE, "data_source.input_messages", shown(given.get("item_reference", ""))))
    for at, one in enumerate(template if isinstance(template, list) else []):
        message = _object(one)
        content = message.get("content")
        text = content.get("text") if isinstance(content, dict) else content
        if isinstance(text, str):
            yield {"role": str(message.get("role") or "user"), "content": text}
        else:
            place = f"data_source.input_messages.template[{at}]"
            left_out.append(LeftOut(Reason.UNREADABLE, place, shown(content)))


def _items(source: dict[str, Any], left_out: list[LeftOut]) -> Iterator[dict[str, Any]]:
    given = _object(source.get("source"))
    content = given.get("content")
    if given and not isinstance(content, list):
        left_out.append(LeftOut(Reason.FILE, "data_source.source", shown(given.get("id") or given.get("type") or "")))
    for one in content if isinstance(content, list) else []:
        item = _object(one).get("item")
        if isinstance(item, dict):
            yield item


def _filled(message: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    return {**message, "content": fill(message["content"], item, Sample(""))}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
