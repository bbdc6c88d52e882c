import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.conversations.starter import Starter, starter

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(*examples: Any) -> Path:
        path = tmp_path / "train.jsonl"
        path.write_bytes(b"".join(json.dumps(example).encode() + b"\n" for example in examples))
        return path

    return write


def example(*messages: tuple[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in messages]}


def test_a_conversation_begins_with_what_the_examples_share(write: Write) -> None:
    path = write(
        example(("system", "Be kind."), ("user", "One?"), ("assistant", "One.")),
        example(("system", "Be kind."), ("user", "Two?"), ("assistant", "Two.")),
    )
    assert starter(path) == Starter("Be kind.", "One?")


def test_a_developer_message_counts_as_one(write: Write) -> None:
    assert starter(write(example(("developer", "Be brief."), ("user", "One?")))).system == "Be brief."


def test_examples_that_differ_share_nothing(write: Write) -> None:
    path = write(example(("system", "Be kind."), ("user", "One?")), example(("user", "Two?")))
    assert starter(path) == Starter(None, "One?")


def test_a_question_of_parts_is_passed_over_for_the_first_in_words(write: Write) -> None:
    path = write(example(("user", [{"type": "text", "text": "?"}])), example(("user", "In words?")))
    assert starter(path).question == "In words?"


@pytest.mark.parametrize("messages", [None, "text", [None, 7], [{"role": "user"}], []])
def test_odd_examples_are_passed_over(write: Write, messages: Any) -> None:
    assert starter(write({"messages": messages}, example(("user", "One?")))).question == "One?"


def test_a_file_that_is_gone_or_is_no_jsonl_opens_with_nothing(tmp_path: Path, write: Write) -> None:
    assert starter(tmp_path / "gone.jsonl") == Starter()
    (tmp_path / "photo.jsonl").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    assert starter(tmp_path / "photo.jsonl") == Starter()


def test_the_tools_of_the_examples_are_offered_to_the_model() -> None:
    begun = starter(Path(__file__).parents[2] / "examples" / "tool-calls.jsonl")
    assert [tool["function"]["name"] for tool in begun.tools] == ["find_order", "book_repair"]
