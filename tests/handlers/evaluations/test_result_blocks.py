"""What a result says: its table, and of the control set whether a model has lost general abilities."""

from collections.abc import Sequence

import msgspec

from bot.evaluations.evaluation import Evaluation, Task
from bot.evaluations.result import ModelGain, ModelScore, Result
from bot.evaluations.statistics import compare, mean_interval
from handlers.evaluations.result_blocks import result_message

BASE, TUNED = "ft:gpt:acme:first:1", "ft:gpt:acme:second:2"
EVALUATION = Evaluation(
    id="eval-1",
    models=(BASE, TUNED),
    dataset_id="ds-1",
    file_name="validation.jsonl",
    file="abc",
    grader={"type": "string_check", "name": "match", "input": "a", "reference": "a", "operation": "eq"},
    grader_name="match",
    n=40,
    seed=1,
    team="T0ACME",
    channel="C0HERE",
    owner="U0ANA",
    created_at=0.0,
)


def result(before: Sequence[float | None], after: Sequence[float | None]) -> Result:
    scores = tuple(ModelScore(name, mean_interval(given)) for name, given in ((BASE, before), (TUNED, after)))
    return Result(Task.TEXT, len(before), True, scores, (ModelGain(TUNED, BASE, compare(before, after)),))


def told(before: Sequence[float | None], after: Sequence[float | None]) -> str:
    whole = msgspec.structs.replace(result([1.0] * 40, [1.0] * 40), control=result(before, after))
    return str([block.to_dict() for block in result_message(EVALUATION, whole).blocks])


def test_a_model_that_forgets_is_held_to_the_model_that_it_was_compared_with() -> None:
    said = told([1.0] * 40, [0.0] * 20 + [1.0] * 20)
    assert "forgets: on 40 general questions it has 50% right, where `first` has 100%." in said


def test_nothing_is_said_where_the_control_set_could_not_be_graded() -> None:
    assert "No sign" in told([1.0] * 40, [1.0] * 40)
    assert "forgets" not in told([1.0] * 40, [None] * 40)


def test_the_model_that_others_are_compared_with_is_called_the_baseline() -> None:
    message = result_message(EVALUATION, result([1.0] * 20 + [0.0] * 20, [1.0] * 40))
    (table,) = [block.to_dict() for block in message.blocks if block.type == "data_table"]
    heading, base, tuned = [[cell["text"] for cell in row] for row in table["rows"]]
    assert heading[:5] == ["Model", "n", "Score", "95% interval", "Gain, points"]
    assert base == ["first", "40", "50.0%", "35.2%–64.8%", "baseline", "–", "–", "–", "0"]
    assert tuned[4] == "+50"
