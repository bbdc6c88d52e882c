"""Good files of every format, spoilt in very many ways: each is harmless, or is found at its line under its code.

What a mutation does and what must be found of it are stated side by side in `MUTATIONS`, in terms of the format and
not of the rules' code. 1,000 mutated files in CI, 10,000 under `pytest -m soak`; each is one call of `check_file`.
"""

import copy
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from training_files import Report, check_file

Example = dict[str, Any]
EXAMPLES = 12
MODEL = "somebody/model"  # of which nothing is known, so that it takes every format
SLOWEST = 120.0
"""Seconds for one file of a few kilobytes on a machine with much else to do: more is a hang."""

TAKEN_FOR_ANOTHER = {"not_jsonl", "needs_conversion", "not_utf8"}
"""What a file is shows at its beginning: where the first line is spoilt, one of these may be told of the whole file."""

# Good files.

SCHEMA = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
TOOLS = [
    {"type": "function", "function": {"name": "find_order", "parameters": SCHEMA}},
    {"type": "function", "function": {"name": "opening_hours"}},
]


def says(role: str, content: Any, **more: Any) -> Example:
    return {"role": role, "content": content} | more


def chat(n: int) -> Example:
    return {
        "messages": [
            says("system", "You are the bot of a bicycle shop."),
            says("user", f"What does wheel {n} cost? Grüße 😀 自行车"),
            says("assistant", f"{n} francs."),
            says("user", f"And brake {n}?", name="Ada"),
            says("assistant", f"{2 * n + 3} francs.", weight=1),
        ]
    }


def tool_chat(n: int) -> Example:
    call = {"id": "call_1", "type": "function", "function": {"name": "find_order", "arguments": f'{{"number": {n}}}'}}
    return {
        "messages": [
            says("user", f"Where is order {n}?"),
            {"role": "assistant", "tool_calls": [call]},
            says("tool", '{"state": "sent"}', tool_call_id="call_1"),
            says("assistant", f"Order {n} is on its way."),
        ],
        "tools": copy.deepcopy(TOOLS),
    }


def pair(n: int) -> Example:
    return {
        "input": {"messages": [says("user", f"Is bicycle {n} in stock?")]},
        "preferred_output": [says("assistant", f"Yes, and number {n} can be tried out today.")],
        "non_preferred_output": [says("assistant", f"Bicycle {n}: yes.")],
    }


def completion(n: int) -> Example:
    return {"prompt": f"Describe bicycle {n}\n\n###\n\n", "completion": f" It has gears up to {n} END"}


def task(n: int) -> Example:
    return {"messages": [says("user", f"What is {n} + 1?")], "reference_answer": str(n + 1), "points": n}


GOOD: dict[str, Callable[[int], Example]] = {
    "chat": chat,
    "tools": tool_chat,
    "preference": pair,
    "completion": completion,
    "reinforcement": task,
}


def good(format: str) -> list[Example]:
    return [GOOD[format](n) for n in range(EXAMPLES)]


# What may be done to them.


class Verdict(msgspec.Struct, frozen=True):
    """What must be found: one of `codes` on the mutated line, or with `anywhere` on some line or about the whole file;
    nothing that was not there before where there are no codes.
    """

    codes: frozenset[str] = frozenset()
    anywhere: bool = False


HARMLESS = Verdict()


def found(*codes: str, anywhere: bool = False) -> Verdict:
    return Verdict(frozenset(codes), anywhere)


class Mutation(msgspec.Struct, frozen=True):
    """`change` spoils one of the examples, or one of the lines, in place, and gives the verdict. It may draw."""

    name: str
    formats: tuple[str, ...]
    on: Literal["example", "lines"]
    change: Callable[..., Verdict]


MUTATIONS: list[Mutation] = []
ALL = tuple(GOOD)
CHATS = ("chat", "tools")
MESSAGES = ("chat", "tools", "reinforcement")

Draw = Callable[[st.SearchStrategy[Any]], Any]


def on_example(*formats: str) -> Callable[..., Any]:
    """Marks a mutation of one example: `(draw, example)`."""
    return _marked(formats, "example")


def on_lines(*formats: str) -> Callable[..., Any]:
    """Marks a mutation of the file's lines at one of them: `(draw, lines, place)`."""
    return _marked(formats, "lines")


