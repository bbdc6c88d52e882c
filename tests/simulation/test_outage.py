"""Histories in which Slack cannot be reached for an hour."""

from tests.simulation.history import JobWorld, play
from tests.simulation.invariants import violations


def test_an_hour_without_slack_loses_nothing_and_says_nothing_twice() -> None:
    """Everything that has to be said begins within it: the jobs are submitted, run and end while Slack is away."""

    def away(world: JobWorld) -> None:
        begin = world.rng.uniform(0, 30)
        world.network.black_out("slack", begin, begin + 3600)
        world.network.calm_after = begin + 3600

    said_late = 0
    for seed in range(6):
        world = play(f"hour {seed}", away)
        assert violations(world) == [], seed
        late = (line for line in world.trace if float(line.split()[0]) > 3600)
        said_late += any("slack POST chat.postMessage: ok" in line for line in late)
    assert said_late > 4, "there was hardly anything left to say"
