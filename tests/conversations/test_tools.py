import json
from typing import Any

import pytest

from bot.conversations.tools import LONGEST, read_tools, shared_tools
from bot.errors import Invalid
from texts.errors import sentence

FUNCTION = {"name": "find_order", "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}}}
TOOL = {"type": "function", "function": FUNCTION}


@pytest.mark.parametrize(
    "written",
    [
        [TOOL],
        TOOL,
        FUNCTION,
        [FUNCTION],
        {"type": "function", **FUNCTION},
        {"tools": [TOOL]},
        {"messages": [], "functions": [FUNCTION]},
    ],
)
def test_tools_are_taken_in_every_form_in_which_people_have_them(written: Any) -> None:
    assert read_tools(json.dumps(written, indent=2)) == (TOOL,)


def test_nothing_is_no_tool() -> None:
    assert read_tools(" \n") == ()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("find_order(number)", "not valid JSON"),
        ("7", "not a list"),
        (json.dumps([{"type": "retrieval"}]), "tools[0]"),
        (json.dumps([{**FUNCTION, "name": "find order"}]), "letters, digits"),
        (json.dumps([TOOL, TOOL]), "Keep one of the two"),
        (json.dumps([{**FUNCTION, "parameters": {"type": "objekt"}}]), "JSON schema"),
        (json.dumps([{**FUNCTION, "parameters": {"properties": {"a": {"type": "interger"}}}}]), "JSON schema"),
        (json.dumps([{**FUNCTION, "name": f"f{number}"} for number in range(129)]), "128"),
        ("[" * 5000, "not valid JSON"),
        (json.dumps([TOOL]) + " " * LONGEST, f"{LONGEST:,}"),
    ],
)
def test_what_no_model_could_be_given_is_refused_with_the_reason(written: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_tools(written, "tools_block")
    assert refused.value.field == "tools_block"
    assert told in sentence(refused.value)


def test_examples_share_tools_where_all_that_have_any_have_the_same() -> None:
    same = {"tools": [TOOL]}
    assert shared_tools([same, {}, {"tools": [dict(reversed(TOOL.items()))]}]) == (TOOL,)
    assert shared_tools([{"functions": [FUNCTION]}]) == (TOOL,)
    assert shared_tools([same, {"tools": [{"type": "function", "function": {"name": "other"}}]}]) == ()
    assert shared_tools([{"tools": "?"}]) == ()
    assert shared_tools([{}]) == ()
