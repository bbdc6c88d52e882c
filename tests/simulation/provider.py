"""A model of the provider: it takes files and jobs, and lets each job live a life that the seed has drawn.

It speaks OpenAI's protocol to the real SDK, whose HTTP transport is the seam.
"""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import orjson

from tests.simulation.network import Network, NotConnected, Reply, Request, Reset, Slow

Json = dict[str, Any]
ENDED = {"succeeded", "failed", "cancelled"}
DONE = b"data: [DONE]\n\n"


class ProviderModel:
    """`clock` is the provider's own."""

    def __init__(self, seed: str, clock: Callable[[], float], rng: random.Random) -> None:
        self._seed = seed
        self._clock = clock
        self.newest_first = rng.random() < 0.7
        self.keeps_metadata = rng.random() < 0.6
        self.page = rng.choice([2, 5, 100])
        self.tells_late = 0.4  # of how many jobs something comes after the end
        self.most_running: int | None = None
        self.full_until = 0.0  # others on the same account take all the room
        self.created: Callable[[str], None] = lambda submission: None
        self.files: dict[str, str] = {}  # id -> name
        self.jobs: dict[str, Json] = {}
        self.events: dict[str, list[Json]] = {}
        self.checkpoints: dict[str, list[Json]] = {}
        self.created_for: list[str] = []  # the submission of each creation
        self.submission_of: dict[str, str] = {}
        self.shown_to_look_ups: list[tuple[str, frozenset[str]]] = []  # our job, and what it was shown
        self.models: list[str] = []
        self.answers: dict[str, list[str]] = {}  # to each question, as often as it was asked
        self.prompts: dict[str, list[Json]] = {}  # the messages that came with each question when it was asked last
        self._plans: dict[str, list[tuple[float, Callable[[], None]]]] = {}
        self._ids = itertools.count(1)

    def serve(self, request: Request) -> Reply:
        self.live()
        parts = request.path.removeprefix("/v1/").split("/")
        match (request.method, *parts):
            case ("POST", "files"):
                file_id = f"file-{next(self._ids):04}"
                self.files[file_id] = str(request.body["filename"])
                return _ok(self._file(file_id))
            case ("GET", "files"):
                return _ok({"object": "list", "data": [self._file(i) for i in reversed(self.files)], "has_more": False})
            case ("GET", "files", file_id):
                return _ok(self._file(file_id)) if file_id in self.files else _gone()
            case ("POST", "fine_tuning", "jobs"):
                return _ok(self._create(request.body)) if self._has_room() else _full()
            case ("GET", "fine_tuning", "jobs"):
                return self._list(list(self.jobs.values()), request)
            case ("GET", "fine_tuning", "jobs", job_id):
                return _ok(self.jobs[job_id]) if job_id in self.jobs else _gone()
            case ("POST", "fine_tuning", "jobs", job_id, "cancel"):
                return self._cancel(job_id)
            case ("GET", "fine_tuning", "jobs", job_id, "events"):
                return self._list(self.events[job_id], request)
            case ("GET", "fine_tuning", "jobs", job_id, "checkpoints"):
                return self._list(self.checkpoints[job_id], request)
            case ("GET", "models"):
                return _ok({"object": "list", "data": [{"id": model, "object": "model"} for model in self.models]})
            case ("POST", "chat", "completions"):
                return self._chat(request.body)
        raise AssertionError(f"the bot asked for {request}")

    def live(self) -> None:
        """Let happen what has happened by now."""
        now = self._clock()
        for plan in self._plans.values():
            while plan and plan[0][0] <= now:
                plan.pop(0)[1]()

    def _has_room(self) -> bool:
        running = sum(job["status"] not in ENDED for job in self.jobs.values())
        return self._clock() >= self.full_until and (self.most_running is None or running < self.most_running)

    def _create(self, body: Json) -> Json:
        job_id, now = f"ftjob-{next(self._ids):04}", self._clock()
        submission = body["metadata"]["finetune_bot_submission"]
        self.created(submission)
        self.created_for.append(submission)
        self.submission_of[job_id] = submission
        self.jobs[job_id] = job = {
            "object": "fine_tuning.job",
            "id": job_id,
            "created_at": int(now),
            "model": body["model"],
            "organization_id": "org-x",
            "status": "validating_files",
            "training_file": body["training_file"],
            "validation_file": None,
            "result_files": [],
            "fine_tuned_model": None,
            "finished_at": None,
            "trained_tokens": None,
            "estimated_finish": 0,
            "error": {},
            "seed": body.get("seed"),
            "hyperparameters": {"n_epochs": "auto"},
            "metadata": body["metadata"] if self.keeps_metadata else None,
        }
        self.events[job_id], self.checkpoints[job_id] = [], []
        self._event(job_id, f"Created fine-tuning job: {job_id}")
        # A life of its own, whatever the order in which requests arrive.
        self._plans[job_id] = self._life(
            job_id, now, random.Random(f"{self._seed}/{submission}/{self.created_for.count(submission)}")
        )
        return job

    def _life(self, job_id: str, now: float, rng: random.Random) -> list[tuple[float, Callable[[], None]]]:
        job, plan = self.jobs[job_id], []
        at = now + rng.uniform(0.5, 6)

        def then(seconds: float, what: Callable[[], None]) -> None:
            nonlocal at
            at += seconds
            plan.append((at, what))

        def set_(**fields: Any) -> Callable[[], None]:
            return lambda: job.update(fields)

        def say(message: str, **fields: Any) -> Callable[[], None]:
            return lambda: self._event(job_id, message, **fields)

        def fail() -> None:
            message = "Something in the file."
            self._event(job_id, message, level="error")
            job.update(
                status="failed",
                finished_at=int(self._clock()),
                error={"code": "invalid_training_file", "message": message},
            )

        def succeed() -> None:
            model = f"ft:{job['model']}:x::{job_id}"
            self.checkpoints[job_id].append(
                {
                    "id": f"ftckpt_{job_id}",
                    "object": "fine_tuning.job.checkpoint",
                    "created_at": int(self._clock()),
                    "fine_tuning_job_id": job_id,
                    "fine_tuned_model_checkpoint": model,
                    "step_number": 3,
                    "metrics": {"step": 3, "train_loss": 0.3},
                }
            )
            self._event(job_id, "The job has successfully completed")
            job.update(status="succeeded", fine_tuned_model=model, finished_at=int(self._clock()), trained_tokens=99)

        if rng.random() < 0.12:
            then(1, fail)
            return plan
        then(0.1, set_(status="queued"))
        then(rng.uniform(0, 8), set_(status="running"))
        then(0, say("Fine-tuning job started"))
        steps = rng.randint(1, 6)
        for step in range(1, steps + 1):
            data = {"step": step, "total_steps": steps, "train_loss": round(3 / step, 3)}
            then(rng.uniform(1, 8), say(f"Step {step}/{steps}", type="metrics", data=data))
            if rng.random() < 0.2:
                then(0, say(f"Careful, {step}", level="warn"))
        then(1, fail if rng.random() < 0.15 else succeed)
        if rng.random() < self.tells_late:
            # Some events come after the end, and not at their place.
            then(rng.uniform(0.5, 6), say("One more thing", level="warn", back=rng.randint(0, 3)))
        return plan

    def _event(
        self,
        job_id: str,
        message: str,
        *,
        level: str = "info",
        type: str = "message",
        data: Json | None = None,
        back: int = 0,
    ) -> None:
        events = self.events[job_id]
        event = {
            "id": f"ftevent-{next(self._ids):05}",
            "object": "fine_tuning.job.event",
            "created_at": int(self._clock()) - 2 * back,
            "level": level,
            "message": message,
            "type": type,
            "data": data or {},
        }
        events.insert(max(0, len(events) - back), event)

    def _cancel(self, job_id: str) -> Reply:
        job = self.jobs[job_id]
        if job["status"] in ENDED:
            return Reply(
                400,
                orjson.dumps(
                    {"error": {"message": f"Job has already {job['status']}", "type": "x", "param": None, "code": None}}
                ),
            )
        job.update(status="cancelled", finished_at=int(self._clock()))
        self._plans[job_id] = []
        return _ok(job)

    def _chat(self, body: Json) -> Reply:
        """An answer of its own to each time that a question is asked."""
        question = str(body["messages"][-1]["content"])
        self.prompts[question] = body["messages"]
        told = self.answers.setdefault(question, [])
        rng = random.Random(f"{self._seed}/{question}/{len(told)}")
        words = [f"{question} has the answer {len(told) + 1}:", *(f"word{n}" for n in range(rng.choice([0, 3, 30])))]
        told.append(" ".join(words))
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        pieces = [{"delta": {"content": word if n == 0 else f" {word}"}} for n, word in enumerate(words)]
        choices: list[Json] = [{"index": 0, "finish_reason": None, **piece} for piece in pieces]
        choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
        usage = {"prompt_tokens": 10, "completion_tokens": len(words), "total_tokens": 10 + len(words)}
        events = [*(chunk | {"choices": [choice]} for choice in choices), chunk | {"choices": [], "usage": usage}]
        lines = [b"data: " + orjson.dumps(event) + b"\n\n" for event in events] + [DONE]
        return Reply(200, b"".join(lines), {"content-type": "text/event-stream"})

    def _list(self, items: list[Json], request: Request) -> Reply:
        shown = list(reversed(items)) if self.newest_first else items
        after = request.query.get("after")
        start = next((i + 1 for i, item in enumerate(shown) if item["id"] == after), 0) if after else 0
        size = min(self.page, int(request.query.get("limit", 20)))
        return _ok({"object": "list", "data": shown[start : start + size], "has_more": start + size < len(shown)})

    def _file(self, file_id: str) -> Json:
        return {
            "id": file_id,
            "object": "file",
            "bytes": 1,
            "created_at": 1,
            "filename": self.files[file_id],
            "purpose": "fine-tune",
            "status": "processed",
        }


