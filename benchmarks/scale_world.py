"""Slack and a provider for very many workspaces and jobs, on virtual time: `scale.py` has the bot's real code ask them.

Nothing in them grows with jobs that have ended but what they list. They count what they are asked for, and Slack
refuses what is beyond its documented rates (docs.slack.dev, "Rate limits", read 2026-11-21).
"""

import asyncio
import itertools
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson

from bot.jobs.job import Job
from handlers.outgoing.charts import Charts
from tests.simulation.loop import SimulatedLoop, Timeline
from tests.simulation.network import Reply, Request

Json = dict[str, Any]
EPOCH = 1_800_000_000.0
STEP = 15.0  # seconds between two figures of a job
STARTED, FIGURES, DONE = "Fine-tuning job started", "metrics", "The job has successfully completed"
# So many calls a minute in a workspace, for each method; of chat.postMessage in each channel, where short bursts are
# allowed: twice as many in one minute.
_TIER_2, _TIER_3, _TIER_4 = 20, 50, 100
RATES = {"chat.update": _TIER_3, "conversations.replies": _TIER_3, "chat.postMessage": 120}
# Of a hundred things that people do in a day, how many begin in which hour: an assumption, of people in one time zone.
HOURS = (0, 0, 0, 0, 0, 0, 1, 4, 9, 11, 11, 9, 7, 10, 11, 10, 8, 5, 2, 1, 1, 0, 0, 0)


class Loop(SimulatedLoop):
    """Without the moments to die in between two callbacks."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self._ready: Any = deque()


class Calm:
    """A network in which nothing goes wrong: a way takes 20 to 200 ms."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    async def exchange(
        self, _service: str, serve: Callable[[Request], Reply], request: Request, *, patience: float
    ) -> Reply:
        await asyncio.sleep(self._rng.uniform(0.02, 0.2))
        reply = serve(request)
        await asyncio.sleep(self._rng.uniform(0.02, 0.2))
        return reply


class NoCharts(Charts):
    async def is_due(self, job: Job) -> bool:
        return False

    async def chart(self, job: Job) -> tuple[str | None, str]:
        return None, ""


