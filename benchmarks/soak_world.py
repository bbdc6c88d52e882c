"""The world in which `soak.py` has 200 people use one bot: weather, the bot's store, files in Slack, clocks."""

import contextlib
import random
import sqlite3
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest.mock import patch

import aiohttp
import numpy as np

from benchmarks.soak_services import Json, SoakProvider, SoakSlack
from bot.changes import Changes
from bot.store.connection import Connection
from tests import migrated_store
from tests.simulation.loop import Timeline
from tests.simulation.network import Network, NotConnected, Reply, Request, Reset, Slow
from tests.simulation.store import MemoryDatabase
from tests.simulation.world import EPOCH, World

T = TypeVar("T")
HOUR = 3600.0
BASE, AT_HOME = "gpt-4.1-mini-2025-04-14", "SmolLM2-135M-Instruct"
# Seconds after which Slack and providers have forgotten what nobody has touched.
_FORGOTTEN_AFTER = 3 * HOUR
# Which share of all calls something happens to in troubled times.
_TROUBLE = 0.05
_TIME, _MONOTONIC = time.time, time.monotonic


class SoakNetwork(Network):
    """Calm, but in `troubled` times, each from a second to another. Of its trace it keeps the `last` lines."""

    def __init__(self, rng: random.Random, timeline: Timeline) -> None:
        super().__init__(rng, timeline, rate=_TROUBLE, calm_after=float("inf"))
        self.troubled: list[tuple[float, float]] = []
        self.last: deque[str] = deque(maxlen=200)

    def note(self, line: str) -> None:
        if line.startswith("log "):
            self.last.append(f"{self._timeline.now:9.3f} {line[:500]}")

    def is_troubled(self, at: float, margin: float = 0.0) -> bool:
        times = [*self.troubled, *((begin, end) for _, begin, end in self._blackouts)]
        return any(begin - margin <= at < end + margin for begin, end in times)

    def _fate(self, service: str, request: Request) -> str | None:
        now = self._timeline.now
        self._rate = _TROUBLE if any(begin <= now < end for begin, end in self.troubled) else 0.0
        return super()._fate(service, request)


@dataclass(kw_only=True)
class SoakWorld(World):
    """`home`: the provider to which models move. `folder`: for the bot's data. `files`: what lies in Slack, by its
    address. `untaken`: events that Slack tells again until they are taken, by number. `answered`: what somebody alone
    was shown who waits for it at this address."""

    provider: SoakProvider
    home: SoakProvider
    slack: SoakSlack
    network: SoakNetwork
    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    untaken: dict[int, Json] = field(default_factory=dict)
    answered: dict[str, list[Json]] = field(default_factory=dict)

    def forget_what_is_over(self) -> None:
        before = self.wall() - _FORGOTTEN_AFTER
        for service in (self.slack, self.provider, self.home):
            service.forget(before)


def new_world(folder: Path, hours: float) -> SoakWorld:
    """`hours`: within which the weather is bad now and then."""
    rng, timeline = random.Random(1), Timeline()

    def clock() -> float:
        return EPOCH + timeline.now

    data = folder / "data"
    data.mkdir()
    world = SoakWorld(
        seed="soak",
        rng=rng,
        timeline=timeline,
        network=SoakNetwork(rng, timeline),
        provider=SoakProvider("soak", clock, [BASE, "gpt-4.1-nano-2025-04-14"]),
        home=SoakProvider("home", clock, [AT_HOME]),
        slack=SoakSlack(clock, rng, folder / "ledger.db"),
        store=_store_in(folder),
        deaths=[],
        folder=data,
    )

    def created(job: str) -> None:
        world.slack.ledger.execute("INSERT INTO created VALUES (?)", [job])

    world.provider.created = world.home.created = created
    _make_weather(world.network, hours)
    return world


