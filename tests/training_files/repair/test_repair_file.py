"""Repairing as a whole: what is proposed is what happens, once is enough, and nothing disappears."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.refusal import refused
from training_files import DEFAULT_MODEL, check_file
from training_files.finding_codes import BY_CODE
from training_files.repair import drafted, passes, plan_repairs, repair_file, survey, unusable
from training_files.repair.repairs import BY_ID
from training_files.repair.source import records
from training_files.validate_example import validate

texts = st.text(st.characters(codec="utf-8"), max_size=30)
words = st.sampled_from(
    ["Yes.", "No.", "Sure! It is.", "Of course, it is.", "a\x00b", "tab\t", " ", "", "jane.doe@acme-corp.com"]
)
roles = st.sampled_from(["user", "assistant", "system", "Human", "gpt", "narrator", "tool", 7, None])
said = st.one_of(texts, words, st.none(), st.just([{"type": "text", "text": "part"}]))
message = st.fixed_dictionaries(
    {"role": roles, "content": said},
    optional={"weight": st.sampled_from([0, 1, "1", True, 2]), "mood": texts, "name": texts},
)
good = st.builds(
    lambda question, answer: {
        "messages": [{"role": "user", "content": "Q " + question}, {"role": "assistant", "content": "A " + answer}]
    },
    texts,
    texts,
)
broken = st.builds(lambda messages: {"messages": messages}, st.lists(message, max_size=4))
called = st.builds(
    lambda arguments: {
        "messages": [
            {"role": "user", "content": "Where?"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "there"},
            {"role": "assistant", "content": "There."},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    },
    st.sampled_from(["{}", '"{}"', "", "no", {"a": 1.5}, 7]),
)
pair = st.builds(lambda prompt, completion: {"prompt": prompt, "completion": completion}, said, said)
preference = st.builds(
    lambda asked, better, worse: {
        "input": {"messages": [asked]},
        "preferred_output": [{"role": "assistant", "content": better}],
        "non_preferred_output": [{"role": "assistant", "content": worse}],
    },
    message,
    said,
    said,
)
example = st.one_of(good, good, broken, called, pair, preference)
line = st.one_of(
    example.map(lambda one: json.dumps(one).encode()),
    example.map(lambda one: json.dumps(one, ensure_ascii=False).encode() + b"\r"),
    example.map(lambda one: repr(one).encode()),
    example.map(lambda one: json.dumps(one).encode()[:-1]),
    st.sampled_from([b"", b" ", b"[]", b"null", b"\xff", b"{}", b'{"messages": 1}', b'{"a": "caf\xe9"}']),
)
files = st.lists(line, min_size=1, max_size=25).map(b"\n".join)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=files)
def test_once_is_enough_and_nothing_disappears(tmp_path: Path, data: bytes) -> None:
    path, out, again = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "again.jsonl"
    path.write_bytes(data)
    plan = plan_repairs(path, model=DEFAULT_MODEL)
    if plan.table is not None:
        return
    chosen = [one.id for one in plan.repairs]
    recommended = repair_file(path, out, chosen=plan.recommended, model=DEFAULT_MODEL)
    assert {one.id: one.examples for one in plan.repairs if one.recommended} == recommended.changed
    assert plan.examples == recommended.examples + recommended.dropped + recommended.lost_lines

    done = repair_file(path, out, chosen=chosen, model=DEFAULT_MODEL)
    assert plan.examples == done.examples + done.dropped + done.lost_lines
    repaired = out.read_bytes()
    assert (done.bytes, done.sha256) == (len(repaired), hashlib.sha256(repaired).hexdigest())
    assert repaired.count(b"\n") == done.examples
    assert path.read_bytes() == data
    assert not {code for code in check_file(out).counts if BY_CODE[code].repair in chosen}
    assert not [one.id for one in plan_repairs(out, model=DEFAULT_MODEL).repairs if one.id in chosen]
    repair_file(out, again, chosen=chosen, model=DEFAULT_MODEL)
    assert again.read_bytes() == repaired


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(examples=st.lists(good, min_size=1, max_size=10, unique_by=json.dumps), junk=st.lists(line, max_size=5))
def test_what_needs_no_repair_comes_through_byte_for_byte(
    tmp_path: Path, examples: list[dict[str, Any]], junk: list[bytes]
) -> None:
    sound = [json.dumps(one).encode() for one in examples if not one["messages"][1]["content"].endswith("\x00")]
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_bytes(b"\n".join(sound) + b"\n")
    clean = check_file(path)
    if set(clean.counts) - {"too_few_examples"} or plan_repairs(path, model=DEFAULT_MODEL).repairs:
        return
    path.write_bytes(b"\n".join([*sound, *junk]))
    chosen = [
        one for one in plan_repairs(path, model=DEFAULT_MODEL).recommended if one not in ("convert", "filler_openings")
    ]
    repair_file(path, out, chosen=chosen, model=DEFAULT_MODEL)
    assert out.read_bytes().split(b"\n")[: len(sound)] == sound


def test_nothing_is_done_that_was_not_chosen(tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_bytes(
        b'{"messages": [{"role": "Human", "content": "a", "x": 1}]}\n' * 2 + b'{"prompt": "a", "completion": "b"}\n'
    )
    done = repair_file(path, out, chosen=[], model=DEFAULT_MODEL)
    assert out.read_bytes() == path.read_bytes()
    assert (done.examples, done.dropped, done.lost_lines, done.changed) == (3, 0, 0, {})


def test_the_original_is_never_overwritten(tmp_path: Path) -> None:
    path, link = tmp_path / "in.jsonl", tmp_path / "link.jsonl"
    path.write_bytes(b"{}\n")
    link.symlink_to(path)
    for out in (path, link):
        with refused("never overwritten"):
            repair_file(path, out, chosen=[], model=DEFAULT_MODEL)
    assert path.read_bytes() == b"{}\n"


def test_a_pipe_or_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    path, pipe = tmp_path / "in.jsonl", tmp_path / "pipe"
    path.write_text(json.dumps(CHAT), encoding="utf-8")
    os.mkfifo(pipe)
    with refused("not a file"):
        repair_file(path, pipe, chosen=[], model=DEFAULT_MODEL)
    assert pipe.is_fifo()


def test_an_unknown_repair_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="polish"):
        repair_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", chosen=["polish"], model=DEFAULT_MODEL)


def test_a_repaired_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(CHAT), encoding="utf-8")
    with refused("cannot be written"):
        repair_file(path, tmp_path / "nowhere" / "out.jsonl", chosen=[], model=DEFAULT_MODEL)
    assert list(tmp_path.iterdir()) == [path]


CHAT = {"messages": [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A."}]}
PREFERENCE = {
    "input": {"messages": [{"role": "user", "content": "Q?"}], "tools": []},
    "preferred_output": [{"role": "assistant", "content": "A."}],
    "non_preferred_output": [{"role": "assistant", "content": "B."}],
}


@pytest.mark.parametrize(
    ("before", "to", "after"),
    [
        ({"prompt": "Q?", "completion": " A."}, "chat", CHAT),
        (PREFERENCE, "chat", CHAT | {"tools": []}),
        (CHAT, "completion", {"prompt": "Q?", "completion": "A."}),
        (
            {"messages": [{"role": "system", "content": "Be kind."}, *CHAT["messages"]]},
            "completion",
            {"prompt": "Be kind.\n\nQ?", "completion": "A."},
        ),
        (PREFERENCE, "completion", {"prompt": "Q?", "completion": "A."}),
    ],
)
def test_one_format_becomes_another(tmp_path: Path, before: Any, to: Any, after: Any) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text(json.dumps(before), encoding="utf-8")
    repair_file(path, out, chosen=["convert"], model=DEFAULT_MODEL, to=to)
    assert json.loads(out.read_text(encoding="utf-8")) == after


def test_separator_and_stop_sequence_are_taken_off_on_the_way_to_a_chat(tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    pairs = [{"prompt": f"{n}?\n\n###\n\n", "completion": f" The number {n} END"} for n in range(9)]
    path.write_text("\n".join(map(json.dumps, pairs)), encoding="utf-8")
    repair_file(path, out, chosen=["convert"], model=DEFAULT_MODEL, to="chat")
    first = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
    assert [one["content"] for one in first["messages"]] == ["0?", "The number 0"]


def test_a_chat_that_no_completion_can_hold_is_named(tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    long = {"messages": CHAT["messages"] * 2}
    path.write_text(json.dumps(CHAT) + "\n" + json.dumps(long), encoding="utf-8")
    done = repair_file(path, out, chosen=["convert"], model=DEFAULT_MODEL, to="completion")
    assert (done.examples, [one.line for one in done.lost]) == (1, [2])


def test_no_answer_is_made_up_for_a_preference(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(CHAT), encoding="utf-8")
    with refused("better and a worse answer"):
        plan_repairs(path, model=DEFAULT_MODEL, to="preference")


def test_reinforcement_examples_keep_their_last_question(tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    examples = [{"messages": [*CHAT["messages"], {"role": "user", "content": str(n)}], "answer": n} for n in range(3)]
    path.write_text("\n".join(map(json.dumps, examples)), encoding="utf-8")
    plan = plan_repairs(path, model=DEFAULT_MODEL)
    assert (plan.repairs, plan.format) == ((), "reinforcement")
    repair_file(path, out, chosen=["trailing_messages", "unusable"], model=DEFAULT_MODEL)
    assert [json.loads(one) for one in out.read_text(encoding="utf-8").splitlines()] == examples


def test_progress_grows_from_nothing_to_all(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes((json.dumps(CHAT | {"id": "x" * 9_999}) + "\n").encode() * 300)
    seen: list[tuple[int, int]] = []
    plan_repairs(path, model=DEFAULT_MODEL, progress=lambda done, total: seen.append((done, total)))
    assert len(seen) > 4
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


def test_a_file_is_read_twice_and_an_example_without_errors_judged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, judged = Mock(wraps=records), Mock(wraps=validate)
    monkeypatch.setattr(passes, "records", reads)
    for module in (survey, unusable):
        monkeypatch.setattr(module, "validate", judged)
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(CHAT | {"tools": tools}) + "\n" + json.dumps(CHAT) + ",\n" for _ in range(20)))
    with drafted(path, model=DEFAULT_MODEL) as draft:
        assert draft.plan.recommended == ("json_syntax", "duplicates")
        assert draft.has(draft.plan.recommended)
        assert draft.write(tmp_path / "out.jsonl").examples == 2
    assert reads.call_count == 2
    assert judged.call_count == 20  # plain ones are known to be sound


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=files, chosen=st.sets(st.sampled_from(sorted(BY_ID))))
def test_a_draft_has_what_repairing_by_itself_would_write(tmp_path: Path, data: bytes, chosen: set[str]) -> None:
    path, out, drawn = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "drawn.jsonl"
    path.write_bytes(data)
    with drafted(path, model=DEFAULT_MODEL, chosen=chosen) as draft:
        if draft.plan.table is not None:
            return
        assert draft.write(drawn) == repair_file(path, out, chosen=chosen, model=DEFAULT_MODEL)
        assert drawn.read_bytes() == out.read_bytes()
        did = {one.id for one in draft.plan.repairs} & chosen
        assert draft.has(chosen)
        assert draft.has(did)
        assert not draft.has(did | (BY_ID.keys() - chosen)) or chosen == BY_ID.keys()
        assert not any(draft.has(did - {one}) for one in did)
        repair_file(path, out, chosen=did, model=DEFAULT_MODEL)
        assert drawn.read_bytes() == out.read_bytes()
