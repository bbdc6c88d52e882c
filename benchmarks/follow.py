"""Following many jobs: the bot's follower against the usual loop, one for each job, that retrieves it and lists its
events every 10 s.

    python benchmarks/follow.py [--jobs 1000] [--seconds 180] [--growth] [--record]

Real sockets, the real SDK and, for the bot, the real store; the provider is a light stand-in in a process of its own,
and so is each follower. All jobs train from the start, take an hour each, as it were, and tell figures every 5 s.
Calls an hour are what was counted, times 3,600 over the seconds that were measured: no hour was waited for. The other
numbers of jobs are measured for half the seconds, so that all takes ten to eleven minutes.
"""

import argparse
import asyncio
import json
import math
import multiprocessing
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
from openai import AsyncOpenAI

from benchmarks import table
from benchmarks.provider import BETWEEN_FIGURES, NAME, our_job, running
from bot.jobs import states
from bot.jobs.follow import Follower
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.sync import JobSync
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.database import Database
from bot.store.jobs import SqlJobStore

Json = dict[str, Any]
POLL, LOOP = 5.0, 10.0


class Seen:
    """What a follower saw, and when."""

    def __init__(self) -> None:
        self.began = time.time()
        self.ends: dict[str, float] = {}
        self.steps: dict[tuple[str, int], float] = {}

    def job(self, job: str, status: str) -> None:
        if status in states.ENDED:
            self.ends.setdefault(job, time.time())

    def step(self, job: str, step: int) -> None:
        self.steps.setdefault((job, step), time.time())


def follow(url: str, jobs: int, seconds: float) -> Json:
    """The bot's follower, its store and its SDK."""
    seen = Seen()

    class WatchedStore(SqlJobStore):
        async def update(self, job_id: str, make: Callable[[Job], JobUpdate | None]) -> Job | None:
            changes: list[JobUpdate | None] = []

            def watched(job: Job) -> JobUpdate | None:
                changes[:] = [make(job)]
                return changes[0]

            stored = await super().update(job_id, watched)
            if changes and (change := changes[0]) is not None:
                seen.job(str(change.job.provider_job_id), change.job.state)
                for event in change.events:
                    if event.metrics is not None:
                        seen.step(str(change.job.provider_job_id), event.metrics.step)
            return stored

    async def run(folder: str) -> Json:
        database = await Database.open(Path(folder))
        store = WatchedStore(database)
        await asyncio.gather(*(store.insert(our_job(number)) for number in range(jobs)))
        provider = OpenAIProtocol(NAME, AsyncOpenAI(api_key="x", base_url=url))
        follower = Follower(JobSync(store, Providers(provider)), provider, poll_seconds=POLL)
        seen.began = time.time()
        began, cpu = time.monotonic(), _cpu()
        while time.monotonic() < began + seconds:
            await follower.tick()
            await asyncio.sleep(1)
        figures = _figures(seen, cpu)
        await provider.close()
        await database.close()
        return figures

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run(folder))


def loops(url: str, jobs: int, seconds: float) -> Json:
    """What people write: one loop for each job. It keeps nothing on disk, which favours it."""
    seen = Seen()

    async def one(client: AsyncOpenAI, job: str, until: float) -> None:
        await asyncio.sleep(random.uniform(0, LOOP))
        while time.monotonic() < until:
            remote = await client.fine_tuning.jobs.retrieve(job)
            events = await client.fine_tuning.jobs.list_events(job)
            for event in events.data:
                if isinstance(event.data, dict):
                    seen.step(job, event.data["step"])
            seen.job(job, remote.status)
            if remote.status in states.ENDED:
                return
            await asyncio.sleep(LOOP)

    async def run() -> Json:
        seen.began = time.time()
        cpu, until = _cpu(), time.monotonic() + seconds
        async with AsyncOpenAI(api_key="x", base_url=url) as client:
            await asyncio.gather(*(one(client, f"ftjob-{n:05}", until) for n in range(jobs)))
        return _figures(seen, cpu)

    return asyncio.run(run())


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _figures(seen: Seen, cpu_before: float) -> Json:
    return {
        "cpu": _cpu() - cpu_before,
        "began": seen.began,
        "rss": psutil.Process().memory_info().rss,
        "ends": seen.ends,
        "steps": [[job, step, at] for (job, step), at in seen.steps.items()],
    }


