"""Many histories, each a seed: of jobs and what is said of them, every third of conversations, and every tenth
of evaluations. Whatever happens, the promises hold.

FINETUNE_HISTORIES says how many (600; 100,000 under `pytest -m soak`), FINETUNE_FIRST_SEED where to begin.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from simulation.evaluation import evaluate
from simulation.histories import failures
from simulation.history import play
from simulation.talk import talk

ROOT = Path(__file__).parents[2]
FIRST = int(os.environ.get("FINETUNE_FIRST_SEED", "0"))


def _hold(count: int) -> None:
    wrong = failures(map(_of, range(FIRST, FIRST + count)))
    if wrong:
        seed, _, trace = wrong[0]
        told = "\n".join([f"{len(wrong)} of {count} histories went wrong:", *(f"{s}: {v}" for s, v, _ in wrong[:20])])
        again = f"python tests/simulation/histories.py '{seed}'"
        pytest.fail("\n".join([told, *trace, f"Again: {again}"]), pytrace=False)


def _of(seed: int) -> str:
    if seed % 10 == 1:
        return f"evaluate {seed}"
    return str(seed) if seed % 3 else f"talk {seed}"


@pytest.mark.histories
@pytest.mark.timeout(3600)  # the other tests go first
def test_the_promises_hold_in_every_history() -> None:
    _hold(int(os.environ.get("FINETUNE_HISTORIES", "600")))


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_the_promises_hold_in_very_many_histories() -> None:
    _hold(int(os.environ.get("FINETUNE_HISTORIES", "100000")))


def test_a_seed_is_one_history_wherever_it_is_played() -> None:
    """Also in another process, whose strings hash otherwise."""
    here = [one.fingerprint for seed in ("11", "12", "13", "11") for one in (play(seed), talk(seed))]
    assert here[:2] == here[-2:]
    assert len(set(here)) == 6
    code = """
from simulation.history import play
from simulation.talk import talk
from simulation.talk import talk
print(*[one.fingerprint for seed in ("11", "12", "13", "11") for one in (play(seed), talk(seed))])
"""
    there = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.split() == here


def test_histories_have_all_kinds_of_weather() -> None:
    """Or the simulation would prove little."""
    unseen = {
        *("no connection", "reset before", "reset after", "carried out later", "500", "429", "slow", "truncated"),
        *("repeated", "*** killed", "a person decides", "says yes", "says no", "maximum of active", "is locked"),
    }
    assert not _unseen(unseen, lambda seed: play(seed).trace)


def test_conversations_have_all_kinds_of_weather() -> None:
    unseen = {
        *("no connection", "reset before", "reset after", "carried out later", "500", "429", "slow", "truncated"),
        *("*** killed", "redelivery", "chat.startStream: ok", "chat.appendStream: ok", "chat.update: ok"),
        *("answer cut off", "chat.postMessage: ok", "views.open: ok"),
    }
    assert not _unseen(unseen, lambda seed: talk(seed).trace)


def test_evaluations_have_all_kinds_of_weather() -> None:
    unseen = {
        *("no connection", "reset before", "reset after", "500", "429", "slow", "truncated", "*** killed"),
        *("budget_used_up", "is locked", "a person pauses", "a person resumes", "a person cancels"),
    }
    assert not _unseen(unseen, lambda seed: evaluate(seed).trace)


def test_a_seed_is_one_history_of_an_evaluation() -> None:
    once, other, again = (evaluate(seed).fingerprint for seed in ("3", "8", "3"))
    assert once == again != other


def _unseen(wanted: set[str], trace: Callable[[str], list[str]]) -> set[str]:
    # The rarest is in one of twenty.
    for seed in range(400):
        seen = "\n".join(trace(f"weather {seed}"))
        wanted = {what for what in wanted if what not in seen}
        if not wanted:
            break
    return wanted
