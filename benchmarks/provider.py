"""A light stand-in for a provider with many jobs, in a process of its own, and the jobs as the bot keeps them.

Whoever measures asks it at the end what it was asked for, and when what happened.
"""

import asyncio
import contextlib
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

import msgspec
from aiohttp import web

from bot.jobs import states
from bot.jobs.job import Job, Origin

Json = dict[str, Any]
NAME = "bench"
MODEL = "gpt-4.1-mini-2025-04-14"
BETWEEN_FIGURES = 5.0
CHANNELS = 100
# Ana, and her workspace, of the sandbox.
REQUESTER, TEAM = "U0ANAREED1", "T0SANDBOX1"


class Told(msgspec.Struct, frozen=True):
    """Calls by kind; when each job ended (infinity: it goes on) and when its first figures were there."""

    calls: dict[str, int]
    ends: dict[str, float]
    first_figures: dict[str, float]


class Running:
    """A provider that runs: its address, and what it has to tell."""

    def __init__(self, port: int, pipe: Connection) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/v1"
        self._pipe = pipe

    def told(self) -> Told:
        """Asked once, at the end."""
        self._pipe.send("what happened?")
        told: Told = self._pipe.recv()
        return told


@contextlib.contextmanager
def running(jobs: int, ending: tuple[float, float] | None = None) -> Iterator[Running]:
    """`jobs` that all train from now on; a fifth end, at random, between those seconds from now."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, jobs, ending), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Running(ours.recv(), ours)
    finally:
        process.terminate()
        process.join()


def our_job(number: int, **fields: Any) -> Job:
    """The job with this number as the bot's store has it, in one of the channels."""
    values: dict[str, Any] = {
        "id": f"job-{number:05}",
        "state": states.RUNNING,
        "provider": NAME,
        "base_model": MODEL,
        "requester": REQUESTER,
        "origin": Origin(TEAM, channel(number), False),
        "created_at": time.time(),
        "provider_job_id": f"ftjob-{number:05}",
        "seed": 7,
        "training_file": "file-1",
    }
    return Job(**values | fields)


def channel(number: int) -> str:
    """Slack's id of the channel in which the job with this number was started."""
    return f"C0BENCH{number % CHANNELS:03}"


class Provider:
    """Jobs whose lives are known beforehand, so that it can be told later when what happened."""

    def __init__(self, jobs: int, ending: tuple[float, float] | None) -> None:
        rng = random.Random(1)
        self.began = time.time()
        self.ends = {
            f"ftjob-{n:05}": self.began + rng.uniform(*ending) if ending and n % 5 == 0 else float("inf")
            for n in range(jobs)
        }
        self.offsets = {job: rng.uniform(0, BETWEEN_FIGURES) for job in self.ends}
        self.ids = sorted(self.ends, reverse=True)
        self.places = {job: place for place, job in enumerate(self.ids)}
        self.calls: Counter[str] = Counter()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/files", self._files)
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

    async def _models(self, request: web.Request) -> web.Response:
        return _page([{"id": MODEL, "object": "model", "created": 1, "owned_by": "system"}], False)

    async def _files(self, request: web.Request) -> web.Response:
        """A call that hangs: what is under way at the end of a bot may be that."""
        await asyncio.sleep(60)
        return _page([], False)

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


def _serve(pipe: Connection, jobs: int, ending: tuple[float, float] | None) -> None:
    async def run() -> None:
        provider = Provider(jobs, ending)
        runner = web.AppRunner(provider.app(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(runner.addresses[0][1])
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        first = {job: provider.told_at(job, 1) for job in provider.ends}
        pipe.send(Told(dict(provider.calls), provider.ends, first))
        await runner.cleanup()

    asyncio.run(run())