def _in_child(pipe: Connection, work: Callable[..., Json], *arguments: Any) -> None:
    pipe.send_bytes(json.dumps(work(*arguments)).encode())


def measure(work: Callable[..., Json], jobs: int, seconds: float) -> Json:
    """One follower against a fresh provider; figures in plain units."""
    context = multiprocessing.get_context("spawn")
    # From the first tenth on, so that whoever starts has started; a fifth of them ends in a fifth of an hour.
    with running(jobs, ending=(0.1 * seconds, 0.1 * seconds + 3600 / 5)) as provider:
        mine, childs = context.Pipe()
        child = context.Process(target=_in_child, args=(childs, work, provider.url, jobs, seconds))
        child.start()
        childs.close()
        result = json.loads(mine.recv_bytes())
        child.join()
        told = provider.told()
    # What was told before the follower began is not news, and what comes at the very end need not be seen any more.
    began = result["began"]
    ends = {job: at for job, at in told.ends.items() if began < at < began + 0.9 * seconds}
    late = [result["ends"].get(job, time.time()) - at for job, at in ends.items()]
    figures = [(at - (told.first_figures[job] + (step - 1) * BETWEEN_FIGURES), at) for job, step, at in result["steps"]]
    ages = [age for age, at in figures if at - age > began]
    return {
        "calls an hour": sum(told.calls.values()) * 3600 / seconds,
        "ends, p95": statistics.quantiles(late, n=20)[-1] if len(late) > 1 else float("nan"),
        "ends unseen": sum(job not in result["ends"] for job in ends),
        "figures, oldest": max(ages, default=float("nan")),
        "CPU": result["cpu"] / seconds,
        "memory": result["rss"] / 1e6,
    }


def _words(figures: Json) -> dict[str, str]:
    return {
        "calls an hour": f"{figures['calls an hour']:,.0f}",
        "ends seen, p95": "too few" if math.isnan(figures["ends, p95"]) else f"{figures['ends, p95']:.1f} s",
        "oldest figures": f"{figures['figures, oldest']:.0f} s",
        "CPU of a core": f"{figures['CPU']:.0%}",
        "memory": f"{figures['memory']:.0f} MB",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--growth", action="store_true", help="also the follower with 10, 100 and 10,000 jobs")
    parser.add_argument("--record", action="store_true", help="write rows into benchmarks/README.md")
    options = parser.parse_args()
    bot = measure(follow, options.jobs, options.seconds)
    peer = measure(loops, options.jobs, options.seconds)
    fewer = peer["calls an hour"] / bot["calls an hour"]
    print("follower:", _words(bot), "unseen:", bot["ends unseen"])
    print("loops:   ", _words(peer), "unseen:", peer["ends unseen"])
    print(f"{fewer:.1f}x fewer calls")
    sizes = {options.jobs: bot}
    if options.growth:
        for jobs in (10, 100, 10_000):
            sizes[jobs] = measure(follow, jobs, options.seconds / 2)
            print(f"{jobs:,} jobs:", _words(sizes[jobs]))
    if options.record:
        both = {"jobs": f"{options.jobs:,}", "measured": f"{options.seconds:.0f} s", "fewer calls": f"{fewer:.1f}x"}
        both |= {f"{name}: bot / loops": f"{one} / {_words(peer)[name]}" for name, one in _words(bot).items()}
        table.record("follow", both)
        if options.growth:
            grown = {f"{jobs:,} jobs": ", ".join(_words(found).values()) for jobs, found in sorted(sizes.items())}
            table.record("follow, growth", grown)


if __name__ == "__main__":
    main()
