"""Random examples to read."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.refusal import refused
from training_files.sample import TEXT, TURNS, sample


def chat(n: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"{n}?"}, {"role": "assistant", "content": f"{n}."}]}


def test_a_sample_is_a_few_examples_in_the_files_order(write: Callable[..., Path]) -> None:
    path = write(*[chat(n) for n in range(50)])
    drawn = sample(path, seed=3)
    assert len(drawn) == 3
    assert [one.line for one in drawn] == sorted({one.line for one in drawn})
    assert all(one.turns == (("user", f"{one.line - 1}?"), ("assistant", f"{one.line - 1}.")) for one in drawn)
    assert sample(path, seed=3) == drawn
    assert sample(path, seed=4) != drawn


def test_every_example_is_as_likely_as_the_others_whatever_stands_between_them(write: Callable[..., Path]) -> None:
    lines = [chat(0), b"", b"{broken", b"[]", b'{"other": 1}', chat(1), b"{broken", chat(2), chat(3)]
    path = write(*lines)
    drawn = Counter(one.line for seed in range(2000) for one in sample(path, n=1, seed=seed))
    assert drawn.keys() == {1, 6, 8, 9}
    assert all(420 < count < 580 for count in drawn.values())  # 500 each, give or take four standard deviations


def test_a_small_file_is_shown_whole(write: Callable[..., Path]) -> None:
    assert [one.line for one in sample(write(chat(0), b"{", chat(1)), n=5, seed=0)] == [1, 3]


@pytest.mark.parametrize(
    ("example", "format", "turns"),
    [
        ({"prompt": "a ->", "completion": " b"}, "completion", (("prompt", "a ->"), ("completion", " b"))),
        (
            {
                "input": {"messages": [{"role": "user", "content": "Which?"}]},
                "preferred_output": [{"role": "assistant", "content": "This"}],
                "non_preferred_output": [{"role": "assistant", "content": "That"}],
            },
            "preference",
            (("user", "Which?"), ("preferred", "This"), ("non_preferred", "That")),
        ),
        (
            {"messages": [{"role": "user", "content": "1+1"}], "answer": 2},
            "reinforcement",
            (("user", "1+1"), ("answer", "2")),
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "x"}}],
                    },
                    {"role": "assistant", "tool_calls": [{"function": {"name": "look", "arguments": '{"a":1}'}}]},
                    {"role": "assistant", "content": None, "refusal": "No."},
                ]
            },
            "chat",
            (("user", "See\n[image]"), ("assistant", 'look({"a":1})'), ("assistant", "No.")),
        ),
        ({"messages": ["odd", {"content": 3}]}, "chat", (("?", "odd"), ("?", "3"))),
    ],
)
def test_every_format_is_shown_as_turns(
    write: Callable[..., Path], example: dict[str, Any], format: str, turns: tuple[tuple[str, str], ...]
) -> None:
    (drawn,) = sample(write(example), seed=0)
    assert (drawn.format, drawn.turns) == (format, turns)


def test_long_texts_and_long_chats_are_cut_and_the_answer_is_kept(write: Callable[..., Path]) -> None:
    turns = [{"role": "user", "content": f"{n}" + "x" * 5000} for n in range(100)]
    (drawn,) = sample(write({"messages": [*turns, {"role": "assistant", "content": "the end"}]}), seed=0)
    assert len(drawn.turns) == TURNS
    assert max(len(text) for _, text in drawn.turns) == TEXT
    assert [text[:2] for _, text in drawn.turns] == [
        "0x",
        "1x",
        "2x",
        "3x",
        "4x",
        "5x",
        "95",
        "96",
        "97",
        "98",
        "99",
        "th",
    ]
    assert drawn.turns[-1] == ("assistant", "the end")
    assert drawn.left_out == 101 - TURNS


def test_a_spreadsheet_is_to_be_repaired_first(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    with refused("repair it first"):
        sample(path, seed=0)


def test_deep_nesting_is_no_trouble(write: Callable[..., Path]) -> None:
    deep: Any = json.loads('{"a":' * 300 + "1" + "}" * 300)
    (drawn,) = sample(write({"messages": [{"role": "user", "content": deep}]}), seed=0)
    assert len(drawn.turns[0][1]) <= TEXT
