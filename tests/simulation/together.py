"""Histories in which two processes share the store: each may be killed, stand still, or be stopped and begun anew,
while the other goes on, and each has clocks of its own."""

import asyncio
import contextvars
import itertools
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from bot.membership import Membership
from bot.store.processes import SqlProcesses
from tests.simulation.host import HOST, Host
from tests.simulation.loop import SimulatedLoop, Stuck
from tests.simulation.network import Request
from tests.simulation.store import MemoryDatabase
from tests.simulation.world import PATIENCE, World, let_pass, put_away, telling_its_time

SLOTS = ("a", "b")
# After so many seconds in which nothing is left to do no process has anything up its sleeve.
_QUIET = 20.0


@dataclass(frozen=True)
class Accident:
    """What befalls a process: it is `killed`, stands `still`, or is `stopped`, for so many `seconds`. It happens after
    so many steps or transactions, or at so many-eth of its calls that change something: see `Death`."""

    kind: str
    seconds: float
    steps: int | None = None
    at_commit: int | None = None
    at_call: int | None = None
    path: str = ""
    carried_out: bool = True


@dataclass
class Among:
    """What two processes bring with them into a world: `accidents` of each slot, in their order; `skew`, by how many
    seconds a wall clock is wrong at most; `held`, who has which of the things that people do."""

    accidents: dict[str, list[Accident]]
    skew: float
    held: dict[str, str] = field(default_factory=dict)


class Replica(Protocol):
    """A process that ends by itself only where another took it for dead."""

    database: MemoryDatabase
    membership: Membership

    async def run(self) -> None: ...

    async def stop(self) -> None:
        """It is told to end."""


R = TypeVar("R", bound=Replica)
W = TypeVar("W", bound=World)


def accidents(rng: random.Random) -> dict[str, list[Accident]]:
    """Anywhere, or where it hurts."""
    return {slot: [_accident(rng) for _ in range(rng.choice([0, 1, 1, 2, 3]))] for slot in SLOTS}


def _accident(rng: random.Random) -> Accident:
    kind = rng.choice(["killed", "killed", "still", "still", "stopped"])
    seconds = rng.uniform(1, 45) if kind == "still" else rng.uniform(2, 10)
    accident = Accident(kind, seconds)
    moments = [
        replace(accident, steps=rng.randint(1, 2500)),
        replace(accident, at_commit=rng.randint(1, 60)),
        replace(accident, at_call=rng.randint(1, 25), carried_out=rng.random() < 0.7),
    ]
    return rng.choice(moments)


