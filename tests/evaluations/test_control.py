from collections import Counter

import pytest

from bot.evaluations.control import ControlItem, control_items
from bot.evaluations.statistics import Verdict, compare
from graders.grader import needs_model
from graders.grading import grade, passes
from graders.sample import Sample

ITEMS = control_items()


def right(control: ControlItem, answer: str) -> bool | None:
    return passes(control.grader, grade(control.grader, control.item.fields, Sample(answer)))


def test_it_holds_every_ability_in_both_languages() -> None:
    counted = Counter((one.item.slices["ability"], one.item.slices["language"]) for one in ITEMS)
    assert 55 <= len(ITEMS) <= 70
    assert {language for _, language in counted} == {"en", "zh"}
    assert len({ability for ability, _ in counted}) * 2 == len(counted)
    assert min(counted.values()) >= 4


def test_lines_count_from_1_and_no_question_is_asked_twice() -> None:
    assert [one.item.line for one in ITEMS] == list(range(1, len(ITEMS) + 1))
    assert len({one.item.messages[0].content for one in ITEMS}) == len(ITEMS)


@pytest.mark.parametrize("control", ITEMS, ids=lambda control: f"{control.item.line}")
def test_the_answer_is_right_and_silence_and_refusal_are_wrong(control: ControlItem) -> None:
    assert not needs_model(control.grader)
    assert right(control, control.item.reference) is True
    for wrong in ("", "I'm sorry, but that I will not do.", "对不起，我无法回答。", "????"):
        assert right(control, wrong) is False


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("capital of France", "The capital of France is **Paris**."),
        ("17 + 26", "17 + 26 = 43"),
        ('"color"', '```json\n{"color":"red"}\n```'),
        ("鸟会飞吗", "会。"),
        ("72 除以 8", "等于9。"),
    ],
)
def test_usual_ways_to_say_it_are_right(prompt: str, answer: str) -> None:
    [control] = [one for one in ITEMS if prompt in one.item.messages[0].content]
    assert right(control, answer) is True


def test_a_model_that_forgot_a_fifth_is_found_out() -> None:
    kept = [1.0] * len(ITEMS)
    forgot = [float(place % 5 != 0) for place in range(len(ITEMS))]
    assert compare(kept, forgot).verdict is Verdict.WORSE
