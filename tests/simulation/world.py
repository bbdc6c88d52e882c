"""What every history has: a world that outlives the process, and the way in which processes live and die in it."""

import asyncio
import contextlib
import hashlib
import itertools
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from unittest.mock import patch

import structlog
from slack_sdk.models.basic_objects import JsonObject

from bot.evaluations.pace import FIRST, MOST
from bot.membership import Membership
from bot.store.backup import doubt_what_was_under_way
from bot.store.database import StoreTrouble
from bot.store.processes import SqlProcesses
from bot.store.sqlite import SqliteConnection
from bot.timing import Timing
from tests.simulation.host import HOST
from tests.simulation.loop import Crash, SimulatedLoop, Stuck, Timeline
from tests.simulation.network import Network, Request
from tests.simulation.provider import ProviderModel
from tests.simulation.slack import SlackModel
from tests.simulation.store import MemoryDatabase, opened

EPOCH = 1_800_000_000.0
PROVIDER = "acme"
# After so many virtual seconds of good weather everything must have come to rest.
PATIENCE = 4 * 3600.0


@dataclass(frozen=True)
class Death:
    """When a process is killed: after so many steps, or transactions, or at so many-eth of the calls that change
    something (whose path ends in `path`): when it sets out or, with `carried_out`, before its answer does. `away`:
    seconds until the next process starts. `restored`: it starts on the backup, if there is one."""

    steps: int | None = None
    at_commit: int | None = None
    at_call: int | None = None
    path: str = ""
    carried_out: bool = True
    away: float = 5.0
    restored: bool = False


@dataclass
class World:
    """Everything that outlives the process, and what was seen of it."""

    seed: str
    rng: random.Random
    timeline: Timeline
    network: Network
    provider: ProviderModel
    slack: SlackModel
    store: sqlite3.Connection
    deaths: list[Death]
    shift: float = 0.0  # of the process's wall clock
    store_trouble: float = 0.0
    backup_at: int | None = None  # after how many transactions a backup is made
    backup: bytes | None = None
    restored: bool = False
    crashes: int = 0
    among: Any = None  # what there is besides where several processes share the store
    surprises: list[str] = field(default_factory=list)

    def wall(self) -> float:
        """As the process sees it that looks."""
        host = HOST.get()
        return EPOCH + self.timeline.now + self.shift + (host.skew if host else 0)

    def steady(self) -> float:
        host = HOST.get()
        return self.timeline.now + (host.uptime if host else 0)

    @property
    def trace(self) -> list[str]:
        return self.network.trace

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()

    def is_calm(self) -> bool:
        return self.timeline.now >= self.network.calm_after

    def forget(self) -> None:
        """A store that was put back knows nothing of what people have done since."""


class Process(Protocol):
    """What knows only what is in the store, and dies."""

    database: MemoryDatabase

    async def run(self) -> None:
        """Until everything has come to rest."""


def alone(world: World, database: MemoryDatabase) -> Membership:
    """Of the only process there is."""
    name = f"p{world.crashes}"
    return Membership(SqlProcesses(database), alone=True, steady=lambda: world.timeline.now, new_id=lambda: name)


W = TypeVar("W", bound=World)


def live(world: W, start: Callable[[W], Process]) -> W:
    """The whole history, until all has come to rest: one process after the other."""
    with telling_its_time(world):
        for death in [*world.deaths, None]:
            process = start(world)
            loop = SimulatedLoop(world.timeline, death.steps if death else None)
            if death is not None:
                _lie_in_wait(world, death, process, loop)
            try:
                loop.run_until_complete(loop.create_task(process.run()))
                break
            except Crash:
                assert death is not None
                world.crashes += 1
                world.network.note("*** killed")
                let_pass(world, death.away)
                if death.restored and world.backup is not None:
                    _restore(world, world.backup)
            except Stuck:
                world.surprises.append("everything waits for something that never happens")
                break
            finally:
                known = len(world.surprises)
                process.database.alive = False
                put_away(loop)
                # What it stammers while it is put away tells nothing.
                world.surprises[known:] = loop.failures
        # Whatever the provider still has to tell, it tells, whether or not anybody asks.
        let_pass(world, 60)
        world.provider.live()
    return world


def deaths(rng: random.Random) -> list[Death]:
    """Anywhere, or where it hurts. A service has carried out by the next start what it had read before the last."""
    found = []
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        away = rng.uniform(2, 10) if rng.random() < 0.9 else rng.uniform(30, 600)
        moments = [
            Death(steps=rng.randint(1, 2500), away=away),
            Death(at_commit=rng.randint(1, 60), away=away),
            Death(at_call=rng.randint(1, 25), carried_out=rng.random() < 0.7, away=away),
        ]
        found.append(rng.choice(moments))
    return found


def _restore(world: World, backup: bytes) -> None:
    """The provider and Slack went on since the backup was made; people do not know what of theirs was forgotten."""
    world.network.note("*** restored")
    world.restored = True
    world.store = opened(backup)
    database = SqliteConnection(world.store)
    with database.atomic():
        doubt_what_was_under_way(database)
    world.forget()


def _lie_in_wait(world: World, death: Death, process: Process, loop: SimulatedLoop) -> None:
    calls, commits = itertools.count(1), itertools.count(1)

    def watch(request: Request, carried_out: bool) -> None:
        fits = request.method != "GET" and request.path.endswith(death.path) and carried_out == death.carried_out
        if fits and next(calls) == death.at_call:
            loop.die()

    def committed() -> None:
        number = next(commits)
        if number == world.backup_at:
            world.backup = bytes(world.store.serialize())
        if number == death.at_commit:
            loop.die()

    world.network.watch = watch
    process.database.committed = committed


def let_pass(world: World, seconds: float) -> None:
    """The world goes on without the process."""
    end = world.timeline.now + seconds
    while world.timeline.now < end:
        world.timeline.pass_until(end)


def put_away(loop: SimulatedLoop) -> None:
    """What a killed process left in memory; it reaches nothing any more meanwhile."""
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        with contextlib.suppress(BaseException):
            task.get_coro().close()
    # Whatever a generator waits for would be closed by the garbage collector, where the SDK's cancel scopes complain
    # that they are left in no task.
    for generator in list(loop._asyncgens):  # type: ignore[attr-defined]
        with contextlib.suppress(BaseException):
            generator.ag_await.close()
    loop.close()


@contextlib.contextmanager
def telling_its_time(world: World) -> Iterator[None]:
    """The history's clock and chance instead of the machine's; what is logged goes into the trace."""

    def trace(_: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        error = event.pop("exc_info", None)
        if error:
            caught = error if isinstance(error, BaseException) else sys.exc_info()[1]
            event["exception"] = repr(caught)
            if not isinstance(caught, StoreTrouble):
                world.surprises.append(f"{event}")
        world.network.note(f"log {method}: {event}")
        raise structlog.DropEvent

    before, state = structlog.get_config(), random.getstate()
    structlog.configure(processors=[trace], wrapper_class=structlog.make_filtering_bound_logger(0))
    random.seed(world.seed)
    try:
        with (
            patch.object(time, "time", world.wall),
            patch.object(time, "monotonic", world.steady),
            # A fifth of a history's time; tests of the blocks have it done.
            patch.object(JsonObject, "validate_json", lambda block: None),
            patch("handlers.web.rate_limits.Budgets.__init__.__defaults__", (Timing.pace, lambda: world.timeline.now)),
            patch("bot.evaluations.pace.Pace.__init__.__defaults__", (FIRST, MOST, lambda: world.timeline.now)),
        ):
            yield
    finally:
        random.setstate(state)
        structlog.configure(**before)