class Together:
    """Two slots, in each of which one process after the other runs."""

    def __init__(self, world: World, start: Callable[[], R], loop: SimulatedLoop) -> None:
        self.world = world
        self.running: dict[str, Replica] = {}
        self.hosts: dict[str, Host] = {}
        self._start = start
        self._loop = loop
        self._rng = random.Random(f"together/{world.seed}")
        self._watching: dict[Host, Callable[[Request, bool], None]] = {}
        self.gone: dict[Host, asyncio.Event] = {}
        world.network.watch = self._watch

    async def run(self, slot: str) -> None:
        """One life after the other."""
        accidents = list(self.world.among.accidents.get(slot, ()))
        skew = self._rng.uniform(-self.world.among.skew, self.world.among.skew)
        for number in itertools.count():
            host = Host(f"{slot}{number}", skew, self._rng.uniform(0, 1e6))
            self.gone[host] = asyncio.Event()
            process = within(host, self._start)
            self.hosts[slot], self.running[slot] = host, process
            away = self._arm(host, process, accidents)
            task = within(host, lambda process=process: asyncio.ensure_future(process.run()))  # type: ignore[misc]
            task.add_done_callback(lambda _, host=host: self.gone[host].set())
            await self.gone[host].wait()
            self.world.network.note(f"{host.name} is gone")
            if task.done() and not task.cancelled() and task.exception():
                self.world.surprises.append(f"{host.name} ended: {task.exception()!r}")
            del self.running[slot]
            self._bury(host, process)
            await asyncio.sleep(away())

    def _arm(self, host: Host, process: Replica, accidents: list[Accident]) -> Callable[[], float]:
        """The first of `accidents` lies in wait; gives how long the next process then takes to begin."""
        away = [2.0]

        def arm() -> None:
            host.stepped = process.database.committed = lambda: None
            self._watching.pop(host, None)
            if not accidents:
                return
            accident = accidents.pop(0)
            steps, commits, calls = itertools.count(1), itertools.count(1), itertools.count(1)

            def befall() -> None:
                host.stepped = process.database.committed = lambda: None
                self._watching.pop(host, None)
                self._loop.next_of_all(lambda: self._befall(host, process, accident, arm))

            def stepped() -> None:
                if next(steps) == accident.steps:
                    befall()

            def committed() -> None:
                if next(commits) == accident.at_commit:
                    befall()

            def watch(request: Request, carried_out: bool) -> None:
                fits = request.path.endswith(accident.path) and carried_out == accident.carried_out
                if request.method != "GET" and fits and next(calls) == accident.at_call:
                    befall()

            away[0] = accident.seconds if accident.kind != "still" else 2.0
            host.stepped, process.database.committed = stepped, committed
            self._watching[host] = watch

        arm()
        return lambda: away[0]

    def _befall(self, host: Host, process: Replica, accident: Accident, after: Callable[[], None]) -> None:
        if not host.alive:
            return
        self.world.network.note(f"*** {host.name} {accident.kind}")
        if accident.kind == "still":
            host.stands_still = True
            self._loop.call_later(accident.seconds, self._wake, host, after)
        elif accident.kind == "killed":
            self.world.crashes += 1
            self._bury(host, process)
            self.gone[host].set()
        else:
            within(host, lambda: asyncio.ensure_future(process.stop()))

    def _wake(self, host: Host, after: Callable[[], None]) -> None:
        if host.alive:
            self.world.network.note(f"*** {host.name} wakes")
            after()
            self._loop.go_on(host.wake())

    def _bury(self, host: Host, process: Replica) -> None:
        process.database.alive = False
        known = len(self._loop.failures), len(self.world.surprises)
        contextvars.Context().run(host.die)
        # What it stammers meanwhile tells nothing.
        del self._loop.failures[known[0] :], self.world.surprises[known[1] :]

    def _watch(self, request: Request, carried_out: bool) -> None:
        host = HOST.get()
        if host in self._watching:
            self._watching[host](request, carried_out)


def live_together(
    world: W,
    start: Callable[[], R],
    is_at_rest: Callable[[], Awaitable[bool]],
    people: Callable[["Together"], list[Coroutine[None, None, None]]],
) -> W:
    """The whole history, until all has come to rest; `people` act on the processes."""
    with telling_its_time(world):
        loop = SimulatedLoop(world.timeline)
        together = Together(world, start, loop)

        async def history() -> None:
            tasks = [asyncio.ensure_future(each) for each in (*map(together.run, SLOTS), *people(together))]
            quiet_since: float | None = None
            while quiet_since is None or world.timeline.now - quiet_since < _QUIET:
                if world.timeline.now > world.network.calm_after + PATIENCE:
                    world.surprises.append("it does not come to rest")
                    return
                for task in tasks:
                    if task.done() and task.exception():
                        world.surprises.append(f"a part of the world ended: {task!r}")
                        return
                stands_still = any(host.stands_still for host in together.hosts.values())
                if stands_still or not await is_at_rest():
                    quiet_since = None
                elif quiet_since is None:
                    quiet_since = world.timeline.now
                await asyncio.sleep(10)

        try:
            loop.run_until_complete(loop.create_task(history()))
        except Stuck:
            world.surprises.append("everything waits for something that never happens")
        finally:
            known = len(world.surprises)
            for process in together.running.values():
                process.database.alive = False
            put_away(loop)
            world.surprises[known:] = loop.failures
        let_pass(world, 60)
        world.provider.live()
    return world


def among_others(world: World, database: MemoryDatabase) -> Membership:
    """Of a process that is begun on a host."""
    host = HOST.get()
    assert host is not None
    return Membership(SqlProcesses(database), alone=False, steady=world.steady, new_id=lambda: host.name)


T = TypeVar("T")


def within(host: Host, what: Callable[[], T]) -> T:
    context = contextvars.copy_context()
    context.run(HOST.set, host)
    return context.run(what)
