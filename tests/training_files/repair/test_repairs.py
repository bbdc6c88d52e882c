"""Each repair, on an example that needs it and on one that does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from training_files import DEFAULT_MODEL, check_file
from training_files.repair import plan_repairs, repair_file


def chat(*turns: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in turns]} | more


def called(arguments: Any) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": arguments}}
    return {
        "messages": [
            {"role": "user", "content": "Where is it?"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "here"},
            {"role": "assistant", "content": "Here."},
        ],
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
    }


GOOD = chat(("user", "What is it?"), ("assistant", "A bicycle."))
PAIR = {
    "input": {"messages": [{"role": "user", "content": "Which?"}]},
    "preferred_output": [{"role": "assistant", "content": "This."}],
    "non_preferred_output": [{"role": "assistant", "content": "That."}],
}
OLDER = {
    "messages": [
        {"role": "user", "content": "Where?"},
        {"role": "assistant", "function_call": {"name": "look", "arguments": "{}"}},
        {"role": "function", "name": "look", "content": "here"},
        {"role": "assistant", "content": "Here."},
    ],
    "functions": [{"name": "look", "parameters": {"type": "object"}}],
}
NEWER = {
    "messages": [
        {"role": "user", "content": "Where?"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "here"},
        {"role": "assistant", "content": "Here."},
    ],
    "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
}


@pytest.mark.parametrize(
    ("repair", "before", "after"),
    [
        ("roles", chat(("Human", "Hi"), ("gpt", "Hello")), chat(("user", "Hi"), ("assistant", "Hello"))),
        (
            "roles",
            PAIR | {"preferred_output": [{"role": "bot", "content": "This."}]},
            PAIR,
        ),
        (
            "unknown_keys",
            {"messages": [{"role": "user", "content": "Hi", "mood": 1, "weight": 0}, *GOOD["messages"][1:]]},
            chat(("user", "Hi"), ("assistant", "A bicycle.")),
        ),
        (
            "unknown_keys",
            {"messages": [GOOD["messages"][0], GOOD["messages"][1] | {"weight": "1"}]},
            {"messages": [GOOD["messages"][0], GOOD["messages"][1] | {"weight": 1}]},
        ),
        ("functions", OLDER, NEWER),
        ("double_encoded_arguments", called(json.dumps(json.dumps({"a": 1}))), called(json.dumps({"a": 1}))),
        ("double_encoded_arguments", called({"a": 1}), called('{"a":1}')),
        (
            "control_characters",
            chat(("user", "a\x00b\x7f"), ("assistant", "tab\tand\nline \ufeffstay")),
            chat(("user", "ab"), ("assistant", "tab\tand\nline stay")),
        ),
        (
            "empty_messages",
            chat(("system", " "), ("user", "a"), ("assistant", "b")),
            chat(("user", "a"), ("assistant", "b")),
        ),
        (
            "trailing_messages",
            chat(("user", "a"), ("assistant", "b"), ("user", "thanks")),
            chat(("user", "a"), ("assistant", "b")),
        ),
        (
            "mask_secrets",
            chat(("user", "My key is AKIAQ3EGRIJ5WNXB7T2Z"), ("assistant", "Write to jane.doe@acme-corp.com")),
            chat(("user", "My key is [SECRET]"), ("assistant", "Write to jane.doe@acme-corp.com")),
        ),
        (
            "mask",
            chat(("user", "Who?"), ("assistant", "Write to jane.doe@acme-corp.com")),
            chat(("user", "Who?"), ("assistant", "Write to [EMAIL]")),
        ),
        ("mask", called('{"to":"jane.doe@acme-corp.com","n":1.50}'), called('{"to":"[EMAIL]","n":1.50}')),
        ("empty_answers", chat(("user", "a"), ("assistant", " \n")), None),
        ("empty_answers", PAIR | {"preferred_output": [{"role": "assistant", "content": ""}]}, None),
        ("weight_zero", {"messages": [GOOD["messages"][0], GOOD["messages"][1] | {"weight": 0}]}, None),
        ("equal_pairs", PAIR | {"non_preferred_output": PAIR["preferred_output"]}, None),
        ("unusable", chat(("narrator", "Once"), ("assistant", "upon a time")), None),
        ("unusable", {"text": "no example"}, None),
    ],
)
def test_a_repair_does_what_its_title_says_and_nothing_else(
    tmp_path: Path, repair: str, before: dict[str, Any], after: dict[str, Any] | None
) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    untouched = PAIR if "preferred_output" in before else GOOD
    path.write_text(json.dumps(before) + "\n" + json.dumps(untouched) + "\n", encoding="utf-8")
    proposal = next((one for one in plan_repairs(path, model=DEFAULT_MODEL).repairs if one.id == repair), None)
    done = repair_file(path, out, chosen=[repair], model=DEFAULT_MODEL)
    assert [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] == [
        *([after] if after else []),
        untouched,
    ]
    assert done.changed == {repair: 1}
    assert proposal is not None
    assert (proposal.examples, proposal.line, proposal.drops) == (1, 1, after is None)
    assert proposal.before != proposal.after != ""


def written(tmp_path: Path, examples: list[Any]) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in examples), encoding="utf-8")
    return path


def repaired(path: Path, chosen: list[str] | None = None, **more: Any) -> list[Any]:
    """The new file's examples, with what is recommended."""
    out = path.with_name("out.jsonl")
    if chosen is None:
        chosen = list(plan_repairs(path, model=DEFAULT_MODEL, **more).recommended)
    repair_file(path, out, chosen=chosen, model=DEFAULT_MODEL, **more)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_fillers_go_only_where_they_are_a_habit(tmp_path: Path) -> None:
    habit = [chat(("user", f"{n}?"), ("assistant", f"Sure! Of course, it is number {n}.")) for n in range(10)]
    assert {one["messages"][1]["content"][:13] for one in repaired(written(tmp_path, habit))} == {"It is number "}
    once = [chat(("user", f"{n}?"), ("assistant", f"It is number {n}.")) for n in range(30)]
    once.append(chat(("user", "Will you?"), ("assistant", "Sure! I will.")))
    assert repaired(written(tmp_path, once)) == once


