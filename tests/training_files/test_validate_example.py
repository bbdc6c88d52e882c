"""Which format a line is held to."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from texts.findings import sentence

USER = {"role": "user", "content": "Is it open?"}
ANSWER = {"role": "assistant", "content": "Yes."}
CHAT = {"messages": [USER, ANSWER]}
PAIR = {
    "input": {"messages": [USER]},
    "preferred_output": [ANSWER],
    "non_preferred_output": [ANSWER | {"content": "Perhaps."}],
}
COMPLETION = {"prompt": "Is it open? ->", "completion": " yes\n"}


@pytest.mark.parametrize("example", [5, None, "text", True, [CHAT]])
def test_a_line_that_is_no_object_is_told_so(judged, example):
    (finding,) = judged(CHAT, example).first("error")
    assert (finding.code, finding.line, finding.field) == ("data_type", 2, None)


def test_an_array_is_told_to_be_taken_apart(judged):
    assert "without the brackets" in sentence(judged([CHAT]).first("error")[0])


@pytest.mark.parametrize(
    "keys",
    [
        ("conversations",),
        ("instruction", "input", "output"),
        ("Question", "Answer"),
        ("prompt", "response"),
        ("text", "label"),
        ("prompt", "chosen", "rejected"),
    ],
)
def test_rows_need_conversion_and_that_is_said_once(judged, keys):
    findings = judged(*[dict.fromkeys(keys, "a")] * 50)
    assert findings.counts == {"needs_conversion": 1}
    (finding,) = findings.first("error")
    assert finding.line == 1
    assert "50 examples are rows" in sentence(finding)


@pytest.mark.parametrize(
    ("example", "field"),
    [
        ({"prompt": "a"}, "completion"),
        ({"completion": " b"}, "prompt"),
        ({"prompt": 1, "completion": " b"}, "prompt"),
        ({"prompt": "a", "completion": None}, "completion"),
    ],
)
def test_a_completion_needs_both_its_texts(judged, example, field):
    (finding,) = judged(COMPLETION, example).first("error")
    assert (finding.code, finding.line, finding.field) == ("completion_missing_text", 2, field)


@pytest.mark.parametrize("completion", ["", " ", "\n\n"])
def test_a_blank_completion_teaches_nothing(judged, completion):
    (finding,) = judged(COMPLETION, {"prompt": "a ->", "completion": completion}).first("error")
    assert (finding.code, finding.line, finding.field) == ("empty_answer", 2, "completion")


def test_a_file_of_several_formats_is_told_so_at_the_first_odd_line(judged):
    findings = judged(CHAT, CHAT, CHAT, PAIR, COMPLETION, PAIR)
    (finding,) = findings.first("error")
    assert (finding.code, finding.line) == ("mixed_formats", 4)
    assert "3 examples of chat from line 1 on, 2 examples of preference from line 4 on" in sentence(finding)


def test_unknown_keys_beside_the_messages_are_said_once_each(judged):
    first, second = judged(CHAT, CHAT | {"id": 1, "source": "mail"}, CHAT | {"id": 2}).first("warning")
    assert (first.code, first.line, first.field) == ("unrecognized_key", 2, "id")
    assert "2 examples have the key `id`" in sentence(first)
    assert (second.line, second.field) == (2, "source")


def test_a_thousand_unknown_keys_do_not_fill_the_report(judged):
    assert judged(CHAT | {f"key{n}": n for n in range(1_000)}).counts == {"unrecognized_key": 20}


FUNCTION = {
    "name": "f",
    "description": "Opens.",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}}
RICH = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "name": "Ada", "content": [{"type": "text", "text": "Look"}, IMAGE]},
        {"role": "assistant", "tool_calls": [CALL], "weight": 0},
        {"role": "tool", "tool_call_id": "1", "content": "42"},
        {"role": "assistant", "content": None, "function_call": CALL["function"]},
        {"role": "function", "name": "f", "content": "43"},
        {"role": "assistant", "content": "43", "refusal": None},
    ],
    "tools": [{"type": "function", "function": FUNCTION}],
    "functions": [FUNCTION],
    "parallel_tool_calls": True,
}
TASK = {"messages": [USER], "answer": "4"}

leaves = st.none() | st.booleans() | st.integers(-2, 200) | st.floats(allow_nan=False) | st.text(max_size=3)
names = st.sampled_from(
    ["role", "content", "name", "f", "1", "type", "$ref", "#", "text", "image_url", "function", "anyOf"]
)
values = st.recursive(
    leaves | names, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place inside a value, as what holds it and its key or number there."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([RICH, CHAT, PAIR, COMPLETION, TASK]), st.data())
def test_whatever_stands_anywhere_is_judged_without_a_crash(judged, good, data):
    spoilt = copy.deepcopy(good)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(list(places(spoilt)) or [({"": 0}, "")]))
        if isinstance(holder, dict) and data.draw(st.booleans()):
            del holder[key]
        else:
            holder[key] = data.draw(values)
    findings = judged(good, spoilt)
    assert all(finding.line in (None, 1, 2) for finding in findings.first("error") + findings.first("warning"))


def test_a_name_that_is_no_text_is_told_so(judged):
    findings = judged({"messages": [USER, {"role": "function", "name": ["f"], "content": "a"}, ANSWER]})
    assert findings.counts == {"invalid_value": 1, "answer_without_call": 1}