@dataclass(slots=True)
class Life:
    """A job at the provider: when what happens to it, in seconds since the epoch."""

    id: str
    submission: str
    created: float
    starts: float
    ends: float
    model: str
    seed: int
    file: str

    def status(self, now: float) -> str:
        if now >= self.ends:
            return "succeeded"
        return "running" if now >= self.starts else "queued" if now >= self.created + 2 else "validating_files"

    def shown(self, now: float) -> Json:
        status = self.status(now)
        is_over = status == "succeeded"
        return {
            "object": "fine_tuning.job",
            "id": self.id,
            "created_at": int(self.created),
            "model": self.model,
            "organization_id": "org-x",
            "status": status,
            "training_file": self.file,
            "result_files": [],
            "fine_tuned_model": f"ft:{self.model}:x::{self.id}" if is_over else None,
            "finished_at": int(self.ends) if is_over else None,
            "trained_tokens": 99 if is_over else None,
            "seed": self.seed,
            "hyperparameters": {"n_epochs": 3},
            "metadata": {"finetune_bot_submission": self.submission},
        }

    def events(self, now: float) -> list[Json]:
        """The newest first."""
        if now < self.starts:
            return []
        steps = int((min(now, self.ends) - self.starts) // STEP)
        total = int((self.ends - self.starts) // STEP)
        listed = [self._event(0, self.starts, STARTED)]
        for step in range(1, steps + 1):
            figures = {"step": step, "total_steps": total, "train_loss": round(3 / step, 3)}
            listed.append(self._event(step, self.starts + step * STEP, f"Step {step}/{total}", FIGURES, figures))
        if now >= self.ends:
            listed.append(self._event(steps + 1, self.ends, DONE))
        return listed[::-1]

    def _event(self, number: int, at: float, said: str, kind: str = "message", data: Json | None = None) -> Json:
        return {
            "object": "fine_tuning.job.event",
            "id": f"{self.id}-{number}",
            "created_at": int(at),
            "level": "info",
            "message": said,
            "type": kind,
            "data": data or {},
        }


class Provider:
    """One account. `durations`: of the next trainings, in seconds."""

    _ids = itertools.count(1)

    def __init__(self, clock: Callable[[], float], durations: Callable[[], float], seen: "Seen") -> None:
        self._clock = clock
        self._durations = durations
        self._seen = seen
        self._lives: dict[str, Life] = {}
        self._order: list[str] = []
        self._places: dict[str, int] = {}

    def serve(self, request: Request) -> Reply:
        parts = request.path.removeprefix("/v1/").split("/")
        match (request.method, *parts):
            case ("POST", "files"):
                return self._counted("upload", _file(f"file-{next(self._ids)}"))
            case ("GET", "files"):
                return self._counted("list files", {"object": "list", "data": [], "has_more": False})
            case ("GET", "files", file_id):
                return self._counted("file", _file(file_id))
            case ("POST", "fine_tuning", "jobs"):
                return self._counted("create", self._create(request.body))
            case ("GET", "fine_tuning", "jobs"):
                return self._counted("list jobs", self._list(request))
            case ("GET", "fine_tuning", "jobs", job):
                return self._counted("job", self._lives[job].shown(self._clock()))
            case ("GET", "fine_tuning", "jobs", job, "events"):
                listed = self._lives[job].events(self._clock())
                return self._counted("events", _page(listed, request, lambda item: item["id"]))
            case ("GET", "fine_tuning", "jobs", job, "checkpoints"):
                return self._counted("checkpoints", {"object": "list", "data": [], "has_more": False})
        raise AssertionError(f"the bot asked for {request}")

    def _create(self, body: Json) -> Json:
        now = self._clock()
        life = Life(
            f"ftjob-{next(self._ids)}",
            str(body["metadata"]["finetune_bot_submission"]),
            now,
            now + 15,
            now + 15 + self._durations(),
            str(body["model"]),
            int(body["seed"]),
            str(body["training_file"]),
        )
        assert life.submission not in self._seen.ends, "no job is created twice"
        self._seen.ends[life.submission] = life.ends
        self._lives[life.id] = life
        self._places[life.id] = len(self._order)
        self._order.append(life.id)
        return life.shown(now)

    def _list(self, request: Request) -> Json:
        now, size = self._clock(), int(request.query.get("limit", 20))
        after = request.query.get("after")
        end = self._places[after] if after else len(self._order)
        start = max(0, end - size)
        shown = [self._lives[job].shown(now) for job in self._order[start:end][::-1]]
        return {"object": "list", "data": shown, "has_more": start > 0}

    def _counted(self, kind: str, answer: Json) -> Reply:
        self._seen.provider[kind] += 1
        self._seen.provider_minutes[int(self._clock() // 60)] += 1
        return Reply(200, orjson.dumps(answer))


class Slack:
    """One workspace. `told[job]`: when it was said how it ended, and how often."""

    def __init__(self, clock: Callable[[], float], seen: "Seen") -> None:
        self._clock = clock
        self._seen = seen
        self._last = 0.0
        self._minute = -1
        self._in_minute: Counter[str] = Counter()

    def serve(self, request: Request) -> Reply:
        method, arguments = request.path, {**request.query, **request.body}
        now = self._clock()
        if int(now // 60) != self._minute:
            self._minute, self._in_minute = int(now // 60), Counter()
        key = f"{method} {arguments['channel']}" if method == "chat.postMessage" else method
        self._in_minute[key] += 1
        self._seen.slack[method] += 1
        self._seen.slack_busiest[method] = max(self._seen.slack_busiest[method], self._in_minute[key])
        if self._in_minute[key] > RATES.get(method, _TIER_2 if method.startswith("users") else _TIER_4 * 10):
            self._seen.slack_refused += 1
            return Reply(429, b'{"ok": false, "error": "ratelimited"}', {"retry-after": "30"})
        if method == "chat.postMessage":
            return Reply(200, orjson.dumps({"ok": True, "ts": self._posted(arguments, now)}))
        if method == "chat.getPermalink":
            return Reply(200, b'{"ok": true, "permalink": "https://x.slack.com/archives/C1/p1"}')
        if method == "chat.update":
            return Reply(200, orjson.dumps({"ok": True, "ts": arguments["ts"]}))
        raise AssertionError(f"the bot called {method}")

    def _posted(self, arguments: Json, now: float) -> str:
        metadata = arguments.get("metadata") or {}
        metadata = orjson.loads(metadata) if isinstance(metadata, str) else metadata
        job, _, what = str(metadata["event_payload"]["id"]).partition("/")
        if what == "succeeded":
            assert job not in self._seen.told, "nothing is said twice"
            self._seen.told[job] = now
        elif job == "card":
            self._seen.cards += 1
        self._last = max(now, self._last + 0.0001)
        return f"{self._last:.6f}"


class Seen:
    """What was seen of all workspaces."""

    def __init__(self) -> None:
        self.ends: dict[str, float] = {}
        self.told: dict[str, float] = {}
        self.cards = 0
        self.provider: Counter[str] = Counter()
        self.provider_minutes: Counter[int] = Counter()
        self.slack: Counter[str] = Counter()
        self.slack_busiest: Counter[str] = Counter()
        self.slack_refused = 0
        self.writes = 0
        self.write_minutes: Counter[int] = Counter()

    def late(self) -> list[float]:
        """Seconds from a job's end to its being told, in order."""
        return sorted(at - self.ends[job] for job, at in self.told.items())


def _file(file_id: str) -> Json:
    said = {"id": file_id, "object": "file", "bytes": 1, "created_at": 1, "filename": "x", "purpose": "fine-tune"}
    return said | {"status": "processed"}


def _page(listed: list[Json], request: Request, key: Callable[[Json], str]) -> Json:
    after, size = request.query.get("after"), int(request.query.get("limit", 20))
    start = next(i + 1 for i, item in enumerate(listed) if key(item) == after) if after else 0
    return {"object": "list", "data": listed[start : start + size], "has_more": start + size < len(listed)}


class Transport(httpx2.AsyncBaseTransport):
    """Where the SDK's requests leave the process."""

    def __init__(self, network: Calm, provider: Provider) -> None:
        self._network = network
        self._provider = provider

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        content = await request.aread()
        is_json = request.headers.get("content-type", "").startswith("application/json")
        body = orjson.loads(content) if is_json and content else {}
        asked = Request(request.method, request.url.path, dict(request.url.params), body)
        reply = await self._network.exchange("provider", self._provider.serve, asked, patience=60)
        return httpx2.Response(reply.status, headers={"content-type": "application/json"}, content=reply.content)