def test_an_answer_that_is_only_a_filler_stays(tmp_path: Path) -> None:
    habit = [chat(("user", f"{n}?"), ("assistant", f"Sure! Number {n}.")) for n in range(10)]
    short = chat(("user", "Will you?"), ("assistant", "Sure!"))
    assert repaired(written(tmp_path, [*habit, short]))[-1] == short


def test_completions_get_one_separator_one_space_and_one_stop(tmp_path: Path) -> None:
    pairs = [{"prompt": f"Describe thing {n}", "completion": f"Some thing, the number is {n}"} for n in range(12)]
    path = written(tmp_path, pairs)
    assert repaired(path)[3] == {
        "prompt": "Describe thing 3\n\n###\n\n",
        "completion": " Some thing, the number is 3 END",
    }
    assert not check_file(path.with_name("out.jsonl")).counts.keys() & {
        "missing_separator",
        "missing_leading_space",
        "missing_stop_sequence",
    }


def test_the_separator_that_most_prompts_have_is_given_to_the_others(tmp_path: Path) -> None:
    pairs = [{"prompt": f"Thing {n} ->", "completion": f" It is a thing of the kind {n}.\n"} for n in range(12)]
    pairs[4]["prompt"] = "Thing 4"
    assert [one["prompt"] for one in repaired(written(tmp_path, pairs))] == [f"Thing {n} ->" for n in range(12)]


def test_a_separator_that_stands_inside_a_prompt_is_replaced_everywhere(tmp_path: Path) -> None:
    pairs = [{"prompt": f"Thing {n} ->", "completion": f" It is a thing of the kind {n}.\n"} for n in range(12)]
    pairs[4]["prompt"] = "From -> to, thing 4 ->"
    prompts = [one["prompt"] for one in repaired(written(tmp_path, pairs))]
    assert prompts[3:5] == ["Thing 3\n\n###\n\n", "From -> to, thing 4\n\n###\n\n"]