def _make_weather(network: SoakNetwork, hours: float) -> None:
    """Every hour and a half, twice in a short day: in turns somebody is away for ten minutes, or for half an hour
    something goes wrong with each twentieth call."""
    between = min(1.5, hours / 2) * HOUR
    for number, begin in enumerate(np.arange(between / 4, hours * HOUR, between)):
        if number % 2:
            network.troubled.append((begin, begin + between / 3))
        else:
            network.black_out(["slack", "provider"][number // 2 % 2], begin, begin + between / 9)


class Store(MemoryDatabase):
    """In a file, so that it is no part of the process's memory. It tells of its changes, as the bot's own does."""

    def __init__(self, world: SoakWorld) -> None:
        super().__init__(world.store, world.rng, lambda: world.store_trouble)
        self.changes = Changes()

    async def write(self, work: Callable[[Connection], T]) -> T:
        result = await super().write(work)
        self.changes.tell()
        return result

    async def close(self) -> None: ...


def _store_in(folder: Path) -> sqlite3.Connection:
    path = folder / "bot.db"
    path.write_bytes(migrated_store.image())
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _outside(world: SoakWorld) -> type:
    """In place of aiohttp's session: where files are fetched from Slack, and commands answered."""

    class Outside:
        def __init__(self, **_: Any) -> None: ...

        async def __aenter__(self) -> "Outside":
            return self

        async def __aexit__(self, *_: object) -> None: ...

        def get(self, url: str, **_: Any) -> Any:
            return exchange("GET", url, lambda _: Reply(200, world.files[url]))

        def post(self, url: str, *, json: Json) -> Any:
            def serve(_: Request) -> Reply:
                if url in world.answered:
                    world.answered[url].append(json)
                world.slack.ledger.execute("INSERT INTO answered VALUES (?)", [url])
                return Reply(200, b"ok")

            return exchange("POST", url, serve)

    @contextlib.asynccontextmanager
    async def exchange(method: str, url: str, serve: Callable[[Request], Reply]) -> AsyncIterator[Any]:
        try:
            reply = await world.network.exchange("slack", serve, Request(method, url, {}, {}), patience=10)
        except NotConnected:
            where: Any = SimpleNamespace(host="slack", port=443, is_ssl=True, ssl=True)
            raise aiohttp.ClientConnectorError(where, OSError(111, "refused")) from None
        except Reset:
            raise aiohttp.ServerDisconnectedError from None
        except Slow:
            raise TimeoutError from None

        async def chunks(_: int) -> AsyncIterator[bytes]:
            yield reply.content

        content = SimpleNamespace(iter_chunked=chunks)
        yield SimpleNamespace(status=reply.status, content_type="application/octet-stream", content=content)

    return Outside


@contextlib.contextmanager
def clocks(world: SoakWorld) -> Iterator[None]:
    """Whatever takes the machine's clocks for granted takes the world's."""
    ours: Any = {_TIME: world.wall, _MONOTONIC: world.steady}
    with contextlib.ExitStack() as stack:
        made = {
            id(one): one
            for name, module in list(sys.modules.items())
            if name.partition(".")[0] in {"bot", "handlers", "app"}
            for one in vars(module).values()
            if isinstance(one, type)
        }
        for one in made.values():
            init: Any = vars(one).get("__init__")
            named, placed = getattr(init, "__kwdefaults__", None), getattr(init, "__defaults__", None)
            if named and any(_is_clock(value, ours) for value in named.values()):
                changed = {key: ours[value] if _is_clock(value, ours) else value for key, value in named.items()}
                stack.enter_context(patch.object(init, "__kwdefaults__", changed))
            if placed and any(_is_clock(value, ours) for value in placed):
                stack.enter_context(
                    patch.object(init, "__defaults__", tuple(ours[v] if _is_clock(v, ours) else v for v in placed))
                )
        stack.enter_context(patch.object(aiohttp, "ClientSession", _outside(world)))
        yield


def _is_clock(value: Any, ours: Any) -> bool:
    return any(value is clock for clock in ours)
