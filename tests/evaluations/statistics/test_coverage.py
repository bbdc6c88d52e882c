"""A few hundred runs of benchmarks/coverage.py, whose figures stand in docs/statistics.md."""

import pytest

from benchmarks import coverage

RUNS = 200
ROWS = [
    "mean of 0/1, n=50, truth 95%",
    "mean of scores, skewed, n=50",
    "pairs of 0/1, n=200, better 10%, worse 10%",
    "pairs of scores, no gain, even, n=50",
    "pairs of scores, gain on every tenth, n=50",
    "pairs of 0/1, 50 clusters, correlation 0.5, better 10%, worse 10%",
    "ten checkpoints, none better, Holm, n=200",
    "best of eight checkpoints, chosen on one half, n=200",
    "judge on 1,000, people on 50: prediction-powered",
    "kappa, n=50, truth 0.8",
    "macro F1, 10 labels, n=100, right 95%",
]


@pytest.mark.parametrize("name", ROWS)
def test_intervals_hold_the_truth_and_false_alarms_are_as_rare_as_stated(name: str) -> None:
    [row] = [row for row in coverage.rows() if row.name == name]
    assert coverage.fault(row, coverage.measured(row, RUNS), RUNS) is None


def test_items_of_a_conversation_that_are_taken_as_independent_are_found_out() -> None:
    [row] = [row for row in coverage.rows() if row.name.startswith("naive")]
    assert "holds the truth" in coverage.fault(row._replace(name="careless"), coverage.measured(row, RUNS), RUNS)