def test_long_chats_lose_their_oldest_turns_and_keep_system_message_and_end(tmp_path: Path) -> None:
    turns = [turn for n in range(40) for turn in (("user", f"{n} " + "word " * 2500), ("assistant", f"{n} yes"))]
    long = chat(("system", "Be kind."), *turns)
    hopeless = chat(("user", "word " * 70_000), ("assistant", "no"))
    shortened, after = repaired(written(tmp_path, [long, hopeless, GOOD]))
    assert after == GOOD
    roles = [message["role"] for message in shortened["messages"]]
    assert roles[:2] == ["system", "user"]
    assert shortened["messages"][-1] == long["messages"][-1]
    assert 20 < len(roles) < 81
    assert "example_too_long" not in check_file(tmp_path / "out.jsonl").counts


def test_duplicates_go_and_the_first_stays_where_it_was(tmp_path: Path) -> None:
    other = chat(("user", "b"), ("assistant", "c"))
    spaced = {"messages": [dict(reversed(list(one.items()))) for one in GOOD["messages"]]}
    assert repaired(written(tmp_path, [GOOD, other, spaced, GOOD])) == [GOOD, other]


def test_duplicates_that_mending_makes_go_too(tmp_path: Path) -> None:
    human = chat(("Human", "What is it?"), ("assistant", "A bicycle."))
    assert repaired(written(tmp_path, [human, GOOD])) == [GOOD]


def test_what_stands_in_the_validation_file_is_left_out(tmp_path: Path) -> None:
    validation = tmp_path / "validation.jsonl"
    validation.write_text(json.dumps(GOOD), encoding="utf-8")
    other = chat(("user", "b"), ("assistant", "c"))
    assert repaired(written(tmp_path, [GOOD, other]), validation=validation) == [other]


def test_near_duplicates_go_by_choice_only(tmp_path: Path) -> None:
    text = (
        "The quick brown fox jumps over the lazy dog while twelve grey geese look on and say nothing at all today. " * 3
    )
    near = [chat(("user", text + end), ("assistant", "A fable.")) for end in ("", "Really.")]
    path = written(tmp_path, near)
    assert repaired(path) == near
    assert repaired(path, ["near_duplicates"]) == near[:1]


def test_numbers_and_text_keep_their_value(tmp_path: Path) -> None:
    line = (
        '{"messages":[{"role":"human","content":"\\ud83d\\ude00 1"},{"role":"assistant","content":"2"}],'
        '"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":'
        '{"a":{"type":"number","maximum":123456789012345678901234567890,"multipleOf":0.10000000000000000000000000001,'
        '"minimum":-1.50}}}}}]}'
    )
    path = tmp_path / "in.jsonl"
    path.write_text(line, encoding="utf-8")
    repair_file(path, tmp_path / "out.jsonl", chosen=["roles"], model=DEFAULT_MODEL)
    expected = line.replace("\\ud83d\\ude00", "\U0001f600").replace("human", "user")
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == expected + "\n"


@pytest.mark.parametrize("repair", ["mask_secrets", "mask", "roles", "duplicates"])
def test_no_proposal_shows_a_secret(tmp_path: Path, repair: str) -> None:
    secret, mail = "AKIAQ3EGRIJ5WNXB7T2Z", "jane.doe@acme-corp.com"
    one = chat(("human", f"The key is {secret}"), ("assistant", f"Write to {mail}"))
    (proposal,) = [
        one for one in plan_repairs(written(tmp_path, [one, one]), model=DEFAULT_MODEL).repairs if one.id == repair
    ]
    assert not [part for part in (secret, mail) if part in f"{proposal.before}{proposal.after}"]
    assert proposal.before != proposal.after
