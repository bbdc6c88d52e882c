"""A day of 200 people with one bot, on virtual time: nothing may be lost or said twice, and memory must stay flat.

    python benchmarks/soak.py [--hours 24] [--people 200] [--acts 8] [--restarts 6] [--where] [--record]

What runs is the whole bot as it is put together for use: Bolt's dispatcher, inbox, listeners, loops, what goes by the
clock, the SDKs of Slack and of OpenAI, the SQL on a file. People drop files, train, talk, compare, evaluate and move
models by a day's curve (`soak_people.py`); now and then Slack or a provider is away, or has trouble (`soak_world.py`).
The first part is one life of the process, in which memory is looked at each quarter of an hour (`soak_memory.py`); in
the second the bot is killed or stopped each half hour. What must hold afterwards is in `soak_invariants.py`.

Left out: charts, pictures, and Slack's refusals by rate. Ends with 1 where something was lost, or memory grows.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import table
from benchmarks.scale_world import Loop
from benchmarks.soak_bot import BotProcess, without_pictures
from benchmarks.soak_invariants import unrest, violations
from benchmarks.soak_memory import ENOUGH, Memory
from benchmarks.soak_people import Crowd, Seen
from benchmarks.soak_world import HOUR, clocks, new_world
from tests.simulation.loop import Crash
from tests.simulation.world import let_pass, put_away, telling_its_time

# Of the day at the beginning: people are at work already, so that what is kept in memory for each is kept soon.
BEGIN = 8.0
# In seconds, of a whole day; of less a part of it.
WARM_UP, BETWEEN_LOOKS, BETWEEN_RESTARTS = 2 * HOUR, 900.0, HOUR / 2
_REST = 4 * HOUR


@dataclass(frozen=True)
class Day:
    """`hours` of the first life; `acts` of each person in 24 hours; `restarts` in the second part."""

    hours: float = 24
    people: int = 200
    acts: float = 8
    restarts: int = 6


class Soak:
    """`memory`: None where the day is too short to tell whether it grows. `says_how_far`: on the screen."""

    def __init__(self, day: Day, folder: Path, *, lines: bool = False, says_how_far: bool = False) -> None:
        self.day = day
        self.world = new_world(folder, day.hours + day.restarts)
        self.seen = Seen()
        self.memory = Memory(self.world, lines=lines) if day.hours >= ENOUGH else None
        self._crowd = Crowd(self.world, day.people, day.acts, self.seen)
        self._part = min(1.0, day.hours / 24)
        self._says_how_far = says_how_far

    def run(self) -> list[str]:
        """What went wrong, in sentences; none if all is well."""
        world, between = self.world, BETWEEN_RESTARTS * min(1.0, self.day.hours / 4)
        with telling_its_time(world), clocks(world), without_pictures():
            self._live(self._whole_life(self.day.hours * HOUR, self.memory))
            for number in range(self.day.restarts):
                end = world.timeline.now + between
                if number % 2:
                    self._live(self._stopped_life(end))
                else:
                    self._live(self._whole_life(end + HOUR), dies_at=end)
                self._crowd.busy = 0
                let_pass(world, world.rng.uniform(2, 30))
            if self.day.restarts:
                self._live(self._whole_life(world.timeline.now + between))
        return violations(world, self.seen)

    def _live(self, life: Coroutine[None, None, None], dies_at: float | None = None) -> None:
        """`dies_at`: the process is killed then."""
        world, loop = self.world, Loop(self.world.timeline)
        if dies_at is not None:
            world.timeline.at(dies_at, loop.die)
        try:
            loop.run_until_complete(loop.create_task(life))
        except Crash:
            world.crashes += 1
        finally:
            known = len(world.surprises)
            put_away(loop)
            # What it stammers while it is put away tells nothing.
            world.surprises[known:] = loop.failures if dies_at is None else []

    async def _whole_life(self, until: float, memory: Memory | None = None) -> None:
        """Until people have gone home and all has come to rest."""
        world, process = self.world, await self._begun()
        people = asyncio.create_task(self._crowd.live(until, BEGIN))
        warm = world.timeline.now + WARM_UP * self._part
        while not people.done() or unrest(world):
            await asyncio.sleep(BETWEEN_LOOKS * self._part)
            world.forget_what_is_over()
            if memory is not None and warm <= world.timeline.now <= until + 1:
                memory.look(process.threads, self._crowd.busy)
            if self._says_how_far:
                self._say_how_far()
            if world.timeline.now > until + _REST:
                world.surprises.append(f"it does not come to rest: {unrest(world)[:5]}")
                break
        if memory is not None:
            memory.end()
        if people.done():
            people.result()
        people.cancel()
        await process.stop()

    async def _stopped_life(self, until: float) -> None:
        """It is stopped while people are at work."""
        process = await self._begun()
        people = asyncio.create_task(self._crowd.live(until + HOUR, BEGIN))
        await asyncio.sleep(until - self.world.timeline.now)
        await process.stop()
        people.cancel()

    async def _begun(self) -> BotProcess:
        process = BotProcess(self.world)
        await process.start()
        self._crowd.dispatch = process.bot.dispatch
        return process

    def _say_how_far(self) -> None:
        world = self.world
        said = f"{world.slack.remembered} messages, {self._crowd.busy} busy, to do: {unrest(world)[:3]}"
        print(f"{world.timeline.now / HOUR:.2f} h: {said}, {_processor():.0f} s", flush=True)


def figures(soak: Soak, wrong: Sequence[str]) -> dict[str, str]:
    def count(what: str) -> int:
        return int(soak.world.store.execute(f"SELECT count(*) FROM {what}").fetchone()[0])

    asked = "SELECT count(*) FROM asked WHERE key LIKE 'message/%'"
    (messages,) = soak.world.slack.ledger.execute(asked).fetchone()
    return {
        "people, hours": f"{soak.day.people}, {soak.day.hours:g}",
        "acts": ", ".join(f"{name} {n}" for name, n in soak.seen.acts.most_common()),
        "chat messages, jobs, evaluations": f"{messages}, {count('jobs')}, {count('evaluations')}",
        "notices": f"{count('notices')}",
        "restarts": f"{soak.day.restarts}",
        "lost or said twice": f"{len(wrong)}",
        **(soak.memory.figures() if soak.memory else {}),
        "processor": f"{_processor():.0f} s",
    }


def _processor() -> float:
    """Seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=Day.hours, help="of the first life (default: 24)")
    parser.add_argument("--people", type=int, default=Day.people)
    parser.add_argument("--acts", type=float, default=Day.acts, help="of each person in 24 hours (default: 8)")
    parser.add_argument("--restarts", type=int, default=Day.restarts)
    parser.add_argument(
        "--where", action="store_true", help="say which lines of code hold more; takes three times as long"
    )
    parser.add_argument("--verbose", action="store_true", help="say how far it is, and what was logged last")
    parser.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    options = parser.parse_args()
    day = Day(options.hours, options.people, options.acts, options.restarts)
    with tempfile.TemporaryDirectory() as name:
        soak = Soak(day, Path(name), lines=options.where, says_how_far=options.verbose)
        wrong = soak.run()
        found = figures(soak, wrong)
    for key, figure in found.items():
        print(f"{key}: {figure}")
    print("\n".join(wrong[:40]))
    if options.verbose:
        print("what came to nothing:", dict(soak.seen.told))
        print("\n".join(soak.world.network.last))
    if soak.memory and options.where:
        print("\n".join(soak.memory.grown()))
    if options.record:
        table.record("soak", found)
    return int(bool(wrong) or (soak.memory is not None and soak.memory.grows))


if __name__ == "__main__":
    sys.exit(main())
