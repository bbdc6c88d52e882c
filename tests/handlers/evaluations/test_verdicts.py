"""The sentence on two models where answers of one are missing: its shares and its gain are of the same examples."""

from bot.evaluations.evaluation import Task
from bot.evaluations.result import ModelGain, ModelScore, Result, SliceScore
from bot.evaluations.statistics import compare, mean_interval
from handlers.evaluations.drift_blocks import drift_message
from handlers.evaluations.result_blocks import differences_message, score_words

BASE, TUNED = "ft:gpt:acme:first:1", "ft:gpt:acme:second:2"
# The baseline was right on 30 of 60; of the 20 on which the other failed it was right on all.
BEFORE = [1.0] * 20 + [1.0] * 10 + [0.0] * 30
AFTER = [None] * 20 + [1.0] * 40


def test_shares_differ_by_the_gain_where_answers_failed() -> None:
    scores = (ModelScore(BASE, mean_interval(BEFORE)), ModelScore(TUNED, mean_interval(AFTER), failed=20))
    said = score_words(Result(Task.TEXT, 60, True, scores, (ModelGain(TUNED, BASE, compare(BEFORE, AFTER)),)))
    assert "100% against 25%, +75 points" in said
    assert "n=40" in said


def test_a_slice_tells_of_the_examples_that_both_answered() -> None:
    scores = (ModelScore(BASE, mean_interval(BEFORE)), ModelScore(TUNED, mean_interval(AFTER)))
    compared = compare(BEFORE, AFTER)
    whole = Result(
        Task.TEXT,
        60,
        True,
        scores,
        (ModelGain(TUNED, BASE, compared),),
        slices=(SliceScore("length", "short", 60, {TUNED: compared}),),
    )
    told = differences_message(whole, [])
    assert told is not None
    assert "25% → 100% (+75 points, n=40)" in str([block.to_dict() for block in told.blocks])


def test_drift_tells_of_the_examples_that_were_answered_both_times() -> None:
    score = ModelScore(TUNED, mean_interval(BEFORE))
    told = drift_message(Result(Task.TEXT, 60, True, (score,), drift={TUNED: compare(AFTER, BEFORE)}))
    assert told is not None
    assert "25%, before 100%" in told.text
    assert "40" in told.text