def _marked(formats: tuple[str, ...], of: Any) -> Callable[..., Any]:
    def mark(change: Any) -> Any:
        MUTATIONS.append(Mutation(change.__name__, formats, of, change))
        return change

    return mark


def one_of(draw: Draw, *values: Any) -> Any:
    return draw(st.sampled_from(values))


def turns(example: Example, *roles: str) -> list[Example]:
    """The messages with one of these roles that have content."""
    return [message for message in example["messages"] if message["role"] in roles and "content" in message]


NO_TEXT = (0, 7, 1.5, True, False, {}, {"text": "a"}, [5], ["a"], [{}], [{"text": "a"}])


@on_example(*MESSAGES)
def a_message_loses_its_role_or_content(draw: Draw, example: Example) -> Verdict:
    del one_of(draw, *turns(example, "system", "user", "assistant", "tool"))[one_of(draw, "role", "content")]
    return found("message_missing_key")


@on_example(*MESSAGES)
def a_role_that_does_not_exist(draw: Draw, example: Example) -> Verdict:
    message = one_of(draw, *example["messages"][:-1], *turns(example, "system", "assistant"), example["messages"][0])
    if message is example["messages"][-1] and "reference_answer" in example:
        return Verdict() if message["role"] == "user" else found("unrecognized_role")
    message["role"] = one_of(draw, "", "human", "User", "assistant ", "gpt", 0, None, [], {}, True, "系统")
    return found("unrecognized_role")


@on_example(*MESSAGES)
def content_that_is_no_text(draw: Draw, example: Example) -> Verdict:
    turns_with_text = turns(example, "system", "user", "assistant", "tool")
    one_of(draw, *turns_with_text)["content"] = one_of(draw, *NO_TEXT, None, "", [])
    return found("missing_content")


@on_example("chat")
def content_in_parts(draw: Draw, example: Example) -> Verdict:
    message = one_of(draw, *turns(example, "user", "assistant"))
    message["content"] = [{"type": "text", "text": text} for text in (message["content"], "And thank you.")]
    return HARMLESS


@on_example("chat")
def a_part_of_another_kind(draw: Draw, example: Example) -> Verdict:
    parts = ({"type": "text"}, {"type": "text", "text": None}, {"type": "video", "url": "a"}, {"type": ""})
    message = one_of(draw, *turns(example, "user", "assistant"))
    message["content"] = [{"type": "text", "text": "a"}, one_of(draw, *parts)]
    return found("invalid_content_part")


@on_example("chat")
def an_image_of_a_wrong_form(draw: Draw, example: Example) -> Verdict:
    url = one_of(draw, "", "a.png", "ftp://a/b", "data:image/png,a", "data:image/png;base64,%", "https:/a", None, 3)
    turns(example, "user")[0]["content"] = [{"type": "image_url", "image_url": {"url": url}}]
    return found("invalid_image_url")


@on_example("chat")
def images_beyond_what_is_taken(draw: Draw, example: Example) -> Verdict:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    role, count = one_of(draw, ("user", 11), ("user", 200), ("assistant", 1), ("user", 10))
    turns(example, role)[0]["content"] = [image] * count
    if role == "assistant":
        return found("misplaced_image")
    return HARMLESS if count <= 10 else found("too_many_images")


@on_example(*CHATS)
def messages_that_are_no_list(draw: Draw, example: Example) -> Verdict:
    example["messages"] = one_of(draw, None, [], {}, "text", 0, 7, True, {"role": "user", "content": "a"})
    return found("missing_messages_list")


@on_example(*CHATS)
def no_messages(draw: Draw, example: Example) -> Verdict:
    del example["messages"]
    return found("missing_messages_list")


@on_example(*CHATS)
def a_message_that_is_no_object(draw: Draw, example: Example) -> Verdict:
    messages = example["messages"]
    place = draw(st.integers(0, len(messages) - 1))
    messages[place] = one_of(draw, None, 7, "user", [], [messages[place]], True)
    return found("data_type")


@on_example(*CHATS)
def the_last_answer_becomes_anothers(draw: Draw, example: Example) -> Verdict:
    example["messages"][-1]["role"] = one_of(draw, "user", "system", "developer")
    return found("last_message_not_assistant", "example_missing_assistant_message")


@on_example("chat")
def a_question_becomes_an_answer(draw: Draw, example: Example) -> Verdict:
    message = turns(example, "user")[0]
    message["role"] = one_of(draw, "assistant", "developer")
    return HARMLESS