def _ok(body: Json) -> Reply:
    return Reply(200, orjson.dumps(body))


def _full() -> Reply:
    error = {"message": "You have reached the maximum of active jobs.", "type": "x", "param": None}
    return Reply(429, orjson.dumps({"error": {**error, "code": "max_active_jobs"}}))


def _gone() -> Reply:
    return Reply(404, orjson.dumps({"error": {"message": "No such thing", "type": "x", "param": None, "code": None}}))


class _Trickle(httpx2.AsyncByteStream):
    """An answer that comes event by event; one that was cut off ends with its connection."""

    def __init__(self, content: bytes, rng: random.Random) -> None:
        self._content = content
        self._rng = rng

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for event in self._content.splitlines(keepends=True):
            if self._rng.random() < 0.2:
                await asyncio.sleep(self._rng.uniform(0, 0.5))
            yield event
        if not self._content.endswith(DONE):
            raise httpx2.ReadError("reset")


class Transport(httpx2.AsyncBaseTransport):
    """Where the SDK's requests leave the process."""

    def __init__(self, network: Network, model: ProviderModel) -> None:
        self._network = network
        self._model = model

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        content = await request.aread()
        if request.headers.get("content-type", "").startswith("multipart/"):
            body: dict[str, object] = {"filename": content.split(b'filename="', 1)[1].split(b'"', 1)[0].decode()}
        else:
            body = orjson.loads(content) if content else {}
        asked = Request(request.method, request.url.path, dict(request.url.params), body)
        patience = request.extensions["timeout"]["read"]
        try:
            reply = await self._network.exchange("provider", self._model.serve, asked, patience=patience)
        except NotConnected:
            raise httpx2.ConnectError("refused") from None
        except Reset:
            raise httpx2.ReadError("reset") from None
        except Slow:
            raise httpx2.ReadTimeout("slow") from None
        if reply.headers.get("content-type") == "text/event-stream":
            rng = random.Random(f"{self._model.answers}")
            return httpx2.Response(reply.status, headers=reply.headers, stream=_Trickle(reply.content, rng))
        self._remember_what_was_shown(asked, reply)
        return httpx2.Response(
            reply.status, headers={"content-type": "application/json", **reply.headers}, content=reply.content
        )

    def _remember_what_was_shown(self, asked: Request, reply: Reply) -> None:
        """Which jobs a look-up of the submitter's was shown."""
        task = asyncio.current_task()
        if asked.method == "GET" and asked.path.endswith("/jobs") and task and task.get_name().startswith("submit "):
            with contextlib.suppress(orjson.JSONDecodeError):
                listed = frozenset(job["id"] for job in orjson.loads(reply.content).get("data", []))
                self._model.shown_to_look_ups.append((task.get_name().removeprefix("submit "), listed))
