"""Prompts that are drawn from a training or validation file."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.compare.prompts import draw, prompt_of


def a_file(path: Path, examples: list[Any]) -> Path:
    path.write_bytes(b"\n".join(map(orjson.dumps, examples)))
    return path


def chat(question: str, *before: tuple[str, str]) -> dict[str, Any]:
    said = [*before, ("user", question), ("assistant", "An answer.")]
    return {"messages": [{"role": role, "content": content} for role, content in said]}


def test_each_is_drawn_once_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.jsonl", [chat(f"Question {n % 30}?") for n in range(90)])
    drawn = [prompt[-1].content for prompt in draw(path, 10, 7)]
    assert len(set(drawn)) == 10
    assert drawn == [prompt[-1].content for prompt in draw(path, 10, 7)]
    assert drawn != [prompt[-1].content for prompt in draw(path, 10, 8)]
    assert len(draw(path, 100, 7)) == 30


def test_each_has_the_same_chance(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.jsonl", [chat(str(n)) for n in range(10)])
    drawn = Counter(prompt[-1].content for seed in range(400) for prompt in draw(path, 2, seed))
    # 80 expected of each, with a deviation of 8.
    assert min(drawn.values()) > 80 - 4 * 8
    assert max(drawn.values()) < 80 + 4 * 8


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        (chat("Who?"), [("user", "Who?")]),
        (
            chat("And now?", ("system", "Be kind."), ("user", "Who?"), ("assistant", "I.")),
            [("system", "Be kind."), ("user", "Who?"), ("assistant", "I."), ("user", "And now?")],
        ),
        ({"input": {"messages": [{"role": "user", "content": "Better?"}]}}, [("user", "Better?")]),
        ({"prompt": "Once upon", "completion": " a time"}, [("user", "Once upon")]),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, []),
        ({"messages": [{"role": "assistant", "content": "Hello."}]}, []),
        ({"messages": "none"}, []),
        ({"messages": [7, None]}, []),
        ({}, []),
    ],
)
def test_a_prompt_is_the_chat_up_to_its_last_question(example: Any, expected: list[tuple[str, str]]) -> None:
    assert [(message.role, message.content) for message in prompt_of(example)] == expected


def test_what_follows_a_call_is_no_question_to_a_model_without_the_tools() -> None:
    call = {"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}
    example = {"messages": [{"role": "user", "content": "Free?"}, call, {"role": "tool", "content": "yes"}]}
    assert [message.content for message in prompt_of(example)] == ["Free?"]
