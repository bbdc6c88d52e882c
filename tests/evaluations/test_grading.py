"""Answers graded in a worker process."""

import msgspec
import pytest

from bot.evaluations.evaluation import Place, StoredAnswer
from bot.evaluations.grading import Ungraded, grade_all

SOURCE = "def grade(sample, item):\n    return float(sample['output_text'] == item['reference'])\n"


@pytest.mark.parametrize(
    ("trusted", "reward", "why"), [(frozenset(), None, "grader_python_off"), (frozenset({SOURCE.strip()}), 1.0, None)]
)
def test_python_graders_run_only_where_they_are_trusted(
    trusted: frozenset[str], reward: float | None, why: str | None
) -> None:
    grader = msgspec.json.encode({"type": "python", "name": "same", "source": SOURCE})
    (row,) = grade_all([Ungraded(Place(0, 0, 0), {"reference": "yes"}, StoredAnswer("yes"), grader)], trusted)
    assert (row.reward, row.fault.kind if row.fault else None) == (reward, why)