@on_example(*CHATS)
def the_last_answer_goes(draw: Draw, example: Example) -> Verdict:
    example["messages"].pop()
    return found("last_message_not_assistant", "example_missing_assistant_message")


@on_example("chat")
def a_message_stands_twice(draw: Draw, example: Example) -> Verdict:
    place = draw(st.integers(0, len(example["messages"]) - 1))
    example["messages"].insert(place, copy.deepcopy(example["messages"][place]))
    return HARMLESS


@on_example("chat")
def a_blank_answer(draw: Draw, example: Example) -> Verdict:
    one_of(draw, *turns(example, "assistant"))["content"] = one_of(draw, " ", "\n", "\t \r\n", "\u3000", "\xa0")
    return found("empty_answer")


@on_example("chat")
def weights(draw: Draw, example: Example) -> Verdict:
    good, bad = (0, 1, None), (2, -1, 0.5, "0", "1", True, False, [], {})
    weight = one_of(draw, *good, *bad)
    first, second = turns(example, "assistant")
    first["weight"] = weight
    second.pop("weight")
    return HARMLESS if any(weight is one for one in good) else found("invalid_weight")


@on_example("chat")
def every_weight_is_nought(draw: Draw, example: Example) -> Verdict:
    for answer in turns(example, "assistant"):
        answer["weight"] = one_of(draw, 0, 0.0)
    return found("no_trained_answer")


@on_example("chat")
def a_weight_on_anothers_message(draw: Draw, example: Example) -> Verdict:
    one_of(draw, *turns(example, "system", "user"))["weight"] = one_of(draw, 0, 1)
    return found("invalid_weight")


@on_example("chat")
def a_key_holds_what_it_cannot(draw: Draw, example: Example) -> Verdict:
    one_of(draw, *turns(example, "user", "assistant"))[one_of(draw, "name", "refusal")] = one_of(draw, 7, [], {}, True)
    return found("invalid_value")


@on_example(*MESSAGES)
def a_message_has_an_unknown_key(draw: Draw, example: Example) -> Verdict:
    key = draw(st.text(max_size=5).map(lambda text: f"x{text}"))
    one_of(draw, *example["messages"])[key] = one_of(draw, None, 1, "a", [])
    return found("message_unrecognized_key")


@on_example("chat", "tools", "completion", "preference")
def an_example_has_an_unknown_key(draw: Draw, example: Example) -> Verdict:
    example[draw(st.text(max_size=5).map(lambda text: f"x{text}"))] = one_of(draw, None, 1, "a", [])
    return found("unrecognized_key")


@on_example(*ALL)
def keys_in_another_order(draw: Draw, example: Example) -> Verdict:
    keys = draw(st.permutations(list(example)))
    for key in keys:
        example[key] = example.pop(key)
    return HARMLESS


@on_example("chat")
def any_letters_in_a_text(draw: Draw, example: Example) -> Verdict:
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
    one_of(draw, *turns(example, "user", "assistant"))["content"] = f"a{text}b"
    return HARMLESS


def the_call(example: Example) -> Example:
    call: Example = example["messages"][1]["tool_calls"][0]
    return call


@on_example("tools")
def arguments_encoded_twice(draw: Draw, example: Example) -> Verdict:
    function = the_call(example)["function"]
    function["arguments"] = json.dumps(function["arguments"], ensure_ascii=draw(st.booleans()))
    return found("double_encoded_arguments")


@on_example("tools")
def arguments_that_are_no_object(draw: Draw, example: Example) -> Verdict:
    wrong = (
        {"number": 7},
        [],
        "[7]",
        "7",
        "null",
        '"a"',
        "{",
        "",
        " ",
        "{'number': 7}",
        "find_order(7)",
        None,
        7,
        True,
    )
    the_call(example)["function"]["arguments"] = one_of(draw, *wrong)
    return found("invalid_arguments")


@on_example("tools")
def arguments_that_break_the_schema(draw: Draw, example: Example) -> Verdict:
    wrong = (
        {},
        {"number": "7"},
        {"number": 7.5},
        {"number": None},
        {"nummer": 7},
        {"number": []},
        {"number": {"a": 1}},
    )
    the_call(example)["function"]["arguments"] = json.dumps(one_of(draw, *wrong))
    return found("arguments_break_schema")


