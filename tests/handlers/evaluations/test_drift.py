"""The warning that models answer otherwise than when they were last asked."""

from bot.evaluations.evaluation import Task
from bot.evaluations.result import ModelScore, Result
from bot.evaluations.statistics import compare, mean_interval
from handlers.evaluations.drift_blocks import drift_message


def result(before: list[float], now: list[float]) -> Result:
    score = ModelScore("ft:gpt:acme:support:1", mean_interval(now))
    return Result(Task.TEXT, len(now), True, (score,), drift={score.model: compare(before, now)})


def test_a_model_that_became_worse_is_named_and_one_that_did_not_is_none() -> None:
    told = drift_message(result([1.0] * 60, [0.0] * 30 + [1.0] * 30))
    assert told is not None
    assert "support" in told.text
    assert "has become worse" in told.text
    assert "50%, before 100%" in told.text
    assert drift_message(result([1.0] * 60, [0.0] + [1.0] * 59)) is None
