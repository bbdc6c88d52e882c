"""Many histories, each a seed: of jobs and what is said of them, every third of conversations, every tenth of
evaluations, every twentieth of moves; in 35 of a hundred two processes share the store. Whatever happens, the promises
hold.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.simulation.evaluation import evaluate
from tests.simulation.histories import judged, on_all_cores
from tests.simulation.history import play
from tests.simulation.history_together import play_together
from tests.simulation.talk import talk
from tests.simulation.talk_together import talk_together

ROOT = Path(__file__).parents[2]
HUNDRED = 100
# What happens in all of them.
ACCIDENTS = {
    *("no connection", "reset before", "reset after", "500", "429", "slow", "truncated", "is locked", "*** killed"),
    *("carried out later", "repeated"),
}
TOGETHER = {*("killed", "still", "stopped", "wakes"), "taken for dead", "leads"}
WEATHER = {
    "jobs": ACCIDENTS | {"*** restored", "a person decides", "says yes", "says no", "maximum of active"},
    "talk": ACCIDENTS - {"is locked", "repeated"}
    | {"redelivery", "answer cut off", "views.open: ok"}
    | {f"chat.{method}: ok" for method in ("startStream", "appendStream", "update", "postMessage")},
    "evaluate": ACCIDENTS - {"carried out later", "repeated"}
    | {"budget_used_up", "a person pauses", "a person resumes", "a person cancels"},
    "two": ACCIDENTS - {"*** killed"} | TOGETHER | {"a person decides", "says yes", "says no", "same_job"},
    "two talk": ACCIDENTS - {"is locked", "repeated", "*** killed"} | TOGETHER | {"redelivery"},
    "move": ACCIDENTS | {"models are moved", "a person agrees", "a model retires"},
}


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_the_promises_hold_in_a_hundred_histories() -> None:
    seeds = [_of(number) for number in range(HUNDRED)]
    seen = _hold((seed, *judged(seed)) for seed in seeds)
    assert set.union(*seen.values()) >= ACCIDENTS | TOGETHER, "the simulation proves little without these"


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_the_promises_hold_in_very_many_histories() -> None:
    """FINETUNE_HISTORIES says how many, FINETUNE_FIRST_SEED where to begin."""
    first, count = int(os.environ.get("FINETUNE_FIRST_SEED", "0")), int(os.environ.get("FINETUNE_HISTORIES", "100000"))
    seen = _hold(on_all_cores(map(_of, range(first, first + count))))
    assert seen == WEATHER, "the simulation proves little without these"


def _of(number: int) -> str:
    if number % 10 == 1:
        return f"evaluate {number}"
    if number % 20 == 7:
        return f"move {number}"
    kind = f"{number}" if number % 3 else f"talk {number}"
    return f"two {kind}" if number % 5 in (2, 4) else kind


def _hold(histories: Iterable[tuple[str, list[str], list[str]]]) -> dict[str, set[str]]:
    """Fails with the trace of the first that went wrong. Gives the weather that each kind of history had."""
    seen: dict[str, set[str]] = {kind: set() for kind in WEATHER}
    wrong = []
    for seed, violations, trace in histories:
        kind = seed.rpartition(" ")[0] or "jobs"
        if missing := WEATHER[kind] - seen[kind]:
            told = "\n".join(trace)
            seen[kind] |= {what for what in missing if what in told}
        if violations:
            wrong.append((seed, violations, trace))
    if wrong:
        seed, _, trace = wrong[0]
        told = "\n".join([f"{len(wrong)} histories went wrong:", *(f"{s}: {v}" for s, v, _ in wrong[:20])])
        again = f"python -m tests.simulation.histories '{seed}'"
        pytest.fail("\n".join([told, *trace, f"Again: {again}"]), pytrace=False)
    return seen


def test_a_seed_is_one_history_wherever_it_is_played() -> None:
    """Also in another process, whose strings hash otherwise."""
    kinds = (play, talk, evaluate, play_together, talk_together)
    here = [play_one(seed).fingerprint for seed in ("11", "12", "11") for play_one in kinds]
    assert here[:5] == here[-5:]
    assert len(set(here)) == 10
    code = """
from tests.simulation.test_histories import *
kinds = (play, talk, evaluate, play_together, talk_together)
print(*[play_one(seed).fingerprint for seed in ("11", "12") for play_one in kinds])
"""
    there = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.split() == here[:10]