@on_example("tools")
def arguments_written_otherwise(draw: Draw, example: Example) -> Verdict:
    right = ('{"number":7}', ' {\n"number" : 7 }\n', '{"number": 7.0}', '{"number": 1e2}', '{"number": 7, "more": [1]}')
    the_call(example)["function"]["arguments"] = one_of(draw, *right)
    return HARMLESS


@on_example("tools")
def a_call_of_an_unknown_tool(draw: Draw, example: Example) -> Verdict:
    the_call(example)["function"]["name"] = one_of(draw, "find_orders", "FIND_ORDER", "a b", "工具", "find_order ")
    return found("undeclared_tool")


@on_example("tools")
def a_call_lacks_a_part(draw: Draw, example: Example) -> Verdict:
    call = the_call(example)
    where, key = one_of(draw, (call, "id"), (call, "type"), (call, "function"), (call["function"], "name"))
    if draw(st.booleans()):
        del where[key]
    else:
        where[key] = one_of(draw, None, 7, [], "")
    return found("invalid_tool_call")


@on_example("tools")
def calls_that_are_no_list(draw: Draw, example: Example) -> Verdict:
    example["messages"][1] = says("assistant", "A moment.", tool_calls=one_of(draw, {}, "find_order", 7, [7], True))
    return found("invalid_tool_call")


@on_example("tools")
def an_answer_goes_or_belongs_to_no_call(draw: Draw, example: Example) -> Verdict:
    match one_of(draw, "no answer", "no call", "other id", "no id", "twice", "late"):
        case "no answer":
            del example["messages"][2]
            return found("call_without_answer")
        case "no call":
            del example["messages"][1]
        case "other id":
            example["messages"][2]["tool_call_id"] = draw(st.text(max_size=8).filter("call_1".__ne__))
        case "no id":
            del example["messages"][2]["tool_call_id"]
        case "twice":
            example["messages"].insert(2, dict(example["messages"][2]))
        case "late":
            example["messages"].insert(2, says("user", "Hello?"))
    return found("answer_without_call")


@on_example("tools")
def tools_that_are_no_tools(draw: Draw, example: Example) -> Verdict:
    wrong = ({"a": 1}, "find_order", 7, True, [7], ["find_order"], [{}], [{"type": "function"}], [SCHEMA], [TOOLS])
    example["tools"] = one_of(draw, *wrong)
    return found("invalid_tools")


@on_example("tools")
def a_tool_of_a_wrong_name(draw: Draw, example: Example) -> Verdict:
    name = one_of(draw, "", "a b", "a.b", "工具", "a" * 65, 7, None, [], "find_order\n")
    example["tools"][1]["function"]["name"] = name
    return found("invalid_tool_name")


@on_example("tools")
def too_many_tools(draw: Draw, example: Example) -> Verdict:
    count = draw(st.integers(100, 300))
    example["tools"] += [{"type": "function", "function": {"name": f"tool_{n}"}} for n in range(count)]
    return found("too_many_tools") if count + 2 > 128 else HARMLESS


@on_example("tools")
def two_tools_of_one_name(draw: Draw, example: Example) -> Verdict:
    example["tools"].append(example["tools"][draw(st.integers(0, 1))])
    return found("duplicate_tool")


@on_example("tools")
def no_tools(draw: Draw, example: Example) -> Verdict:
    if draw(st.booleans()):
        del example["tools"]
    else:
        example["tools"] = one_of(draw, None, [])
    return found("tools_not_declared")


@on_example("tools")
def a_schema_that_is_none(draw: Draw, example: Example) -> Verdict:
    wrong = (
        *("none", 7, [], True, {"type": "array"}, {"type": "objekt"}, {"required": "number"}, {"properties": []}),
        *({"properties": {"a": 7}}, {"properties": {"a": {"type": "int"}}}, {"properties": {"a": {"pattern": "["}}}),
        *({"properties": {"a": {"minimum": "1"}}}, {"$ref": "#/$defs/gone"}, {"additionalProperties": "no"}),
    )
    example["tools"][one_of(draw, 0, 1)]["function"]["parameters"] = one_of(draw, *wrong)
    return found("invalid_tool_schema")


