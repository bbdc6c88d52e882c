"""Thousands of histories of jobs and what is said of them, each a seed: whatever happens, the promises hold.

FINETUNE_HISTORIES says how many (2,000; 100,000 under `pytest -m soak`), FINETUNE_FIRST_SEED where to begin.
"""

import os

import pytest
from simulation.histories import failures

FIRST = int(os.environ.get("FINETUNE_FIRST_SEED", "0"))


def _hold(count: int) -> None:
    wrong = failures(str(seed) for seed in range(FIRST, FIRST + count))
    if wrong:
        seed, _, trace = wrong[0]
        told = "\n".join([f"{len(wrong)} of {count} histories went wrong:", *(f"{s}: {v}" for s, v, _ in wrong[:20])])
        again = f"python tests/simulation/histories.py {seed}"
        pytest.fail("\n".join([told, *trace, f"Again: {again}"]), pytrace=False)


@pytest.mark.histories
@pytest.mark.timeout(3600)  # the other tests go first
def test_the_promises_hold_in_every_history() -> None:
    _hold(int(os.environ.get("FINETUNE_HISTORIES", "2000")))


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_the_promises_hold_in_very_many_histories() -> None:
    _hold(int(os.environ.get("FINETUNE_HISTORIES", "100000")))
