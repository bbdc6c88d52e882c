"""The rules for one line."""

import json
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from texts.findings import sentence
from training_files import check_file
from training_files.chat import NotAnExample, decode_plain, is_sound, parse
from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.report import Finding
from training_files.validate_example import validate

USER = {"role": "user", "content": "Is it open?"}
ANSWER = {"role": "assistant", "content": "Yes."}
TOOLS = [{"type": "function", "function": {"name": "f"}}]


def told(wrong: NotAnExample) -> str:
    return sentence(Finding(wrong.code, 1, params=wrong.params))


scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.just({}) | st.just({"name": "f"})


words = st.sampled_from(["", " ", "\n\t", "a", "b c"]) | st.text(max_size=3)
message = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "developer", "user", "assistant"]), "content": words}
)


@given(st.fixed_dictionaries({"messages": st.lists(message, max_size=4)}))
def test_nothing_is_wrong_with_a_line_that_decodes_as_plain_and_is_sound(judged, example):
    with suppress(msgspec.ValidationError):
        if is_sound(decode_plain(json.dumps(example).encode()).messages):
            assert judged(example).counts == {}


def test_a_call_or_a_refusal_stands_in_the_place_of_content(judged):
    call = {"name": "f", "arguments": "{}"}
    tool_call = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": call}]}
    function_call = {"role": "assistant", "content": None, "function_call": call}
    refusal = {"role": "assistant", "refusal": "I will not."}
    for message in (tool_call, function_call, refusal):
        assert judged({"messages": [USER, message], "tools": TOOLS}).counts == {}


def test_all_that_the_protocol_allows_is_allowed(judged):
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}}
    example = {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "name": "Ada", "content": [{"type": "text", "text": "Look"}, image]},
            {"role": "assistant", "tool_calls": [call], "weight": 0},
            {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "42"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "42"}], "weight": 1, "refusal": None},
            USER,
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "43"},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        ],
        "tools": TOOLS,
        "functions": [{"name": "g", "parameters": {}}],
        "parallel_tool_calls": False,
    }
    assert judged(example).counts == {}


@pytest.mark.parametrize(
    ("messages", "code", "field"),
    [
        ([USER, ANSWER | {"role": "gpt"}, ANSWER], "unrecognized_role", "messages[1].role"),
        ([USER, {"role": "user", "content": ""}, ANSWER], "missing_content", "messages[1].content"),
        ([USER, ANSWER | {"mood": 1}], "message_unrecognized_key", "messages[1]"),
        ([USER, 7, ANSWER], "data_type", "messages[1]"),
        ([{"role": "user"}, ANSWER], "message_missing_key", "messages[0]"),
        ([{"content": "a"}, ANSWER], "message_missing_key", "messages[0]"),
        ([USER], "example_missing_assistant_message", "messages"),
        ([USER, ANSWER, USER], "last_message_not_assistant", "messages[2].role"),
        ([USER, ANSWER | {"content": " \n"}], "empty_answer", "messages[1].content"),
        ([USER, ANSWER | {"content": [{"type": "text", "text": " "}]}], "empty_answer", "messages[1].content"),
        ([USER, ANSWER | {"weight": 0}, USER, ANSWER | {"weight": 0}], "no_trained_answer", "messages"),
        ([USER, ANSWER | {"weight": 2}], "invalid_weight", "messages[1].weight"),
        ([USER, ANSWER | {"weight": 0.5}], "invalid_weight", "messages[1].weight"),
        ([USER, ANSWER | {"weight": "1"}], "invalid_weight", "messages[1].weight"),
        ([USER, ANSWER | {"weight": True}], "invalid_weight", "messages[1].weight"),
        ([USER | {"weight": 1}, ANSWER], "invalid_weight", "messages[0].weight"),
        ([USER | {"name": ["Ada"]}, ANSWER], "invalid_value", "messages[0].name"),
        ([USER | {"refusal": "No."}, ANSWER], "invalid_value", "messages[0].refusal"),
        ([USER | {"tool_call_id": "1"}, ANSWER], "invalid_value", "messages[0].tool_call_id"),
    ],
)
def test_each_defect_is_found_once_at_its_field(judged, messages, code, field):
    findings = judged({"messages": [USER, ANSWER]}, {"messages": messages})
    ((found, line, where),) = {(one.code, one.line, one.field) for one in findings.first("error")}
    assert (found, line, where) == (code, 2, field)


def test_a_defect_with_two_classic_codes_is_counted_under_both_and_told_once(judged):
    findings = judged({"messages": [{"role": "user"}, {"content": "a"}, ANSWER]})
    assert findings.counts == {"message_missing_key": 2, "missing_content": 1, "unrecognized_role": 1}
    assert findings.repeated == {"missing_content": 1, "unrecognized_role": 1}
    assert [finding.field for finding in findings.first("error")] == ["messages[0]", "messages[1]"]


def test_some_weights_of_nought_are_fine(judged):
    assert judged({"messages": [USER, ANSWER | {"weight": 0}, USER, ANSWER]}).counts == {}
    assert judged({"messages": [USER, ANSWER | {"weight": None}]}).counts == {}


