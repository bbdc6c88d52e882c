"""Which items a file of each format has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.evaluations.evaluation import Task
from bot.evaluations.items import items_in, items_of, language_of
from bot.evaluations.survey import survey
from tests.evaluating import a_chat, labelled
from tests.parts import MODEL


def test_each_answer_of_a_chat_is_asked_for_again_with_what_came_before_it() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"city": "Rome"}'}}
    example: dict[str, Any] = {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather in Rome?"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
            {"role": "assistant", "content": "Sunny."},
            {"role": "user", "content": "Thanks"},
            {"role": "assistant", "content": "Not trained on.", "weight": 0},
        ],
        "tools": [{"type": "function", "function": {"name": "find"}}],
        "source": "manual-7",
        "answer": "Sunny.",
    }
    first, second = items_of(example, 3)
    assert (first.line, first.turn, second.line, second.turn) == (3, 0, 3, 1)
    assert [message.role for message in second.messages] == ["system", "user", "assistant", "tool"]
    assert first.fields["reference_calls"] == [call]
    assert (first.reference, second.reference) == ("", "Sunny.")
    assert second.fields["prompt"] == "Weather in Rome?"
    assert second.fields["answer"] == "Sunny."
    assert first.group == second.group == "source:manual-7"
    assert first.tools == tuple(example["tools"])


def test_other_formats_have_one_item_each() -> None:
    said = [{"role": "user", "content": "Hi"}]
    preferred = items_of(
        {
            "input": {"messages": said},
            "preferred_output": [{"role": "assistant", "content": "Hello!"}],
            "non_preferred_output": [{"role": "assistant", "content": "What?"}],
        }
    )
    assert [(item.reference, item.fields["rejected"]) for item in preferred] == [("Hello!", "What?")]
    assert [item.reference for item in items_of({"prompt": "1+1=", "completion": " 2"})] == ["2"]
    (rewarded,) = items_of({"messages": said, "target": 4, "level": "hard"})
    assert (rewarded.reference, rewarded.fields["level"]) == ("4", "hard")


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}]},
        {"role": "user", "content": [{"type": "input_audio"}]},
        {"role": "narrator", "content": "Once"},
        {"role": "user", "content": 5},
        "hello",
    ],
)
def test_what_cannot_be_asked_safely_is_no_item(message: Any) -> None:
    assert items_of({"messages": [message, {"role": "assistant", "content": "A cat."}]}) == []


def test_language_is_told_by_letters() -> None:
    told = [language_of(text) for text in ("Where is it?", "请问 API 在哪里？", "どこですか", "어디", "Где?", "42")]
    assert told == ["latin", "zh", "ja", "ko", "cyrillic", ""]


def test_what_ends_completions_is_no_part_of_an_answer(write: Callable[..., Path]) -> None:
    path = write(
        *[{"prompt": f"Review {n}\n\n###\n\n", "completion": f" {('good', 'bad')[n % 2]} END"} for n in range(20)]
    )
    assert {item.reference for item in items_in(path)} == {"good", "bad"}
    read = survey(path, 100, 1, [MODEL])
    assert (read.task, set(read.labels)) == (Task.CLASSIFICATION, {"good", "bad"})


def test_the_same_items_are_drawn_for_the_same_seed_each_once(write: Callable[..., Path]) -> None:
    path = write(*[a_chat(f"Question {n % 30}?", f"Answer {n % 30}.") for n in range(60)])
    read = survey(path, 12, 7, [MODEL])
    assert (len(read.drawn), read.n_in_file) == (12, 30)
    assert read == survey(path, 12, 7, [MODEL])
    assert [one.line for one in read.drawn] != [one.line for one in survey(path, 12, 8, [MODEL]).drawn]
    more = {one.line for one in survey(path, 20, 7, [MODEL]).drawn}
    assert more > {one.line for one in read.drawn}, "with more, what was asked before is asked again"
    assert len({one.prompt for one in survey(path, 100, 7, [MODEL]).drawn}) == 30
    assert read.prompt_tokens[MODEL] > read.answer_tokens[MODEL] > 12


def test_what_kind_of_answers_a_file_has(write: Callable[..., Path]) -> None:
    def of(*examples: Any) -> tuple[Task, str]:
        read = survey(write(*examples), 100, 1, [MODEL])
        return read.task, read.suits

    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    calls = [
        {"messages": [{"role": "user", "content": f"{n}"}, {"role": "assistant", "tool_calls": [call]}]} for n in "ab"
    ]
    long = "It depends on many things, of which the first is the weather in the mountains."
    assert of(*labelled(20)) == (Task.CLASSIFICATION, "match")
    assert of(*calls) == (Task.CALLS, "calls")
    assert of(*[a_chat(f"{n}?", f'{{"n": {n}}}') for n in range(9)]) == (Task.JSON, "json")
    assert of(*[a_chat(f"{n}?", f"City {n}") for n in range(9)]) == (Task.TEXT, "match")
    assert of(*[a_chat(f"{n}?", f"{n}: {long}") for n in range(9)]) == (Task.TEXT, "rouge_l")


def test_slices_and_groups(write: Callable[..., Path]) -> None:
    examples = [
        {**a_chat("word " * n, ("good", "bad")[n % 2]), "metadata": {"category": "billing" if n < 10 else "other"}}
        for n in range(1, 31)
    ]
    turns = [{"role": "user", "content": "Well?"}, {"role": "assistant", "content": "good"}]
    examples[0]["messages"] += turns
    read = survey(write(*examples), 100, 1, [MODEL])
    lengths = [one.slices["length"] for one in read.drawn]
    assert {length: lengths.count(length) for length in lengths} == {"short": 10, "medium": 10, "long": 11}
    assert {one.slices["tag"] for one in read.drawn} == {"billing", "other"}
    assert {one.slices["label"] for one in read.drawn} == {"good", "bad"}
    assert [one.group for one in read.drawn if one.group] == ["line:1", "line:1"]
