"""Tools: their declarations, and the calls that are held to them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from texts.findings import sentence
from training_files import tools
from training_files.findings import Findings

USER = {"role": "user", "content": "Is order 7 ready?"}
ANSWER = {"role": "assistant", "content": "Yes."}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"number": {"type": "integer"}, "tags": {"type": "array", "items": {"pattern": "^[a-z]+$"}}},
    "required": ["number"],
    "additionalProperties": False,
}


def tool(name: Any = "find_order", parameters: Any = SCHEMA) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def call(arguments: Any = '{"number": 7}', *, name: Any = "find_order", id: Any = "1") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def says(*calls: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": list(calls)}


def told(id: Any = "1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": "ready"}


FIND_ORDER = tool()


def chat(*messages: Any, tools: Any = (FIND_ORDER,)) -> dict[str, Any]:
    return {"messages": [USER, *messages], "tools": list(tools) if isinstance(tools, tuple) else tools}


def only(findings: Any) -> Any:
    ((severity, finding),) = [(sort, one) for sort in ("error", "warning") for one in findings.first(sort)]
    assert finding.severity == severity
    return finding


def test_calls_that_fit_and_are_answered_are_fine(judged):
    both = [says(call(), call(id="2")), told("2"), told("1"), ANSWER]
    assert judged(chat(says(call())), chat(says(call()), told(), ANSWER), chat(*both)).counts == {}


FUNCTION = "messages[1].tool_calls[0].function"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (json.dumps('{"number": 7}'), "double_encoded_arguments", "encoded twice"),
        ({"number": 7}, "invalid_arguments", "an object, not a string"),
        ("[7]", "invalid_arguments", "a list in a string"),
        ('"seven"', "invalid_arguments", "a string in a string"),
        ("{", "invalid_arguments", "not JSON"),
        ("", "invalid_arguments", "an empty string"),
        (None, "invalid_arguments", "missing or null"),
        ('{"number": "7"}', "arguments_break_schema", 'not of type "integer" (at number)'),
        ("{}", "arguments_break_schema", '"number" is a required property'),
        ('{"number": 7, "tags": ["A"]}', "arguments_break_schema", "(at tags/0)"),
        ('{"number": 7, "colour": "red"}', "arguments_break_schema", "does not fit"),
    ],
)
def test_arguments_are_a_json_object_in_a_string_that_fits_the_schema(judged, arguments, code, words):
    finding = only(judged(chat(says(call(arguments)))))
    assert (finding.code, finding.line, finding.field) == (code, 1, f"{FUNCTION}.arguments")
    assert words in sentence(finding)


def test_arguments_nested_beyond_reading_are_told_so(judged):
    deep = '{"number":' + "[" * 100_000 + "]" * 100_000 + "}"
    assert only(judged(chat(says(call(deep))))).code == "invalid_arguments"


@pytest.mark.parametrize("name", [{}, [], None, 7])
def test_an_answer_of_a_function_whose_name_is_none_is_an_answer_without_call(judged, name):
    assert (
        "answer_without_call" in judged(chat(USER, {"role": "function", "name": name, "content": "x"}, ANSWER)).counts
    )


def test_a_call_names_a_tool_that_is_declared(judged):
    finding = only(judged(chat(says(call(name="find_ordr")))))
    assert (finding.code, finding.field, finding.quote) == ("undeclared_tool", f"{FUNCTION}.name", "find_ordr")
    assert "call one of `find_order`" in sentence(finding)


def test_calls_without_any_declaration_are_said_once_for_the_file(judged):
    finding = only(judged(*[chat(says(call()), tools=None)] * 3))
    assert (finding.code, finding.line) == ("tools_not_declared", 1)
    assert "3 examples call" in sentence(finding)


@pytest.mark.parametrize(
    ("calls", "field", "words"),
    [
        ("find_order", "tool_calls", "a string, not a list"),
        ([], "tool_calls", "an empty list"),
        (["find_order"], "tool_calls[0]", "a string, not an object"),
        ([call(id=None)], "tool_calls[0]", "without an id"),
        ([call(), call()], "tool_calls[1]", "a second call"),
        ([call() | {"type": "search"}], "tool_calls[0]", 'of the type "search"'),
        ([{"id": "1", "type": "function"}], "tool_calls[0]", "without a function"),
        ([call(name="")], "tool_calls[0].function", "without a name"),
    ],
)
def test_a_call_has_an_id_a_type_and_a_function(judged, calls, field, words):
    finding = only(judged(chat(ANSWER | {"tool_calls": calls})))
    assert (finding.code, finding.field) == ("invalid_tool_call", f"messages[1].{field}")
    assert words in sentence(finding)


@pytest.mark.parametrize(
    ("messages", "code", "field"),
    [
        ([says(call()), USER, ANSWER], "call_without_answer", "messages[1].tool_calls[0]"),
        ([says(call(), call(id="2")), told("2"), ANSWER], "call_without_answer", "messages[1].tool_calls[0]"),
        ([told(), ANSWER], "answer_without_call", "messages[1]"),
        ([says(call()), told(), told(), ANSWER], "answer_without_call", "messages[3]"),
        ([says(call()), told(), ANSWER, told(), ANSWER], "answer_without_call", "messages[4]"),
        ([says(call()), told(), {"role": "tool", "content": "ready"}, ANSWER], "answer_without_call", "messages[3]"),
        (
            [{"role": "function", "name": "find_order", "content": "ready"}, ANSWER],
            "answer_without_call",
            "messages[1]",
        ),
    ],
)
def test_calls_and_answers_belong_together(judged, messages, code, field):
    finding = only(judged(chat(*messages)))
    assert (finding.code, finding.field) == (code, field)


@pytest.mark.parametrize(
    ("tools", "code", "field"),
    [
        ({"find_order": {}}, "invalid_tools", "tools"),
        (["find_order"], "invalid_tools", "tools[0]"),
        ([{"name": "find_order", "parameters": SCHEMA}], "invalid_tools", "tools[0]"),
        ([{"type": "function"}], "invalid_tools", "tools[0]"),
        ([tool("find order")], "invalid_tool_name", "tools[0].function.name"),
        ([tool("a" * 65)], "invalid_tool_name", "tools[0].function.name"),
        ([{"type": "function", "function": {}}], "invalid_tool_name", "tools[0].function.name"),
        ([tool(f"tool_{n}") for n in range(129)], "too_many_tools", "tools"),
        ([tool(), tool()], "duplicate_tool", "tools[1].function.name"),
        ([tool(parameters="none")], "invalid_tool_schema", "tools[0].function.parameters"),
        ([tool(parameters={"type": "string"})], "invalid_tool_schema", "tools[0].function.parameters"),
        ([tool(parameters={"type": "objekt"})], "invalid_tool_schema", "tools[0].function.parameters"),
        (
            [tool(parameters={"properties": {"a": {"type": "strin"}}})],
            "invalid_tool_schema",
            "tools[0].function.parameters",
        ),
        (
            [tool(parameters={"properties": {"a": {"pattern": "("}}})],
            "invalid_tool_schema",
            "tools[0].function.parameters",
        ),
        ([tool(parameters={"$ref": "#/$defs/gone"})], "invalid_tool_schema", "tools[0].function.parameters"),
    ],
)
def test_declarations_have_a_form(judged, tools, code, field):
    finding = only(judged(chat(ANSWER, tools=tools)))
    assert (finding.code, finding.line, finding.field) == (code, 1, field)


def test_the_older_functions_are_held_to_the_same(judged):
    older = {
        "role": "assistant",
        "content": None,
        "function_call": {"name": "find_order", "arguments": '{"number": 0.5}'},
    }
    answer = {"role": "function", "name": "find_order", "content": "ready"}
    functions = [{"name": "find_order", "parameters": SCHEMA}]
    findings = judged({"messages": [USER, older, answer, ANSWER], "functions": functions})
    assert only(findings).field == "messages[1].function_call.arguments"
    named = judged({"messages": [USER, ANSWER], "functions": [{"name": "find order"}]})
    assert only(named).field == "functions[0].name"


def doubling(depth: int, reference: str = "#/$defs/s{}") -> dict[str, Any]:
    """Schemas that each name the next one twice: small to write down, and 2 to the power of `depth` to apply. Each can
    be named by its key, by its place in the list of an `allOf`, or by its anchor.
    """

    def step(n: int, schema: dict[str, Any]) -> dict[str, Any]:
        return {"$anchor": f"s{n}", "allOf": [schema], **schema}

    steps = {f"s{n}": step(n, {"anyOf": [{"$ref": reference.format(n + 1)}] * 2}) for n in range(depth)}
    steps[f"s{depth}"] = step(depth, {"type": "string"})
    return {"type": "object", "anyOf": [{"$ref": reference.format(0)}], "$defs": steps}


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(depth):
        schema = {"properties": {"a": schema}}
    return schema


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"properties": {"number": {"$ref": "http://127.0.0.1:9/number.json"}}}, "another document"),
        ({"properties": {"number": {"$ref": "file:///etc/passwd"}}}, "another document"),
        ({"$schema": "http://127.0.0.1:9/draft", "type": "object"}, "another document"),
        ({"properties": {"number": {"pattern": "^(?!0)"}}}, "linear time"),
        ({"properties": {"number": {"pattern": r"(a)\1"}}}, "linear time"),
        (doubling(30), "too large"),
        (nested(150), "nested too deeply"),
        (
            {"$defs": {"a": {"items": {"anyOf": [{"$ref": "#/$defs/a"}] * 2}}}, "$ref": "#/$defs/a"},
            "more than one place",
        ),
        ({"$dynamicRef": "#a"}, "dynamic"),
        # However a reference is written that the validator follows:
        (doubling(30, "#/$defs/s{}/allOf/0"), "too large"),
        (doubling(30, "#/$defs/s{}/allOf/+0"), "too large"),
        (doubling(30, "#/$defs/s{}/allOf/00"), "too large"),
        (doubling(30, "#/$defs/s{}/allOf/" + "0" * 5_000), "too large"),
        (doubling(30, "#/%24defs/s{}"), "too large"),
        (doubling(30, "#s{}"), "an anchor"),
        (
            {
                "$schema": "http://json-schema.org/draft-04/schema#",
                "properties": {"number": {"id": "http://127.0.0.1:9/", **doubling(30)}},
                "$defs": {"s0": {}},
            },
            "an address of its own",
        ),
    ],
)
def test_a_schema_that_cannot_be_applied_safely_is_not_applied_and_that_is_said(judged, schema, words):
    finding = only(judged(chat(says(call('{"number": [[[[[[[[7]]]]]]]]}')), tools=[tool(parameters=schema)])))
    assert (finding.code, finding.field) == ("tool_schema_not_checked", "tools[0].function.parameters")
    assert words in sentence(finding)


def test_a_pattern_that_is_slow_elsewhere_is_fast_here(judged):
    slow = tool(
        parameters={
            "type": "object",
            "properties": {"text": {"pattern": "^(a+)+$"}},
            "patternProperties": {"(x+x+)+y": False},
        }
    )
    arguments = json.dumps({"text": "a" * 20_000 + "!", "x" * 2_000: 1})  # elsewhere this would not end
    assert only(judged(chat(says(call(arguments)), tools=[slow]))).code == "arguments_break_schema"


def test_a_tree_may_name_itself_once(judged):
    node = {"type": "object", "properties": {"name": {"type": "string"}, "under": {"items": {"$ref": "#"}}}}
    tree = {"name": "a", "under": [{"name": "b", "under": [{"name": 3}]}]}
    finding = only(judged(chat(says(call(json.dumps(tree))), tools=[tool(parameters=node)])))
    assert finding.code == "arguments_break_schema"
    assert "(at under/0/under/0/name)" in sentence(finding)


def test_an_older_draft_is_followed_where_the_schema_names_it(judged):
    older = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"a": {"items": [{}]}},
    }
    assert judged(chat(says(call('{"a": [1]}')), tools=[tool(parameters=older)])).counts == {}


def test_the_same_declarations_are_wrong_on_each_line_that_repeats_them(judged):
    findings = judged(*[chat(ANSWER, tools=[tool("find order")])] * 3)
    assert [finding.line for finding in findings.first("error")] == [1, 2, 3]


def test_a_long_text_of_a_schema_or_a_call_stays_short_in_the_finding(judged):
    schema = {"type": "object", "properties": {"a": {"enum": ["x" * 5_000]}}}
    finding = only(judged(chat(says(call(json.dumps({"a": "y" * 5_000}))), tools=[tool(parameters=schema)])))
    assert len(sentence(finding)) < 500
    assert len(finding.quote) == 120


def test_declarations_are_searched_for_flaws_once_however_often_a_file_is_read(
    judged: Callable[..., Findings], monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[Any] = []
    look_at = tools._schema

    def counted(schema: Any, field: str) -> Any:
        searched.append(schema)
        return look_at(schema, field)

    monkeypatch.setattr(tools, "_schema", counted)
    monkeypatch.setattr(tools, "_flawless", set())
    declared = [tool(parameters={"type": "object", "maxProperties": n}) for n in range(100)]  # more than are held
    for _ in range(3):
        assert not judged(*[chat(ANSWER, tools=(one,)) for one in declared]).errors
    assert len(searched) == 100
    judged(chat(says(call()), told(), ANSWER, tools=(declared[0],)))  # a call wants its schema
    assert searched[100:] == [declared[0]["function"]["parameters"]]
