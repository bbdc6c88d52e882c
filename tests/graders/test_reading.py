"""Graders are checked before they are used, and a mistake is named with its place."""

from typing import Any

import msgspec
import pytest

from bot.errors import Invalid
from bot.jobs.settings import read_setting
from graders.errors import GraderError
from graders.grader import EXAMPLE, fits_training, judges
from graders.reading import as_json, read_grader
from texts.grader_errors import sentence


def grader(**changes: object) -> str:
    return written(msgspec.json.decode(EXAMPLE) | changes)


def written(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


PYTHON = {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1.0\n"}
SCORE = {"type": "score_model", "name": "s", "model": "gpt-4o", "input": [{"role": "user", "content": "{{item.q}}"}]}
LABEL = {**SCORE, "type": "label_model", "labels": ["good", "bad"], "passing_labels": ["good"]}
SIMILAR = {
    "type": "text_similarity",
    "name": "t",
    "input": "{{ sample.output_text }}",
    "reference": "{{item.reference.texts[0]}}",
    "evaluation_metric": "rouge_l",
}
MULTI = {"type": "multi", "name": "m", "graders": {"a": PYTHON, "b": SIMILAR}, "calculate_output": "a * b"}


@pytest.mark.parametrize("value", [PYTHON, SCORE, LABEL, SIMILAR, MULTI, {**SCORE, "range": [0, 10]}])
def test_each_documented_shape_is_read_and_written_as_it_was(value: dict[str, Any]) -> None:
    assert as_json(read_grader(written(value))) == value


@pytest.mark.parametrize("value", [PYTHON, SCORE, SIMILAR, MULTI])
def test_what_the_protocol_has_for_training_is_sent_as_it_was_written(value: dict[str, Any]) -> None:
    assert read_setting("grader", written(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        LABEL,
        {"type": "choice", "name": "letter"},
        {**MULTI, "graders": {"a": {"type": "number", "name": "n"}}, "calculate_output": "a"},
        {**SIMILAR, "pass_threshold": 0.8},
    ],
)
def test_what_the_protocol_has_not_for_training_is_refused_there(value: dict[str, Any]) -> None:
    assert not fits_training(read_grader(written(value)))
    with pytest.raises(Invalid, match="grader_not_for_training") as refusal:
        read_setting("grader", written(value))
    assert refusal.value.field == "grader"


def test_the_example_that_people_are_shown_is_a_grader() -> None:
    assert read_setting("grader", EXAMPLE)["operation"] == "eq"


def test_one_grader_in_multi_is_read_as_a_map_of_its_name() -> None:
    """The description has it so; the service takes a map."""
    one = read_grader(written({**MULTI, "graders": SIMILAR, "calculate_output": "t"}))
    assert as_json(one)["graders"] == {"t": SIMILAR}


def test_the_models_that_a_grader_asks_are_named_once() -> None:
    assert judges(read_grader(written({**MULTI, "graders": {"a": SCORE, "b": LABEL, "c": SIMILAR}}))) == ("gpt-4o",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exact match", "The grader is JSON"),
        ('{"type": ' + "[" * 5000, "The grader is JSON"),
        ("{}", "missing required field `type`"),
        (grader(type="label"), "label"),
        (grader(operation="=="), "invalid enum value"),
        (grader(refrence="x"), "refrence"),
        (grader(input=7), "expected `str`, got `int`, at input"),
        (grader(input="{{sample.text}}"), "{{sample.text}} stands for nothing"),
        (grader(input="{{item.a[}}"), "{{item.a[}} stands for nothing"),
        (grader(reference="{{answer}}"), "{{answer}} stands for nothing"),
        (written({**PYTHON, "source": "def grade(sample):\n  return 1"}), "takes two arguments"),
        (written({**PYTHON, "source": "x = 1"}), "no function `grade(sample, item)`"),
        (written({**PYTHON, "source": "def grade(s, i)\n  return 1"}), "mistake in line 1"),
        (written({**PYTHON, "source": "#" * 256_001}), "longer than the 256 kB"),
        (written({**MULTI, "graders": {"a": MULTI}}), "multi"),
        (written({**MULTI, "graders": {}}), "at graders"),
        (written({**MULTI, "calculate_output": "a + c"}), "names c, and no grader"),
        (written({**MULTI, "calculate_output": "a +"}), "The formula a + cannot be read"),
        (written({"type": "pattern", "name": "p", "pattern": "(?=a)"}), "The pattern (?=a) cannot be used"),
        (written({"type": "json_schema", "name": "s", "schema": {"type": "thing"}}), "The JSON schema cannot be used"),
        (
            written({"type": "json_schema", "name": "s", "schema": {"$ref": "http://example.com/s.json"}}),
            "The JSON schema cannot be used",
        ),
        (written({**SCORE, "range": [1, 0]}), "from its lower to its upper end"),
        (written({**LABEL, "passing_labels": ["good", "fine"]}), "none of the grader's labels: fine"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(GraderError) as refusal:
        read_grader(text)
    assert words in sentence(refusal.value)


def test_a_graders_source_is_never_run(capsys: pytest.CaptureFixture[str]) -> None:
    read_grader(written({**PYTHON, "source": "print('run')\ndef grade(s, i):\n  return 1"}))
    assert capsys.readouterr().out == ""
