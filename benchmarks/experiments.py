"""How long it takes to find, sort, compare and export among 10,000 jobs.

    python benchmarks/experiments.py [--jobs 10000] [--rounds 5]

A store of jobs of 50 people in 100 channels, a third of them private, most of them ended, with 20 steps of figures
each. Working out once what came of the ended ones is told apart. The goal: under 200 ms for each page.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from bot.access import Actor, Caller, Place, Policy
from bot.authority import Authority
from bot.experiments.filters import Filters
from bot.experiments.search import JobSearch, export_table
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.providers.interface import RemoteEvent
from bot.providers.protocol import Hyperparameters, Metrics
from bot.store.audit import SqlAuditLog
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.experiments import SqlExperimentStore
from bot.store.jobs import SqlJobStore, _write_job, write_change

STEPS = 20
DAY = 86_400.0
WANTED = {
    "all": Filters(),
    "mine": Filters(requester="U0007"),
    "a model and a file": Filters(model="gpt-4.1", data="support-3"),
    "a week": Filters(since=time.time() - 7 * DAY),
    "by loss": Filters(sort="loss"),
    "by cost": Filters(sort="cost"),
}


def a_job(number: int, now: float) -> Job:
    ended = number % 20 != 0
    return Job(
        id=f"job-{number:012x}",
        state=(states.SUCCEEDED, states.SUCCEEDED, states.FAILED)[number % 3] if ended else states.RUNNING,
        provider="openai",
        base_model=("gpt-4.1-mini-2025-04-14", "gpt-4o-2024-08-06", "SmolLM2-135M-Instruct")[number % 3],
        requester=f"U{number % 50:04}",
        origin=Origin("T1", f"C{number % 100:03}", number % 3 == 0, "1.1"),
        created_at=now - number * 600,
        hyperparameters=Hyperparameters(3, 8, 1.8),
        suffix=f"support-{number % 7}",
        seed=number,
        file_name=f"support-{number % 11}.jsonl",
        provider_job_id=f"ftjob-{number}",
        fine_tuned_model=f"ft:gpt:acme:support:{number}" if ended else None,
        started_at=now - number * 600,
        finished_at=now - number * 600 + 500 if ended else None,
        trained_tokens=100_000 + number,
        estimated_cost=1.0,
        latest=Metrics(STEPS, STEPS, train_loss=0.5),
    )


def fill(db: Connection, jobs: int) -> None:
    now = time.time()
    for number in range(jobs):
        job = a_job(number, now)
        _write_job(db, job, followed=True)
        events = [
            RemoteEvent(
                f"e{step}", now, "info", "metrics", "", Metrics(step, STEPS, train_loss=1 / step + number / jobs)
            )
            for step in range(1, STEPS + 1)
        ]
        write_change(db, JobUpdate(job, events=events, followed=job.state not in states.ENDED, shown=False))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(Path(folder))
        await database.write(lambda db: fill(db, wanted.jobs))
        jobs, authority = SqlJobStore(database), Authority(Policy(), SqlAuditLog(database))
        search = JobSearch(SqlExperimentStore(database), jobs, authority)
        here = Place("C007", alone=True)
        caller = Caller(Actor("U0007", "T1"), "T1", "C007", here, Place("C007"), "key", time.time())
        begun = time.perf_counter()
        await search.page(caller, Filters(sort="loss"))
        print(f"what came of the ended ones, once: {time.perf_counter() - begun:.2f} s")
        for name, filters in WANTED.items():
            taken = []
            for _ in range(wanted.rounds):
                begun = time.perf_counter()
                page = await search.page(caller, filters)
                taken.append(time.perf_counter() - begun)
            print(f"{name}: {page.count} jobs, {statistics.median(taken) * 1000:.0f} ms")
        begun = time.perf_counter()
        await search.compare(caller, Filters(sort="loss"))
        print(f"six compared: {(time.perf_counter() - begun) * 1000:.0f} ms")
        begun = time.perf_counter()
        columns, rows = export_table(await search.export(caller, Filters()))
        print(f"exported: {len(rows)} jobs, {len(columns)} columns, {(time.perf_counter() - begun) * 1000:.0f} ms")
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