@on_example("tools")
def a_schema_that_cannot_be_applied_safely(draw: Draw, example: Example) -> Verdict:
    loops = {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}] * 2}}, "$ref": "#/$defs/a"}
    schemas = (
        *({"$ref": "http://127.0.0.1:9/a"}, {"$ref": "a.json"}, {"$schema": "http://127.0.0.1:9/a"}, loops),
        *({"properties": {"a": {"pattern": "(?=a)"}}}, {"patternProperties": {r"(a)\1": {}}}),
    )
    example["tools"][one_of(draw, 0, 1)]["function"]["parameters"] = one_of(draw, *schemas)
    return found("tool_schema_not_checked")


@on_example("tools", "chat")
def parallel_tool_calls(draw: Draw, example: Example) -> Verdict:
    right = one_of(draw, True, False, None, 0, 1, "no", [])
    example["parallel_tool_calls"] = right
    return HARMLESS if right is None or isinstance(right, bool) else found("invalid_value")


@on_example("completion")
def a_completion_without_a_text(draw: Draw, example: Example) -> Verdict:
    key = one_of(draw, "prompt", "completion")
    if draw(st.booleans()):
        del example[key]
    else:
        example[key] = one_of(draw, None, 7, [], {}, True)
    return found("completion_missing_text")


@on_example("completion")
def a_blank_completion(draw: Draw, example: Example) -> Verdict:
    example["completion"] = one_of(draw, "", " ", "\n\n", "\u3000")
    return found("empty_answer")


@on_example("completion")
def a_pair_against_the_advice(draw: Draw, example: Example) -> Verdict:
    match one_of(draw, "separator", "second separator", "space", "stop"):
        case "separator":
            example["prompt"] = one_of(draw, "", "Describe it", example["prompt"] + "x", example["prompt"].rstrip("\n"))
            return found("missing_separator")
        case "second separator":
            example["prompt"] = "Describe\n\n###\n\n" + example["prompt"]
            return found("separator_in_prompt")
        case "space":
            example["completion"] = example["completion"].lstrip()
            return found("missing_leading_space")
        case _:
            example["completion"] = example["completion"].removesuffix(" END")
            return found("missing_stop_sequence")


@on_example("preference")
def an_input_without_messages(draw: Draw, example: Example) -> Verdict:
    match one_of(draw, "gone", "input", "messages", "answered"):
        case "gone":
            del example["input"]
        case "input":
            example["input"] = one_of(draw, None, "text", 7, [], example["input"]["messages"])
        case "messages":
            example["input"]["messages"] = one_of(draw, None, [], {}, "text", 7)
        case "answered":
            example["input"]["messages"].append(says("assistant", "Yes."))
    return found("invalid_preference")


@on_example("preference")
def an_output_that_is_not_one_answer(draw: Draw, example: Example) -> Verdict:
    answer = says("assistant", "Yes.")
    wrong = (answer, [], [answer, answer], ["Yes."], [says("user", "Yes.")], [{}], "Yes.", 7, [None])
    example[one_of(draw, "preferred_output", "non_preferred_output")] = one_of(draw, *wrong)
    return found("preference_not_one_answer")


@on_example("preference")
def an_output_that_goes(draw: Draw, example: Example) -> Verdict:
    key = one_of(draw, "preferred_output", "non_preferred_output")
    if draw(st.booleans()):
        del example[key]
    else:
        example[key] = None
    return found("invalid_preference")


@on_example("preference")
def two_equal_outputs(draw: Draw, example: Example) -> Verdict:
    example["preferred_output"] = copy.deepcopy(example["non_preferred_output"])
    return found("equal_preference")


@on_example("preference")
def outputs_that_change_places(draw: Draw, example: Example) -> Verdict:
    one, other = example["preferred_output"], example["non_preferred_output"]
    example["preferred_output"], example["non_preferred_output"] = other, one
    return HARMLESS


@on_example("preference")
def an_output_without_text(draw: Draw, example: Example) -> Verdict:
    text = one_of(draw, *NO_TEXT, None, "", [], " ", "\n")
    example[one_of(draw, "preferred_output", "non_preferred_output")][0]["content"] = text
    return found("empty_answer") if isinstance(text, str) and text else found("missing_content")


