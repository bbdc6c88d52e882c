"""What is said of an evaluation before it begins."""

import msgspec

from bot.evaluations.evaluation import Plan, Task
from handlers.evaluations.plan_words import plan_words

_PLAN = Plan(
    models=("voice", "formal-voice"),
    dataset_id="ds-1",
    file_name="tickets.jsonl",
    grader={},
    grader_name="match",
    task=Task.TEXT,
    labels=(),
    n=10,
    n_in_file=10,
    samples=1,
    answers=144,
    cached=0,
    usd=None,
    seconds=None,
    free=True,
)


def test_the_general_questions_are_told_of_where_they_are_asked_too() -> None:
    assert "general question" not in plan_words(_PLAN)
    assert "Besides, 62 general questions" in plan_words(msgspec.structs.replace(_PLAN, control=True))
