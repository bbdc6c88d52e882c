"""A stand-in for a provider, where the real one would cost money: OpenAI's fine-tuning protocol over a real socket.

It trains nothing: a test says what happens (`run`, `succeed`, `fail`), and what goes wrong on the way
(`fault`). What it holds can be compared with what the bot believes.
"""

import asyncio
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable
from math import log
from typing import Any, Self

from aiohttp import web

Json = dict[str, Any]


class StandInProvider:
    """async with StandInProvider() as provider: AsyncOpenAI(base_url=provider.url, api_key=provider.key)"""

    prefix = "/v1"

    def __init__(
        self, models: tuple[str, ...] = ("gpt-4.1-mini-2025-04-14",), *, newest_first: bool = True, first_id: int = 1
    ) -> None:
        self.key = "sk-stand-in-0123456789abcdef"
        self.base_models = list(models)
        self.tuned: list[str] = []
        self.shutdown_dates: dict[str, str] = {}
        self.parameters: dict[str, int] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.exports: dict[str, Json] = {}  # as our trainer has them
        self.jobs: dict[str, Json] = {}
        self.events: defaultdict[str, list[Json]] = defaultdict(list)
        self.checkpoints: defaultdict[str, list[Json]] = defaultdict(list)
        self.newest_first = newest_first
        self.keeps_metadata = True
        self.says_trainable = True
        self.methods: list[str] = []
        self.most_running: int | None = None
        self.requests: list[str] = []
        self.traceparents: dict[str, str | None] = {}
        self.chats: list[Json] = []
        self.completions: list[Json] = []
        self.embedded: list[Json] = []
        self.answer = "The answer, in several pieces."
        self.answer_to: Callable[[Json], str] | None = None  # instead of `answer`, by the request
        self.answers_between = 0.0
        self.context = 20_000
        self.finish_reason: str | None = None
        self.context_lengths: dict[str, int] = {}  # of fine-tuned models, in tokens
        self.calls: list[tuple[str, str]] = []  # (function, arguments) that a model calls which has tools
        self.usage: tuple[int, int] | None = None  # prompt and completion tokens of an answer
        self.refuses: set[str] = set()  # fields that no request may have
        self.says_what_it_refuses = True
        # How likely each token is, for each place in an answer; told to who asks for logprobs.
        self.likely: list[dict[str, float]] = []
        self._cut: int | None = None
        self.chat_open = asyncio.Event()
        self.chat_open.set()
        self._faults: defaultdict[str, list[Json]] = defaultdict(list)
        self._ids = itertools.count(first_id)

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._door], client_max_size=600_000_000)
        self.routes(app)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await self._site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}{self.prefix}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def routes(self, app: web.Application) -> None:
        app.router.add_post(self.prefix + "/files", self._upload)
        app.router.add_get(self.prefix + "/files", self._list_files)
        app.router.add_get(self.prefix + "/files/{id}", self._file)
        app.router.add_get(self.prefix + "/files/{id}/content", self._file_content)
        app.router.add_delete(self.prefix + "/files/{id}", self._delete_file)
        app.router.add_post(self.prefix + "/fine_tuning/jobs", self._create)
        app.router.add_get(self.prefix + "/fine_tuning/jobs", self._list_jobs)
        app.router.add_get(self.prefix + "/fine_tuning/jobs/{id}", self._job)
        app.router.add_post(self.prefix + "/fine_tuning/jobs/{id}/cancel", self._cancel)
        app.router.add_post(self.prefix + "/fine_tuning/jobs/{id}/pause", self._pause)
        app.router.add_post(self.prefix + "/fine_tuning/jobs/{id}/resume", self._resume)
        app.router.add_get(self.prefix + "/fine_tuning/jobs/{id}/events", self._list_events)
        app.router.add_get(self.prefix + "/fine_tuning/jobs/{id}/checkpoints", self._list_checkpoints)
        app.router.add_get(self.prefix + "/models", self._models)
        app.router.add_delete(self.prefix + "/models/{id}", self._delete_model)
        app.router.add_post(self.prefix + "/x/exports", self._export)
        app.router.add_get(self.prefix + "/x/exports/{id}", self._exported)
        app.router.add_get(self.prefix + "/x/exports/{id}/content", self._export_content)
        app.router.add_post(self.prefix + "/chat/completions", self._chat)
        app.router.add_post(self.prefix + "/completions", self._complete)
        app.router.add_post(self.prefix + "/embeddings", self._embed)

    # What a test does

    async def down(self) -> None:
        """Refuse connections, until `up`."""
        await self._site.stop()
        assert self._runner.server is not None
        for connection in list(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.close()

    async def up(self) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()

    def connections(self) -> list[Any]:
        """Those that are open."""
        assert self._runner.server is not None
        return list(self._runner.server.connections)

    def fault(self, route: str, times: int = 1, **what: Any) -> None:
        """Let the next requests to e.g. "POST /fine_tuning/jobs" go wrong.

        status, code, message, headers -- answered instead of carrying it out;
        body, content_type -- with status, an answer of any kind;
        late=True -- with status: carried out, and answered like that all the same;
        lost=True -- carried out, but the connection breaks before the answer;
        hold=Event -- carried out once the test sets the event;
        hold_answer=Event -- carried out, and answered once the test sets the event;
        cut=N -- a chat's answer breaks off after N pieces; where it has no more, after its finish_reason.
        """
        self._faults[route] += [what] * times

    def clear_faults(self) -> None:
        self._faults.clear()

    def run(self, job_id: str, steps: int = 0, total: int = 10, *, valid: bool = False) -> None:
        """Let a job run, `steps` further."""
        job = self.jobs[job_id]
        if job["status"] != "running":
            job["status"] = "running"
            self.add_event(job_id, "Fine-tuning job started")
        done = sum(1 for event in self.events[job_id] if event["type"] == "metrics")
        for step in range(done + 1, done + steps + 1):
            data = {
                "step": step,
                "total_steps": total,
                "train_loss": round(3 / step, 4),
                "train_mean_token_accuracy": round(1 - 0.5 / step, 4),
            }
            if valid and step % 5 == 0:
                data |= {"full_valid_loss": round(3.3 / step, 4), "full_valid_mean_token_accuracy": 0.5}
            self.add_event(
                job_id, f"Step {step}/{total}: training loss={data['train_loss']}", type="metrics", data=data
            )

    def checkpoint(self, job_id: str, step: int) -> None:
        """A checkpoint on the way."""
        model = f"ft:{self.jobs[job_id]['model']}:acme::{next(self._ids):08}:ckpt-step-{step}"
        self.checkpoints[job_id].append(
            {
                "id": f"ftckpt_{next(self._ids):04}",
                "object": "fine_tuning.job.checkpoint",
                "created_at": int(time.time()),
                "fine_tuning_job_id": job_id,
                "fine_tuned_model_checkpoint": model,
                "step_number": step,
                "metrics": {"step": step, "train_loss": round(3 / step, 4)},
            }
        )
        self.add_event(job_id, f"Checkpoint created at step {step} with Snapshot ID: {model}")

    def succeed(self, job_id: str) -> str:
        job = self.jobs[job_id]
        model = f"ft:{job['model']}:acme:{job.get('user_provided_suffix') or ''}:{job_id[-8:]}"
        self.checkpoints[job_id].append(
            {
                "id": f"ftckpt_{next(self._ids):04}",
                "object": "fine_tuning.job.checkpoint",
                "created_at": int(time.time()),
                "fine_tuning_job_id": job_id,
                "fine_tuned_model_checkpoint": model,
                "step_number": 10,
                "metrics": {"step": 10, "train_loss": 0.3, "train_mean_token_accuracy": 0.95},
            }
        )
        self.add_event(job_id, f"New fine-tuned model created: {model}")
        self.add_event(job_id, "The job has successfully completed")
        job |= {
            "status": "succeeded",
            "fine_tuned_model": model,
            "finished_at": int(time.time()),
            "trained_tokens": 4321,
        }
        self.tuned.append(model)
        return model

    def fail(self, job_id: str, code: str, message: str) -> None:
        self.add_event(job_id, message, level="error", data={"error_code": code, "error_param": "training_file"})
        self.jobs[job_id] |= {
            "status": "failed",
            "finished_at": int(time.time()),
            "error": {"code": code, "message": message, "param": "training_file"},
        }

    def add_event(
        self, job_id: str, message: str, *, level: str = "info", type: str = "message", data: Json | None = None
    ) -> str:
        event_id = f"ftevent-{next(self._ids):06}"
        self.events[job_id].append(
            {
                "id": event_id,
                "object": "fine_tuning.job.event",
                "created_at": int(time.time()),
                "level": level,
                "message": message,
                "type": type,
                "data": data or {},
            }
        )
        return event_id

    def add_job(self, **fields: Any) -> str:
        """A job that somebody else created."""
        job_id = f"ftjob-{next(self._ids):08}"
        self.jobs[job_id] = {
            "object": "fine_tuning.job",
            "id": job_id,
            "created_at": int(time.time()),
            "model": self.base_models[0],
            "organization_id": "org-acme",
            "status": "validating_files",
            "training_file": "file-elsewhere",
            "validation_file": None,
            "result_files": [],
            "fine_tuned_model": None,
            "finished_at": None,
            "trained_tokens": None,
            "estimated_finish": 0,
            "error": {"code": None, "message": None, "param": None},
            "seed": 7,
            "hyperparameters": {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"},
            "metadata": None,
            **fields,
        }
        self.add_event(job_id, f"Created fine-tuning job: {job_id}")
        return job_id

    # The protocol

    def takes_key(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.key}"

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        route = f"{request.method} {request.path.removeprefix(self.prefix)}"
        self.requests.append(route)
        self.traceparents[route] = request.headers.get("traceparent")
        faults = self._faults[route] or self._faults["*"]
        fault = faults.pop(0) if faults else None
        if not self.takes_key(request):
            return _error(
                401, "invalid_api_key", f"Incorrect API key provided: {request.headers.get('Authorization')}."
            )
        if fault and "hold" in fault:
            await fault["hold"].wait()
        if fault and "status" in fault and not fault.get("late"):
            return _fault(fault)
        self._cut = fault.get("cut") if fault else None
        answer: web.StreamResponse = await handler(request)
        if fault and "hold_answer" in fault:
            await fault["hold_answer"].wait()
        if fault and fault.get("late"):
            return _fault(fault)
        if fault and fault.get("lost"):
            assert request.transport is not None
            request.transport.abort()
            await asyncio.sleep(0)
        return answer

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        upload = form["file"]
        assert isinstance(upload, web.FileField)
        file_id = f"file-{next(self._ids):08}"
        self.files[file_id] = (upload.filename, upload.file.read())
        return web.json_response(self._file_object(file_id))

    def _file_object(self, file_id: str) -> Json:
        name, content = self.files[file_id]
        return {
            "id": file_id,
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": name,
            "purpose": "fine-tune",
            "status": "processed",
        }

    async def _export(self, request: web.Request) -> web.Response:
        wanted = {"quantization": None, **await request.json()}
        for export in self.exports.values():
            if all(export[name] == value for name, value in wanted.items()):
                return web.json_response(export)
        export = {
            "id": f"export-{next(self._ids)}",
            "object": "export",
            **wanted,
            "status": "running",
            "progress": {"step": "writing", "done": 0, "total": 100},
            "error": {"code": None, "message": None, "param": None},
        }
        self.exports[export["id"]] = export
        return web.json_response(export)

    async def _exported(self, request: web.Request) -> web.Response:
        return web.json_response(self.exports[request.match_info["id"]])

    async def _export_content(self, request: web.Request) -> web.Response:
        return web.Response(body=b"GGUF" * 16, content_type="application/octet-stream")

    def end_export(self, **more: Any) -> None:
        """The one that there is."""
        (export,) = self.exports.values()
        ended = {"status": "succeeded", "progress": None, "filename": "m.q8_0.gguf", "bytes": 64, "sha256": "ab" * 32}
        export |= {**ended, "trial": {"prompt": "What can you do?", "exported": "I can <help>."}, **more}

    async def _list_files(self, request: web.Request) -> web.Response:
        return _page([self._file_object(file_id) for file_id in reversed(self.files)])

    async def _file(self, request: web.Request) -> web.Response:
        file_id = request.match_info["id"]
        if file_id not in self.files:
            return _error(404, None, f"No such File object: {file_id}")
        return web.json_response(self._file_object(file_id))

    async def _file_content(self, request: web.Request) -> web.Response:
        file_id = request.match_info["id"]
        if file_id not in self.files:
            return _error(404, None, f"No such File object: {file_id}")
        return web.Response(body=self.files[file_id][1], content_type="application/octet-stream")

    async def _delete_file(self, request: web.Request) -> web.Response:
        file_id = request.match_info["id"]
        if self.files.pop(file_id, None) is None:
            return _error(404, None, f"No such File object: {file_id}")
        return web.json_response({"id": file_id, "object": "file", "deleted": True})

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["model"] not in self.base_models + self.tuned:
            return _error(400, "model_not_available", f"Model {body['model']} is not available for fine-tuning.")
        running = [job for job in self.jobs.values() if job["status"] not in {"succeeded", "failed", "cancelled"}]
        if self.most_running is not None and len(running) >= self.most_running:
            return _error(429, "max_active_jobs", f"You have reached the maximum of {len(running)} active jobs.")
        job_id = self.add_job(
            model=body["model"],
            training_file=body["training_file"],
            validation_file=body.get("validation_file"),
            seed=body.get("seed"),
            metadata=body.get("metadata") if self.keeps_metadata else None,
            method=body.get("method"),
            **({"hyperparameters": body["hyperparameters"]} if "hyperparameters" in body else {}),
            integrations=body.get("integrations") or [],
            user_provided_suffix=body.get("suffix"),
        )
        return web.json_response(self.jobs[job_id])

    async def _list_jobs(self, request: web.Request) -> web.Response:
        jobs = list(self.jobs.values())
        return _page(list(reversed(jobs)) if self.newest_first else jobs, request)

    async def _job(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        return web.json_response(job) if job else _error(404, None, "Could not find fine tune")

    async def _cancel(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return _error(404, None, "Could not find fine tune")
        if job["status"] in {"succeeded", "failed", "cancelled"}:
            return _error(400, None, f"Job has already {job['status']}")
        job |= {"status": "cancelled", "finished_at": int(time.time())}
        return web.json_response(job)

    async def _pause(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return _error(404, None, "Could not find fine tune")
        if job["status"] != "running":
            return _error(400, None, f"Job is {job['status']} and cannot be paused")
        job["status"] = "paused"
        return web.json_response(job)

    async def _resume(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return _error(404, None, "Could not find fine tune")
        if job["status"] != "paused":
            return _error(400, None, f"Job is {job['status']}, not paused")
        job["status"] = "running"
        return web.json_response(job)

    async def _list_events(self, request: web.Request) -> web.Response:
        events = self.events[request.match_info["id"]]
        return _page(list(reversed(events)) if self.newest_first else events, request)

    async def _list_checkpoints(self, request: web.Request) -> web.Response:
        return _page(list(reversed(self.checkpoints[request.match_info["id"]])), request)

    async def _models(self, request: web.Request) -> web.Response:
        extra: Json = {"fine_tunable": True} if self.says_trainable else {}
        extra |= {"methods": self.methods} if self.methods else {}
        base = [
            {
                "id": model,
                "object": "model",
                "created": 1,
                "owned_by": "system",
                "shutdown_date": self.shutdown_dates.get(model),
                "parameters": self.parameters.get(model),
                **extra,
            }
            for model in self.base_models
        ]
        tuned = [
            {
                "id": model,
                "object": "model",
                "created": 2,
                "owned_by": "acme",
                "shutdown_date": self.shutdown_dates.get(model),
                "context_length": self.context_lengths.get(model),
            }
            for model in self.tuned
        ]
        return _page(base + tuned)

    async def _delete_model(self, request: web.Request) -> web.Response:
        model = request.match_info["id"]
        if model not in self.tuned:
            return _error(404, "model_not_found", f"The model '{model}' does not exist")
        self.tuned.remove(model)
        return web.json_response({"id": model, "object": "model", "deleted": True})

    def answers(self, model: str) -> bool:
        return model in self.tuned + self.base_models

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        cut = self._cut
        body = await request.json()
        if refused := self._refusal(body):
            return refused
        self.chats.append(body)
        if not self.answers(body["model"]):
            return _error(404, "model_not_found", f"The model `{body['model']}` does not exist")
        if len(json.dumps(body["messages"])) > self.context:
            return _error(400, "context_length_exceeded", "This model's maximum context length is 4096 tokens.")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        said = self.answer_to(body) if self.answer_to else self.answer
        calls = self.calls if body.get("tools") and body["messages"][-1]["role"] == "user" else []
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        for number, piece in enumerate(said.split(" ") if not calls else [""]):
            if number == cut:
                assert request.transport is not None
                request.transport.abort()
                return response
            if number:
                await self.chat_open.wait()
                await asyncio.sleep(self.answers_between)
            choice: Json = {"index": 0, "delta": {"content": piece + " "}, "finish_reason": None}
            if body.get("logprobs") and number < len(self.likely):
                top = [{"token": token, "logprob": log(of), "bytes": None} for token, of in self.likely[number].items()]
                choice["logprobs"] = {"content": [{**top[0], "top_logprobs": top[: body["top_logprobs"]]}]}
            await response.write(f"data: {json.dumps(chunk | {'choices': [choice]})}\n\n".encode())
        for index, (name, arguments) in enumerate(calls):
            call = {"index": index, "id": f"call_{index}", "type": "function"}
            for function in ({"name": name, "arguments": ""}, {"arguments": arguments}):
                delta = {"tool_calls": [call | {"function": function}]}
                choice = {"index": 0, "delta": delta, "finish_reason": None}
                await response.write(f"data: {json.dumps(chunk | {'choices': [choice]})}\n\n".encode())
        if reason := "tool_calls" if calls else self.finish_reason:
            end = chunk | {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
            await response.write(f"data: {json.dumps(end)}\n\n".encode())
        if cut is not None and cut > number:
            assert request.transport is not None
            request.transport.abort()
            return response
        await self._end(response, body, chunk)
        return response

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if refused := self._refusal(body):
            return refused
        self.completions.append(body)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        chunk = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": body["model"]}
        for number, piece in enumerate(self.answer.split(" ")):
            choice: Json = {"index": 0, "text": piece + " ", "finish_reason": None}
            if body.get("logprobs") and number < len(self.likely):
                token, *_ = self.likely[number]
                top = {token: log(of) for token, of in list(self.likely[number].items())[: body["logprobs"]]}
                told = {"tokens": [token], "token_logprobs": [top[token]], "top_logprobs": [top], "text_offset": [0]}
                choice["logprobs"] = told
            await response.write(f"data: {json.dumps(chunk | {'choices': [choice]})}\n\n".encode())
        if self.finish_reason:
            choice = {"index": 0, "text": "", "finish_reason": self.finish_reason}
            await response.write(f"data: {json.dumps(chunk | {'choices': [choice]})}\n\n".encode())
        await self._end(response, body, chunk)
        return response

    async def _embed(self, request: web.Request) -> web.Response:
        """Vectors that tell how often the letters a, e, i, o, u stand in a text."""
        body = await request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if not all(texts):
            return _error(400, None, "'$.input' is invalid. Please check the API reference.")
        self.embedded.append(body)
        tokens = sum(len(text.split()) for text in texts)
        data = [
            {"object": "embedding", "index": place, "embedding": [float(text.count(letter)) for letter in "aeiou"]}
            for place, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return web.json_response({"object": "list", "data": data, "model": body["model"], "usage": usage})

    async def _end(self, response: web.StreamResponse, body: Json, chunk: Json) -> None:
        if self.usage and body.get("stream_options", {}).get("include_usage"):
            prompt, completion = self.usage
            told = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
            await response.write(f"data: {json.dumps(chunk | {'choices': [], 'usage': told})}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")

    def _refusal(self, body: Json) -> web.Response | None:
        for field in sorted(self.refuses & body.keys()):
            if not self.says_what_it_refuses:
                return _error(400, None, "Bad request")
            if field == "max_tokens":
                instead = "Use 'max_completion_tokens' instead."
                said = f"Unsupported parameter: 'max_tokens' is not supported with this model. {instead}"
                return _error(400, "unsupported_parameter", said)
            return _error(400, None, f"Unrecognized request argument supplied: {field}")
        return None


def _page(items: list[Json], request: web.Request | None = None) -> web.Response:
    after = request.query.get("after") if request else None
    limit = int(request.query.get("limit", 20)) if request else len(items)
    start = next((i + 1 for i, item in enumerate(items) if item["id"] == after), 0) if after else 0
    page = items[start : start + limit]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
    return web.json_response({"object": "list", "data": page, **ends, "has_more": start + limit < len(items)})


def _fault(fault: Json) -> web.Response:
    if "body" in fault:
        return web.Response(
            text=fault["body"], status=fault["status"], content_type=fault.get("content_type", "application/json")
        )
    return _error(fault["status"], fault.get("code"), fault.get("message", "as the test asked"), fault.get("headers"))


def _error(status: int, code: str | None, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
    return web.json_response(body, status=status, headers=headers)
