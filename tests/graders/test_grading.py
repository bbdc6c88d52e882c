"""What each grader gives an answer."""

from typing import Any

import pytest

from graders import Grade, Sample, grade, grader_of, passes
from texts.grader_errors import sentence


def graded(grader: dict[str, Any], answer: str | Sample, /, **item: Any) -> Grade:
    """By a grader whose name does not matter."""
    sample = Sample(answer) if isinstance(answer, str) else answer
    return grade(grader_of({"name": "g", **grader}), item, sample)


def check(operation: str, input: str = "{{sample.output_text}}", reference: str = "{{item.answer}}") -> dict[str, Any]:
    return {"type": "string_check", "operation": operation, "input": input, "reference": reference}


@pytest.mark.parametrize(
    ("operation", "answer", "reference", "reward"),
    [
        ("eq", "Paris", "Paris", 1.0),
        ("eq", "paris", "Paris", 0.0),
        ("ne", "paris", "Paris", 1.0),
        ("like", "It is Paris.", "Paris", 1.0),
        ("like", "It is paris.", "Paris", 0.0),
        ("ilike", "It is PARIS.", "paris", 1.0),
        ("ilike", "是巴黎。", "巴黎", 1.0),
        ("ilike", "是上海。", "巴黎", 0.0),
    ],
)
def test_strings_are_compared_as_the_protocol_has_it(
    operation: str, answer: str, reference: str, reward: float
) -> None:
    assert graded(check(operation), answer, answer=reference).reward == reward


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{item.a}}", "x"),
        ("{{ item.b.c }}", "y"),
        ("{{item.d[1].e}}", "z"),
        ("{{item['two words']}}", "w"),
        ("{{item.n}}", "1.5"),
        ("{{item.yes}}", "true"),
        ("{{item.d}}", '[0,{"e":"z"}]'),
        ("{{item.zh.键}}", "值"),
        ("a {{item.a}} b {{item.a}}", "a x b x"),
        ("{{sample.output_json.k[0]}}", "v"),
        ("{{sample.output_tools[0].function.name}}", "f"),
        ("{not a template}", "{not a template}"),
        ("{{item.evil}}", "{{item.a}}"),
    ],
)
def test_templates_stand_for_fields_of_the_item_and_of_the_answer(template: str, text: str) -> None:
    sample = Sample('{"k": ["v"]}', ({"function": {"name": "f", "arguments": "{}"}},))
    item = {"a": "x", "b": {"c": "y"}, "d": [0, {"e": "z"}], "two words": "w", "n": 1.5, "yes": True}
    item |= {"zh": {"键": "值"}, "evil": "{{item.a}}"}
    assert graded(check("eq", template, "{{item.wanted}}"), sample, **item, wanted=text) == Grade(1.0)


def test_a_field_that_the_item_lacks_is_said_and_gives_no_reward() -> None:
    said = graded(check("eq"), "Paris", question="?")
    assert (said.reward, said.why) == (None, "grader_nothing_there")
    assert said.fault is not None
    assert sentence(said.fault) == "There is nothing at {{item.answer}} for the grader to read."
    assert passes(grader_of({"name": "g", **check("eq")}), said) is None


@pytest.mark.parametrize("answer", ["no JSON", '{"other": 1}'])
def test_an_answer_that_is_not_the_json_it_should_be_is_wrong(answer: str) -> None:
    said = graded(check("eq", "{{sample.output_json.city}}"), answer, answer="Paris")
    assert said.reward == 0.0
    assert said.fault is not None


def test_json_in_a_code_fence_is_read() -> None:
    answer = 'Here:\n```json\n{"city": "Paris"}\n```'.removeprefix("Here:\n")
    assert graded(check("eq", "{{sample.output_json.city}}"), answer, answer="Paris").reward == 1.0
