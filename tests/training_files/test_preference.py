"""The preference format."""

from typing import Any

import pytest

from texts.findings import sentence

USER = {"role": "user", "content": "Is it open?"}


def says(text: Any) -> list[dict[str, Any]]:
    return [{"role": "assistant", "content": text}]


def pair(**changed: Any) -> dict[str, Any]:
    good = {
        "input": {"messages": [USER]},
        "preferred_output": says("Yes, until six."),
        "non_preferred_output": says("Yes."),
    }
    return {key: value for key, value in (good | changed).items() if value != "gone"}


def test_a_good_pair_is_fine(judged):
    assert (
        judged(pair(), pair(input={"messages": [USER, *says("Yes."), USER], "parallel_tool_calls": True})).counts == {}
    )


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"input": "gone"}, "invalid_preference", "input"),
        ({"input": "Is it open?"}, "invalid_preference", "input"),
        ({"input": {}}, "invalid_preference", "input.messages"),
        ({"input": {"messages": []}}, "invalid_preference", "input.messages"),
        ({"input": {"messages": [USER, *says("Yes.")]}}, "invalid_preference", "input.messages[1].role"),
        ({"input": {"messages": [USER | {"role": "human"}]}}, "unrecognized_role", "input.messages[0].role"),
        ({"input": {"messages": [USER], "parallel_tool_calls": 1}}, "invalid_value", "input.parallel_tool_calls"),
        ({"input": {"messages": [USER], "tools": [1]}}, "invalid_tools", "input.tools[0]"),
        ({"preferred_output": "gone"}, "invalid_preference", "preferred_output"),
        ({"non_preferred_output": "gone"}, "invalid_preference", "non_preferred_output"),
        ({"preferred_output": says("a")[0]}, "preference_not_one_answer", "preferred_output"),
        ({"preferred_output": []}, "preference_not_one_answer", "preferred_output"),
        ({"preferred_output": says("a") + says("b")}, "preference_not_one_answer", "preferred_output"),
        ({"preferred_output": ["a"]}, "preference_not_one_answer", "preferred_output"),
        ({"preferred_output": [USER]}, "preference_not_one_answer", "preferred_output"),
        ({"preferred_output": says("")}, "missing_content", "preferred_output[0].content"),
        ({"preferred_output": says(" ")}, "empty_answer", "preferred_output[0].content"),
        ({"preferred_output": says("Yes.")}, "equal_preference", "non_preferred_output"),
    ],
)
def test_each_defect_is_found_once_at_its_field(judged, changed, code, field):
    findings = judged(pair(), pair(**changed))
    (finding,) = findings.first("error")
    assert (finding.code, finding.line, finding.field) == (code, 2, field)
    assert findings.first("warning") == []


def test_pairs_are_trained_on_text(judged):
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    (finding,) = judged(pair(input={"messages": [USER | {"content": [image]}]})).first("error")
    assert "trained on text" in sentence(finding)


def test_the_outputs_are_held_to_the_tools_of_the_input(judged):
    tools = [{"type": "function", "function": {"name": "hours", "parameters": {"type": "object", "required": ["day"]}}}]
    call = {"id": "1", "type": "function", "function": {"name": "hours", "arguments": "{}"}}
    example = pair(
        input={"messages": [USER], "tools": tools}, preferred_output=[{"role": "assistant", "tool_calls": [call]}]
    )
    (finding,) = judged(example).first("warning")
    assert (finding.code, finding.field) == (
        "arguments_break_schema",
        "preferred_output[0].tool_calls[0].function.arguments",
    )


def test_unknown_keys_are_named_once_for_the_file(judged):
    findings = judged(pair(), pair(score=1), pair(score=2), pair(input={"messages": [USER], "topic": "hours"}))
    score, topic = findings.first("warning")
    assert (score.code, score.line, score.field) == ("unrecognized_key", 2, "score")
    assert "2 examples have" in sentence(score)
    assert (topic.line, topic.field) == (4, "input.topic")