@on_lines("reinforcement")
def a_field_for_the_grader_goes(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    example = json.loads(lines[place])
    del example[one_of(draw, "reference_answer", "points")]
    lines[place] = json.dumps(example).encode()
    # The first example says what the others must have: without it nothing is missing in them.
    return found("missing_grader_field") if place else HARMLESS


# What happens to bytes.


@on_lines(*ALL)
def a_line_is_cut(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    lines[place] = lines[place][: draw(st.integers(1, len(lines[place]) - 1))]
    return found("invalid_json", "not_utf8")


@on_lines(*ALL)
def a_line_is_emptied(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    lines[place] = one_of(draw, b"", b" ", b"\t", b"\r", b"  \r")
    return found("empty_line")


@on_lines(*ALL)
def a_line_is_cut_in_two(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    at = draw(st.integers(1, len(lines[place]) - 1))
    lines[place : place + 1] = [lines[place][:at], lines[place][at:]]
    return found("invalid_json", "not_utf8")


@on_lines(*ALL)
def a_line_goes(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    del lines[place]
    return HARMLESS


@on_lines(*ALL)
def a_line_stands_twice(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    lines.insert(draw(st.integers(0, place)), lines[place])  # the later one is the copy
    return found("duplicate_example", anywhere=True)


@on_lines(*ALL)
def an_odd_byte(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    at = draw(st.integers(1, len(lines[place]) - 1))
    lines[place] = (
        lines[place][:at] + one_of(draw, b"\xff", b"\xc3", b"\x80", b"\xfe\xff", b"\xed\xa0\x80") + lines[place][at:]
    )
    return found("not_utf8", anywhere=True)  # a text in another encoding is told of as a whole


@on_lines(*ALL)
def a_raw_control_character_in_a_text(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    text = one_of(draw, b"What", b"Where", b"Is bicycle", b"Describe")
    control = bytes([draw(st.sampled_from([*range(10), 11, 12, *range(14, 32)]))])
    if text not in lines[place]:
        return HARMLESS
    lines[place] = lines[place].replace(text, text + control)
    return found("control_character")


@on_lines(*ALL)
def an_escaped_control_character_in_a_text(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    for text in (b"What", b"Where", b"Is bicycle", b"Describe"):
        lines[place] = lines[place].replace(text, text + b"\\u%04x" % draw(st.integers(0, 31)))
    return HARMLESS


@on_lines(*ALL)
def half_a_surrogate_pair(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    for text in (b"What", b"Where", b"Is bicycle", b"Describe"):
        lines[place] = lines[place].replace(text, text + one_of(draw, b"\\ud83d", b"\\udc00 ", b"\\uDFFF"))
    return found("invalid_json")


@on_lines(*ALL)
def broken_json(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    line = lines[place]
    lines[place] = one_of(
        draw,
        line + b"}",
        line + b",",
        line + line,
        line + b" " + line,
        b"{" + line,
        line[:-1] + b",}",
        line[:-1] + b', "x": NaN}',
        line[:-1] + b', "x": Infinity}',
        line[:-1] + b', "x": 01}',
        line[:-1] + b', "x": 0x1}',
        line[:-1] + b', "x": True}',
        line[:-1] + b", x: 1}",
        line[:-1] + b" // a comment\t}",
        line.replace(b'"', b"'"),
        line.replace(b":", b"=", 1),
        line.replace(b'": ', b'" ', 1),
        b"\0" + line,
        line + b"\0\0\0",
        b"hello " + line,
    )
    return found("invalid_json")


@on_lines(*ALL)
def spaces_between_the_words_of_json(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    value = json.loads(lines[place])
    between = one_of(draw, (",", ":"), (", ", ": "), (" ,\t", " :  "), ("\r,", ":\r"))
    ends = one_of(draw, ("", ""), (" ", " "), ("\t", "\r"), ("", "\r"))
    text = ends[0] + json.dumps(value, ensure_ascii=draw(st.booleans()), separators=between) + ends[1]
    lines[place] = text.encode()
    return HARMLESS


@on_lines(*ALL)
def a_key_stands_twice(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    value = json.loads(lines[place])
    key = one_of(draw, *value)
    again = f"{json.dumps(key)}: {json.dumps(value[key])}, ".encode()
    first = f"{json.dumps(key)}: {json.dumps(one_of(draw, None, 7, [], 'a'))}, ".encode()
    lines[place] = b"{" + one_of(draw, again, first) + lines[place][1:]  # the last one counts
    return HARMLESS


@on_lines(*ALL)
def a_line_that_is_no_object(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    lines[place] = one_of(draw, b"null", b"7", b'"text"', b"true", b"[]", b"[" + lines[place] + b"]", b"[7, 8]")
    return found("data_type")


@on_lines(*ALL)
def an_empty_object(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    lines[place] = one_of(draw, b"{}", b'{"topic": "bicycles"}', b'{"": 0}')
    return found("missing_messages_list")


@on_lines(*ALL)
def deep_nesting(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    depth = one_of(draw, 20_000, 100_000)
    opening, closing = one_of(draw, (b"[", b"]"), (b'{"a":', b"}"))
    lines[place] = opening * depth + b"1" + closing * depth
    return found("invalid_json")


@on_lines("chat", "preference", "completion")
def a_line_of_another_format(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    others = {"chat": pair, "preference": completion, "completion": chat}
    mine = "chat" if b"messages" in lines[0][:15] else "completion" if b"prompt" in lines[0][:15] else "preference"
    lines[place] = json.dumps(others[mine](place)).encode()
    return found("mixed_formats")


@on_lines(*ALL)
def a_line_of_a_table(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    keys = one_of(draw, ("instruction", "output"), ("question", "answer"), ("text", "label"), ("prompt", "response"))
    lines[place] = json.dumps(dict.fromkeys(keys, "a")).encode()
    return found("needs_conversion", anywhere=True)  # a first line may make the whole file one


@on_lines(*ALL)
def a_byte_order_mark(draw: Draw, lines: list[bytes], place: int) -> Verdict:
    lines[0] = b"\xef\xbb\xbf" + lines[0]
    return found("byte_order_mark", anywhere=True)


# Holding the check to them.


@st.composite
def mutated(draw: Draw) -> tuple[str, str, int, bytes, Verdict]:
    """A mutation's name, the format, the line from 1, the spoilt file, and what must be found in it."""
    mutation = draw(st.sampled_from(MUTATIONS))
    format = draw(st.sampled_from(mutation.formats))
    place = draw(st.integers(0, EXAMPLES - 1))
    examples = good(format)
    if mutation.on == "example":
        verdict = mutation.change(draw, examples[place])
    lines = [json.dumps(one, ensure_ascii=False).encode() for one in examples]
    if mutation.on == "lines":
        verdict = mutation.change(draw, lines, place)
    return mutation.name, format, place + 1, b"\n".join(lines) + b"\n", verdict


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutated")


@pytest.fixture(scope="module")
def usual(folder: Path) -> dict[str, set[str]]:
    """What is found in the good files: of twelve completions it is said that they are few."""
    expected = {format: set() for format in GOOD} | {"completion": {"few_examples_to_generate"}}
    for format in GOOD:
        path = folder / f"{format}.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in good(format)))
        assert set(check_file(path, model=MODEL).counts) == expected[format]
    return expected


def findings(report: Report) -> Iterator[tuple[str, int | None]]:
    for finding in report.errors + report.warnings:
        yield finding.code, finding.line


def hold(folder: Path, usual: dict[str, set[str]], case: tuple[str, str, int, bytes, Verdict]) -> None:
    _, format, line, content, verdict = case
    path = folder / "spoilt.jsonl"
    path.write_bytes(content)
    started = time.monotonic()
    report = check_file(path, model=MODEL)
    assert time.monotonic() - started < SLOWEST
    assert report.ok == (not report.errors)
    assert sum(report.told.values()) == len(report.errors) + len(report.warnings)
    lines = content.count(b"\n") + 1
    assert all(where is None or 1 <= where <= lines for _, where in findings(report))
    if not verdict.codes:
        assert set(report.counts) == usual[format]
    elif verdict.anywhere:
        assert verdict.codes & set(report.counts)
    elif line > 1 or not TAKEN_FOR_ANOTHER & set(report.counts):
        assert any(code in verdict.codes and where == line for code, where in findings(report))


everything = settings(
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@settings(everything, max_examples=1_000)
@given(mutated())
def test_a_spoilt_file_is_harmless_or_told_at_its_line(folder, usual, case):
    hold(folder, usual, case)


@pytest.mark.soak
@settings(everything, max_examples=10_000)
@given(mutated())
def test_ten_thousand_spoilt_files_are_harmless_or_told_at_their_line(folder, usual, case):
    hold(folder, usual, case)
