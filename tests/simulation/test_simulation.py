"""The simulation itself: what its histories hold, that a seed is one of them, and that they can be prepared."""

import os
import subprocess
import sys
from pathlib import Path

from simulation.history import World, play
from simulation.invariants import violations

ROOT = Path(__file__).parents[2]


def test_an_hour_without_slack_loses_nothing_and_says_nothing_twice() -> None:
    """Everything that has to be said begins within it: the jobs are submitted, run and end while Slack is away."""

    def away(world: World) -> None:
        begin = world.rng.uniform(0, 30)
        world.network.black_out("slack", begin, begin + 3600)
        world.network.calm_after = begin + 3600

    said_late = 0
    for seed in range(12):
        world = play(f"hour {seed}", away)
        assert violations(world) == [], seed
        late = (line for line in world.trace if float(line.split()[0]) > 3600)
        said_late += any("slack POST chat.postMessage: ok" in line for line in late)
    assert said_late > 9, "there was hardly anything left to say"


def test_a_seed_is_one_history_wherever_it_is_played() -> None:
    """Also in another process, whose strings hash otherwise."""
    here = [play(seed).fingerprint for seed in ("11", "12", "13", "11")]
    assert here[0] == here[3]
    assert len(set(here)) == 3
    code = "from simulation.history import play; print(*[play(s).fingerprint for s in ('11', '12', '13', '11')])"
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
    # The rarest is in one of twenty.
    for seed in range(400):
        trace = "\n".join(play(f"weather {seed}").trace)
        unseen = {what for what in unseen if what not in trace}
        if not unseen:
            break
    assert not unseen