def test_parallel_tool_calls_is_true_or_false(judged):
    example = {"messages": [USER, ANSWER], "tools": TOOLS, "parallel_tool_calls": "no"}
    (finding,) = judged(example).first("error")
    assert (finding.code, finding.field, finding.quote) == ("invalid_value", "parallel_tool_calls", '"no"')


@pytest.mark.parametrize(("role", "instead"), [("human", "user"), ("Assistant", "assistant"), ("gpt", "assistant")])
def test_a_wrong_role_is_answered_with_the_right_one(judged, role, instead):
    findings = judged({"messages": [USER, {"role": role, "content": "x"}, ANSWER]})
    assert sentence(findings.first("error")[0]).endswith(f"Use {instead}.")


@pytest.mark.parametrize("content", [[1], [{"text": "no type"}], [], {}, 5, True])
def test_content_that_is_neither_text_nor_parts_is_missing(judged, content):
    assert judged({"messages": [{"role": "user", "content": content}, ANSWER]}).counts == {"missing_content": 1}


def test_what_stands_in_place_of_messages_is_named(judged):
    empty, text, other = judged({"messages": []}, {"messages": "hello"}, {"topic": "bicycles"}).first("error")
    assert "an empty list" in sentence(empty)
    assert "`messages` is a string" in sentence(text)
    assert "It has `topic`" in sentence(other)


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
        (b'{"a": "\x00"', "NUL bytes"),
        (b"\x00" * 100, "NUL bytes"),
        (b'{"a": "\t"', "control character"),
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
    assert words in told(wrong.value)


@pytest.mark.parametrize("line", [b'{"a": "\t"}', b'{"a": "\x00"}', b'{"a": "b\x1f\rc"}'])
def test_a_line_with_nothing_wrong_but_raw_control_characters_is_told_so(line):
    with pytest.raises(NotAnExample) as wrong:
        parse(line)
    assert wrong.value.code == "control_character"
    assert wrong.value.params["column"] in (8, 9)


def test_the_last_line_without_an_end_is_told_to_be_cut_off():
    for line in (b'{"messages": [{"role": "us', b'{"messages": [{"content": "caf\xc3', b'{"messages": [1,'):
        with pytest.raises(NotAnExample) as wrong:
            parse(line, cut=True)
        assert "the file seems cut off here" in told(wrong.value)


def test_bytes_that_are_not_utf8_are_placed():
    with pytest.raises(NotAnExample) as wrong:
        parse(b'{"a": "caf\xe9"}')
    assert wrong.value.code == "not_utf8"
    assert "Byte 11" in told(wrong.value)
    assert "0xe9" in told(wrong.value)


def test_numbers_beyond_a_double_are_json_all_the_same():
    assert parse(b'{"a": 1e999, "b": 123456789012345678901234567890}')["b"] == 123456789012345678901234567890


@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_any_bytes_give_a_value_or_a_clear_answer(line):
    with suppress(NotAnExample):
        validate(parse(line), 1, Findings(), DatasetChecks())


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
    counted = validate(example, 1, Findings(), DatasetChecks())
    assert (counted is None) == (not example["messages"])


@pytest.mark.parametrize("place", ["tools", "role", "content", "key", "whole"])
def test_nesting_of_any_depth_is_answered(place):
    for depth in (*range(300, 1_100, 7), 5_000, 50_000):
        deep = "[" * depth + "]" * depth
        parts = {"tools": [], "role": "user", "content": "a", "key": 1} | {place: "DEEP"}
        message = {"role": parts["role"], "content": parts["content"], "k": parts["key"]}
        line = json.dumps({"tools": parts["tools"], "messages": [message]}).replace('"DEEP"', deep)
        with suppress(NotAnExample):
            validate(parse((deep if place == "whole" else line).encode()), 1, Findings(), DatasetChecks())


def test_the_texts_of_calls_names_and_tools_are_counted_as_an_estimate():
    call = {"id": "1", "type": "function", "function": {"name": "open_door", "arguments": '{"a": 1}'}}
    counted = validate(
        {"messages": [USER, {"role": "assistant", "tool_calls": [call]}], "tools": [{"x": 1}]},
        1,
        Findings(),
        DatasetChecks(),
    )
    assert counted is not None
    assert counted.texts == ["Is it open?", "open_door", '{"a": 1}']
    assert counted.tools == ['[{"x":1}]']
    assert counted.messages == 2
    assert counted.estimated


SYSTEM = {"role": "system", "content": "Be kind."}


@pytest.mark.parametrize(
    ("messages", "warned"),
    [
        ([SYSTEM, ANSWER], 1),
        ([ANSWER], 1),
        ([ANSWER, ANSWER], 1),
        ([SYSTEM, USER, ANSWER], 0),
        ([USER, ANSWER, ANSWER], 0),
        ([{"role": "human", "content": "Is it open?"}, ANSWER], 0),  # told by its role
    ],
)
def test_an_example_in_which_nobody_asks_gets_a_warning(
    tmp_path: Path, messages: list[dict[str, str]], warned: int
) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"messages": messages}), encoding="utf-8")
    assert check_file(path).counts.get("example_missing_user_message", 0) == warned
