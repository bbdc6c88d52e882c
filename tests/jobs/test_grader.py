"""Graders are checked before a job is sent, and a mistake is named with its place."""

import msgspec
import pytest

from bot.errors import Invalid
from bot.jobs.grader import EXAMPLE, read_grader
from texts.errors import sentence


def grader(**changes: object) -> str:
    return msgspec.json.encode(msgspec.json.decode(EXAMPLE) | changes).decode()


PYTHON = {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1.0\n"}
SCORE = {"type": "score_model", "name": "s", "model": "gpt-4o", "input": [{"role": "user", "content": "{{item.q}}"}]}
SIMILAR = {
    "type": "text_similarity",
    "name": "t",
    "input": "{{ sample.output_text }}",
    "reference": "{{item.reference.text}}",
    "evaluation_metric": "rouge_l",
}
MULTI = {"type": "multi", "name": "m", "graders": {"a": PYTHON, "b": SIMILAR}, "calculate_output": "a * b"}


@pytest.mark.parametrize("value", [PYTHON, SCORE, SIMILAR, MULTI, {**SCORE, "range": [0, 10]}])
def test_each_documented_shape_is_taken_and_sent_as_it_was_written(value: dict[str, object]) -> None:
    assert read_grader(msgspec.json.encode(value).decode()) == value


def test_the_example_that_people_are_shown_is_a_grader() -> None:
    assert read_grader(EXAMPLE)["operation"] == "eq"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exact match", "The grader is JSON"),
        ('{"type": ' + "[" * 5000, "The grader is JSON"),
        ("{}", "missing required field `type`"),
        (grader(type="label_model"), "label_model"),
        (grader(operation="=="), "invalid enum value"),
        (grader(refrence="x"), "refrence"),
        (grader(input=7), "expected `str`, got `int`, at input"),
        (grader(input="{{sample.text}}"), "{{sample.text}} stands for nothing"),
        (grader(reference="{{answer}}"), "{{answer}} stands for nothing"),
        (msgspec.json.encode({**PYTHON, "source": "def grade(sample):\n  return 1"}).decode(), "takes two arguments"),
        (msgspec.json.encode({**PYTHON, "source": "x = 1"}).decode(), "no function `grade(sample, item)`"),
        (msgspec.json.encode({**PYTHON, "source": "def grade(s, i)\n  return 1"}).decode(), "mistake in line 1"),
        (msgspec.json.encode({**PYTHON, "source": "#" * 256_001}).decode(), "longer than the 256 kB"),
        (msgspec.json.encode({**MULTI, "graders": {"a": MULTI}}).decode(), "multi"),
        (msgspec.json.encode({**MULTI, "graders": {}}).decode(), "at graders"),
        (msgspec.json.encode({**SCORE, "range": [1, 0]}).decode(), "from its lower to its upper end"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_grader(text)
    assert refusal.value.field == "grader"
    assert words in sentence(refusal.value)


def test_a_graders_source_is_never_run(capsys: pytest.CaptureFixture[str]) -> None:
    read_grader(msgspec.json.encode({**PYTHON, "source": "print('run')\ndef grade(s, i):\n  return 1"}).decode())
    assert capsys.readouterr().out == ""
