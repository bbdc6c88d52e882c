"""Following many jobs: the bot's follower against the usual loop, one for each job, that retrieves it and lists its
events every 10 s.

    python benchmarks/follow.py [--jobs 1000] [--seconds 180] [--growth] [--record]

Real sockets, the real SDK and, for the bot, the real store; the provider is a light stand-in in a process of its own,
and so is each follower. All jobs train from the start and tell figures every 5 s; a fifth end, at random, within the
time. Calls an hour are what was counted, times 3,600 over the seconds that were measured: no hour was waited for.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
import table
from aiohttp import web
from openai import AsyncOpenAI

from bot.jobs import states
from bot.jobs.follow import Follower
from bot.jobs.interfaces import Change
from bot.jobs.job import Job, Origin
from bot.providers.openai_protocol import OpenAIProtocol
from bot.store.database import Database
from bot.store.jobs import SqliteJobStore

Json = dict[str, Any]
POLL, LOOP = 5.0, 10.0
CHANNELS = 100
BETWEEN_FIGURES = 5.0
MODEL = "gpt-4.1-mini-2025-04-14"


class Provider:
    """Jobs whose lives are known beforehand, so that it can be told later when what happened."""

    def __init__(self, jobs: int, seconds: float) -> None:
        rng = random.Random(1)
        self.began = time.time()
        # From the first tenth on, so that whoever starts has started.
        self.ends = {
            f"ftjob-{n:05}": self.began + rng.uniform(0.1, 0.8) * seconds if n % 5 == 0 else float("inf")
            for n in range(jobs)
        }
        self.offsets = {job: rng.uniform(0, BETWEEN_FIGURES) for job in self.ends}
        self.ids = sorted(self.ends, reverse=True)
        self.places = {job: place for place, job in enumerate(self.ids)}
        self.calls: Counter[str] = Counter()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/fine_tuning/jobs", self._list)
        app.router.add_get("/v1/fine_tuning/jobs/{id}", self._retrieve)
        app.router.add_get("/v1/fine_tuning/jobs/{id}/events", self._events)
        app.router.add_get("/v1/fine_tuning/jobs/{id}/checkpoints", self._checkpoints)
        return app

    def told_at(self, job: str, step: int) -> float:
        """When the figures of a step were there."""
        return self.began + self.offsets[job] + (step - 1) * BETWEEN_FIGURES

    def _job(self, job: str) -> Json:
        ended = time.time() >= self.ends[job]
        return {
            "object": "fine_tuning.job",
            "id": job,
            "created_at": int(self.began),
            "model": MODEL,
            "organization_id": "org-x",
            "status": "succeeded" if ended else "running",
            "training_file": "file-1",
            "result_files": [],
            "fine_tuned_model": f"ft:{MODEL}:x::{job}" if ended else None,
            "finished_at": int(self.ends[job]) if ended else None,
            "trained_tokens": 99 if ended else None,
            "seed": 7,
            "hyperparameters": {"n_epochs": 3},
        }

    async def _list(self, request: web.Request) -> web.Response:
        self.calls["list jobs"] += 1
        start = self.places[request.query["after"]] + 1 if "after" in request.query else 0
        end = start + int(request.query.get("limit", 20))
        return _page([self._job(job) for job in self.ids[start:end]], end < len(self.ids))

    async def _retrieve(self, request: web.Request) -> web.Response:
        self.calls["retrieve"] += 1
        return web.json_response(self._job(request.match_info["id"]))

    async def _events(self, request: web.Request) -> web.Response:
        self.calls["list events"] += 1
        job = request.match_info["id"]
        until = min(time.time(), self.ends[job])
        newest = int((until - self.began - self.offsets[job]) // BETWEEN_FIGURES) + 1
        before = int(request.query["after"].rsplit("-", 1)[1]) if "after" in request.query else newest + 1
        oldest = max(before - int(request.query.get("limit", 20)), 1)
        return _page([self._event(job, step) for step in range(before - 1, oldest - 1, -1)], oldest > 1)

    def _event(self, job: str, step: int) -> Json:
        return {
            "object": "fine_tuning.job.event",
            "id": f"ftevent-{job}-{step}",
            "created_at": int(self.told_at(job, step)),
            "level": "info",
            "message": f"Step {step}/1000",
            "type": "metrics",
            "data": {"step": step, "total_steps": 1000, "train_loss": 1.0},
        }

    async def _checkpoints(self, request: web.Request) -> web.Response:
        self.calls["list checkpoints"] += 1
        return _page([], False)


def _page(data: list[Json], more: bool) -> web.Response:
    return web.json_response({"object": "list", "data": data, "has_more": more})


def serve(pipe: Connection, jobs: int, seconds: float) -> None:
    """The provider's process: sends its port, and when it is asked what was called and when what happened."""

    async def run() -> None:
        provider = Provider(jobs, seconds)
        runner = web.AppRunner(provider.app(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(runner.addresses[0][1])
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        pipe.send((dict(provider.calls), provider.ends, {job: provider.told_at(job, 1) for job in provider.ends}))
        await runner.cleanup()

    asyncio.run(run())


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


def follow(port: int, jobs: int, seconds: float) -> Json:
    """The bot's follower, its store and its SDK."""
    seen = Seen()

    class WatchedStore(SqliteJobStore):
        async def update(self, job_id: str, make: Callable[[Job], Change | None]) -> Job | None:
            changes: list[Change | None] = []

            def watched(job: Job) -> Change | None:
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
        for number in range(jobs):
            await store.insert(_our_job(number))
        provider = OpenAIProtocol("bench", AsyncOpenAI(api_key="x", base_url=f"http://127.0.0.1:{port}/v1"))
        follower = Follower(store, provider, poll_seconds=POLL)
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


def _our_job(number: int) -> Job:
    return Job(
        id=f"job-{number:05}",
        state=states.RUNNING,
        provider="bench",
        base_model=MODEL,
        requester="U1",
        origin=Origin("T1", f"C{number % CHANNELS}", False),
        created_at=time.time(),
        provider_job_id=f"ftjob-{number:05}",
        seed=7,
        training_file="file-1",
    )


def loops(port: int, jobs: int, seconds: float) -> Json:
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
        async with AsyncOpenAI(api_key="x", base_url=f"http://127.0.0.1:{port}/v1") as client:
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
    ours, theirs = context.Pipe()
    provider = context.Process(target=serve, args=(theirs, jobs, seconds))
    provider.start()
    mine, childs = context.Pipe()
    child = context.Process(target=_in_child, args=(childs, work, ours.recv(), jobs, seconds))
    child.start()
    childs.close()
    result = json.loads(mine.recv_bytes())
    child.join()
    ours.send("enough")
    calls, ends, first = ours.recv()
    provider.join()
    # What was told before the follower began is not news.
    began = result["began"]
    late = [result["ends"].get(job, time.time()) - at for job, at in ends.items() if began < at != float("inf")]
    told = [(at - (first[job] + (step - 1) * BETWEEN_FIGURES), at) for job, step, at in result["steps"]]
    ages = [age for age, at in told if at - age > began]
    return {
        "calls an hour": sum(calls.values()) * 3600 / seconds,
        "ends, p95": statistics.quantiles(late, n=20)[-1] if len(late) > 1 else float("nan"),
        "ends unseen": sum(1 for job, at in ends.items() if at != float("inf") and job not in result["ends"]),
        "figures, oldest": max(ages, default=float("nan")),
        "CPU": result["cpu"] / seconds,
        "memory": result["rss"] / 1e6,
    }


def _words(figures: Json) -> dict[str, str]:
    return {
        "calls an hour": f"{figures['calls an hour']:,.0f}",
        "ends seen, p95": f"{figures['ends, p95']:.1f} s",
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
            sizes[jobs] = measure(follow, jobs, options.seconds)
            print(f"{jobs:,} jobs:", _words(sizes[jobs]))
    if options.record:
        both = {"jobs": f"{options.jobs:,}", "measured": f"{options.seconds:.0f} s", "fewer calls": f"{fewer:.1f}x"}
        both |= {f"{name}: bot / loops": f"{one} / {_words(peer)[name]}" for name, one in _words(bot).items()}
        table.record("follow", both)
        if options.growth:
            grown = {f"{jobs:,} jobs": ", ".join(_words(found).values()) for jobs, found in sorted(sizes.items())}
            table.record("follow, growth (calls an hour, ends p95, oldest figures, CPU, memory)", grown)


if __name__ == "__main__":
    main()
