"""The rules for one line."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.datasets.chat import NotAnExample, decode_plain, judge, parse
from bot.datasets.findings import Findings

USER = {"role": "user", "content": "Is it open?"}
ANSWER = {"role": "assistant", "content": "Yes."}

scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.just({}) | st.just({"name": "f"})
roles = st.sampled_from(["system", "user", "assistant", "function", "", "User", "human"]) | scalars
contents = st.text(max_size=5) | scalars
messages = st.fixed_dictionaries(
    {},
    optional={
        "role": roles,
        "content": contents,
        "name": scalars,
        "weight": scalars,
        "extra": scalars,
        "text": scalars,
    },
)
calls = st.fixed_dictionaries(
    {"role": roles, "content": st.text(max_size=5), "function_call": st.just({"name": "f", "arguments": "{}"})}
)
examples = (
    st.fixed_dictionaries({}, optional={"messages": st.lists(messages | calls, max_size=4) | st.none(), "id": scalars})
    | st.none()
    | st.integers()
    | st.text(max_size=3)
    | st.lists(st.integers(), max_size=2)
)


def found(*examples: Any) -> dict[str, int]:
    findings = Findings()
    for line, example in enumerate(examples, 1):
        judge(example, line, findings)
    return findings.counts


def fields(example: Any) -> dict[str, str | None]:
    findings = Findings()
    judge(example, 1, findings)
    return {finding.code: finding.field for finding in findings.first("error")}


@given(st.lists(examples, max_size=6))
def test_the_seven_classic_codes_are_counted_as_the_classic_script_counts_them(classic, dataset):
    assert found(*dataset) == classic.format_errors(dataset)


@given(examples)
def test_a_line_that_decodes_as_plain_has_nothing_wrong_but_perhaps_no_answer(example):
    line = json.dumps(example).encode()
    try:
        decode_plain(line)
    except Exception:
        return
    assert set(found(example)) <= {"example_missing_assistant_message"}


def test_a_call_or_a_refusal_stands_in_the_place_of_content():
    tool_call = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f"}}]}
    function_call = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    refusal = {"role": "assistant", "refusal": "I will not."}
    for message in (tool_call, function_call, refusal):
        assert found({"messages": [USER, message]}) == {}


def test_newer_roles_keys_and_content_parts_are_known():
    example = {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {}}]},
            {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "42"},
            {"role": "assistant", "content": "42", "weight": 1, "refusal": None},
        ],
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "parallel_tool_calls": False,
    }
    assert found(example) == {}


def test_a_finding_names_the_field():
    assert fields({"messages": [USER, ANSWER | {"role": "gpt"}, {"role": "user", "content": ""}, ANSWER]}) == {
        "unrecognized_role": "messages[1].role",
        "missing_content": "messages[2].content",
    }
    assert fields({"messages": [USER, ANSWER | {"mood": 1}]}) == {"message_unrecognized_key": "messages[1]"}
    assert fields({"messages": [USER, 7, ANSWER]}) == {"data_type": "messages[1]"}


@pytest.mark.parametrize(("role", "instead"), [("human", "user"), ("Assistant", "assistant"), ("gpt", "assistant")])
def test_a_wrong_role_is_answered_with_the_right_one(role, instead):
    findings = Findings()
    judge({"messages": [USER, {"role": role, "content": "x"}, ANSWER]}, 1, findings)
    assert findings.first("error")[0].message.endswith(f"Use {instead}.")


@pytest.mark.parametrize("content", [[1], [{"text": "no type"}], [], {}, 5, True])
def test_content_that_is_neither_text_nor_parts_is_missing(content):
    assert found({"messages": [{"role": "user", "content": content}, ANSWER]}) == {"missing_content": 1}


def test_what_stands_in_place_of_messages_is_named():
    findings = Findings()
    judge({"prompt": "a", "completion": "b"}, 1, findings)
    judge({"conversations": []}, 2, findings)
    judge({"messages": "hello"}, 3, findings)
    texts = [finding.message for finding in findings.first("error")]
    assert "the older format" in texts[0]
    assert "ShareGPT" in texts[1]
    assert "`messages` is a string" in texts[2]


def test_of_duplicate_keys_the_last_counts():
    line = b'{"messages": [], "messages": [{"role": "bad", "role": "assistant", "content": "a", "content": "b"}]}'
    assert parse(line) == {"messages": [{"role": "assistant", "content": "b"}]}
    plain = b'{"messages": [{"role": "user", "role": "assistant", "content": "a", "content": "b"}]}'
    (message,) = decode_plain(plain).messages
    assert (message.role, message.content) == ("assistant", "b")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{'messages': []}", "double quotes"),
        (b'{"messages": [],}', "double quotes"),
        (b'{"messages": []} {"messages": []}', "follows the object at column 18"),
        (b'{"messages": NaN}', "NaN is not a JSON value"),
        (b'{"messages": -Infinity}', "-Infinity is not a JSON value"),
        (b'{"a": "\x00"}', "NUL bytes"),
        (b"\x00" * 100, "NUL bytes"),
        (b'{"a": "\t"}', "control character"),
        (b'{"a": "\\ud800"}', "surrogate pair"),
        (b'{"\\udc00": 1}', "surrogate pair"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "thousands of digits"),
        (b'{"messages": [', "stops before"),
        (b"hello", "expecting value at column 1"),
    ],
)
def test_a_line_that_is_not_json_is_told_why(line, words):
    with pytest.raises(NotAnExample) as wrong:
        parse(line)
    assert wrong.value.code == "invalid_json"
    assert words in wrong.value.details["why"]
    assert wrong.value.details["how"]


def test_the_last_line_without_an_end_is_told_to_be_cut_off():
    for line in (b'{"messages": [{"role": "us', b'{"messages": [{"content": "caf\xc3', b'{"messages": [1,'):
        with pytest.raises(NotAnExample) as wrong:
            parse(line, cut=True)
        assert wrong.value.details["why"] == "the file seems cut off here"


def test_bytes_that_are_not_utf8_are_placed():
    with pytest.raises(NotAnExample) as wrong:
        parse(b'{"a": "caf\xe9"}')
    assert wrong.value.code == "not_utf8"
    assert "Byte 11" in wrong.value.details["what"]
    assert "0xe9" in wrong.value.details["what"]


def test_numbers_beyond_a_double_are_json_all_the_same():
    assert parse(b'{"a": 1e999, "b": 123456789012345678901234567890}')["b"] == 123456789012345678901234567890


@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_any_bytes_give_a_value_or_a_clear_answer(line):
    with suppress(NotAnExample):
        judge(parse(line), 1, Findings())


json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
keys = st.sampled_from(["role", "content", "name", "weight", "tool_calls", "function_call", "refusal", "tool_call_id"])


@given(
    st.fixed_dictionaries(
        {"messages": st.lists(st.dictionaries(keys, json_values) | json_values), "tools": json_values}
    )
)
def test_any_shape_under_the_known_keys_is_judged_and_counted_without_a_crash(example):
    counted = judge(example, 1, Findings())
    assert (counted is None) == (not example["messages"])


@pytest.mark.parametrize("place", ["tools", "role", "content", "key", "whole"])
def test_nesting_of_any_depth_is_answered(place):
    for depth in (*range(300, 1_100, 7), 5_000, 50_000):
        deep = "[" * depth + "]" * depth
        parts = {"tools": [], "role": "user", "content": "a", "key": 1} | {place: "DEEP"}
        message = {"role": parts["role"], "content": parts["content"], "k": parts["key"]}
        line = json.dumps({"tools": parts["tools"], "messages": [message]}).replace('"DEEP"', deep)
        with suppress(NotAnExample):
            judge(parse((deep if place == "whole" else line).encode()), 1, Findings())


def test_the_texts_of_calls_names_and_tools_are_counted_as_an_estimate():
    call = {"id": "1", "type": "function", "function": {"name": "open_door", "arguments": '{"a": 1}'}}
    counted = judge(
        {"messages": [USER, {"role": "assistant", "tool_calls": [call]}], "tools": [{"x": 1}]}, 1, Findings()
    )
    assert counted is not None
    assert counted.texts == ["Is it open?", "open_door", '{"a": 1}', '[{"x":1}]']
    assert counted.messages == 2
    assert counted.estimated
