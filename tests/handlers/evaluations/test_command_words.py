"""What is typed after `/finetune evaluate`, in either language's punctuation."""

import pytest

from bot.errors import Invalid
from handlers.evaluations.command_words import Words, read_command

GRADER = '{"type": "string_check", "name": "a, b = c", "operation": "eq"}'


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", Words()),
        ("job-1", Words(("job-1",))),
        ("A,B on f.jsonl", Words(("A", "B"), "f.jsonl")),
        ("A, B,C  on f.jsonl with match n=200", Words(("A", "B", "C"), "f.jsonl", "match", 200)),
        (
            "`A` `B` on `my file.jsonl` samples=3 checkpoints=yes",
            Words(("A", "B"), "my file.jsonl", None, None, 3, True),
        ),
        ("A on my file.jsonl n=50", Words(("A",), "my file.jsonl", None, 50)),
        ("A，B、A on 训练（1）.jsonl n＝２００，samples＝3", Words(("A", "B"), "训练（1）.jsonl", None, 200, 3)),
        ("A\u3000B\u3000ON\u3000“数据 集.jsonl”\u3000WITH\u3000match。", Words(("A", "B"), "数据 集.jsonl", "match")),
        ("n=1,000 A on f.jsonl confirm=yes", Words(("A",), "f.jsonl", None, 1000, confirmed=True)),
        (f"A on f.jsonl with {GRADER} n=5", Words(("A",), "f.jsonl", GRADER, 5)),
        (f"A on f.jsonl with `{GRADER}`", Words(("A",), "f.jsonl", GRADER)),
        (f"A with ```json\n{GRADER}\n``` on f.jsonl", Words(("A",), "f.jsonl", GRADER)),
        ("A on f.jsonl with tone.yaml confirm=是", Words(("A",), "f.jsonl", "tone.yaml", confirmed=True)),
        ("A on f.jsonl with {broken n=5}", Words(("A",), "f.jsonl", "{broken n=5}")),
        ("A,B with match", Words(("A", "B"), None, "match")),
    ],
)
def test_words_are_read_as_they_were_meant(typed: str, meant: Words) -> None:
    assert read_command(typed) == meant


@pytest.mark.parametrize("typed", ["A n=0", "A n=many", "A samples=1.5", "A n=", "A n=9999999"])
def test_what_is_no_count_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="not_a_count"):
        read_command(typed)


@pytest.mark.parametrize(
    ("typed", "kind"), [("A checkpoints=perhaps", "not_yes_or_no"), ("A speed=9", "unknown_setting")]
)
def test_a_setting_that_there_is_not_is_refused(typed: str, kind: str) -> None:
    with pytest.raises(Invalid, match=kind):
        read_command(typed)
