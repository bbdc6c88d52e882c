"""A server that answers as vLLM 0.32 does, as far as the trainer asks it: names, errors, adapters, streams and metrics.

After vLLM's source: entrypoints/openai/{models,completion}, lora/peft_helper.py, plugins/lora_resolvers (read November
2026). Its tokens follow from the prompt and the adapter alone, and can all be printed.
`python -m tests.vllm_double MODEL_FOLDER --adapters DIR` runs it by itself, for benchmarks.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from llguidance import LLMatcher, LLTokenizer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from tokenizers import Tokenizer

_DEFAULTS: dict[str, Any] = {
    "max_tokens": 16,
    "n": 1,
    "temperature": 1.0,
    "seed": None,
    "echo": False,
    "logprobs": None,
    "stop": [],
    "stop_token_ids": [],
    "logit_bias": None,
    "structured_outputs": None,
}
_CLOSING = ['"', "}", "]", ",", ":", "{", "["]


class VllmDouble:
    """`tokens_per_second` of each answer (None: all at once). `silent`: answers begin, and no token comes; `loading`:
    no adapter is there yet. `failing`: each completion is answered 500; `busy`: 503; `dies_after`: the connection is
    closed after so many tokens; `breaks`: an error is said instead of the first token. `others`: requests of other
    clients that wait, as the metrics have them."""

    def __init__(
        self,
        model: Path,
        adapters: Path,
        *,
        served_name: str | None = None,
        max_lora_rank: int = 16,
        max_model_len: int | None = None,
    ) -> None:
        self.root = str(model)
        self.name = served_name or model.name
        self.adapters = adapters
        self.max_lora_rank = max_lora_rank
        config = json.loads((model / "config.json").read_text())
        self.max_model_len = max_model_len or config["max_position_embeddings"]
        self.vocabulary_size = config["vocab_size"]
        self.ends = {config["eos_token_id"]}
        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        words = [self._tokenizer.id_to_token(id) or "" for id in range(self.vocabulary_size)]
        self._printable = np.array([id for id, word in enumerate(words) if word.isascii() and word.isalpha()])
        self._closing = [id for word in _CLOSING if (id := self._tokenizer.token_to_id(word)) is not None]
        self._llguidance: LLTokenizer | None = None
        self.loaded: dict[str, Path] = {}
        self.asked: list[dict[str, Any]] = []
        self.unloaded: list[str] = []
        self.running = 0
        self.tokens_per_second: float | None = None
        self.silent = self.loading = self.failing = self.busy = self.breaks = False
        self.dies_after: int | None = None
        self.others = 0
        self.app = Starlette(
            routes=[
                Route("/health", lambda _: Response(), methods=["GET"]),
                Route("/v1/models", self._models, methods=["GET"]),
                Route("/metrics", self._metrics, methods=["GET"]),
                Route("/v1/completions", self._completions, methods=["POST"]),
                Route("/v1/unload_lora_adapter", self._unload, methods=["POST"]),
            ]
        )

    async def _models(self, request: Request) -> Response:
        base = {"id": self.name, "object": "model", "root": self.root, "parent": None}
        loras = [
            {"id": name, "object": "model", "root": str(path), "parent": self.name}
            for name, path in self.loaded.items()
        ]
        return JSONResponse({"object": "list", "data": [{**base, "max_model_len": self.max_model_len}, *loras]})

    async def _metrics(self, request: Request) -> Response:
        label = f'{{engine="0",model_name="{self.name}"}}'
        return PlainTextResponse(
            f"# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{label} {float(self.running)}\n"
            f"vllm:num_requests_waiting{label} {float(self.others)}\n"
        )

    async def _unload(self, request: Request) -> Response:
        name = (await request.json())["lora_name"]
        if self.loaded.pop(name, None) is None:
            return _error(404, f"The lora adapter '{name}' cannot be found.")
        self.unloaded.append(name)
        return PlainTextResponse(f"Success: LoRA adapter '{name}' removed successfully.")

    async def _completions(self, request: Request) -> Response:
        body = {**_DEFAULTS, **await request.json()}
        if self.failing:
            return _error(500, "EngineCore encountered an issue.")
        if self.busy:
            return _error(503, "The server is overloaded.")
        refused = await self._resolved(body["model"]) or self._refused(body)
        if refused is not None:
            return refused
        self.asked.append(body)
        return StreamingResponse(self._stream(body), media_type="text/event-stream")

    async def _resolved(self, name: str) -> Response | None:
        if name == self.name or name in self.loaded:
            return None
        path = self.adapters / name
        with contextlib.suppress(OSError):
            config = json.loads((path / "adapter_config.json").read_text())
            if config["peft_type"] == "LORA" and config["base_model_name_or_path"] == self.root:
                while self.loading:
                    await asyncio.sleep(0.002)
                if config["r"] > self.max_lora_rank or config.get("use_dora") or config.get("modules_to_save"):
                    return _error(400, f"LoRA adapter '{name}' was found but could not be loaded.")
                self.loaded[name] = path
                return None
        return _error(404, f"The model `{name}` does not exist. Valid aliases: {self.name}.")

    def _refused(self, body: dict[str, Any]) -> Response | None:
        if body["n"] > 1 and body["temperature"] == 0:
            return _error(400, f"n must be 1 when using greedy sampling, got {body['n']}.")
        if len(body["prompt"]) + body["max_tokens"] > self.max_model_len:
            return _error(400, f"This model's maximum context length is {self.max_model_len} tokens.")
        if any(int(id) >= self.vocabulary_size for id in body.get("logit_bias") or {}):
            return _error(400, "token_id(s) in logit_bias contain out-of-vocab token ids.")
        return None

    async def _stream(self, body: dict[str, Any]) -> AsyncIterator[bytes]:
        self.running += 1
        try:
            while self.silent:
                await asyncio.sleep(0.002)
            if self.breaks:
                yield b'data: {"error": {"message": "EngineCore encountered an issue."}}\n\n'
                return
            choices = [self._choice(body, index) for index in range(body["n"])]
            began, said = time.monotonic(), 0
            while choices:
                said += 1
                if self.tokens_per_second is not None:
                    await asyncio.sleep(began + said / self.tokens_per_second - time.monotonic())
                if self.dies_after is not None and said > self.dies_after:
                    raise ConnectionAbortedError("as a process that was killed")
                for choice in list(choices):
                    chunk = next(choice, None)
                    if chunk is None:
                        choices.remove(choice)
                        continue
                    told = {"id": "cmpl-1", "object": "text_completion", "model": body["model"], "choices": [chunk]}
                    yield b"data: " + json.dumps(told).encode() + b"\n\n"
            yield b"data: [DONE]\n\n"
        finally:
            self.running -= 1

    def _choice(self, body: dict[str, Any], index: int) -> Iterator[dict[str, Any]]:
        prompt, most = body["prompt"], body["max_tokens"]
        matcher = self._matcher(body.get("structured_outputs"))
        seed = json.dumps([prompt, str(self.loaded.get(body["model"], "")), self._weights(body["model"])])
        if body["temperature"]:
            seed += f" {body['seed'] if body['seed'] is not None else time.monotonic_ns()} {index}"
        random = np.random.default_rng(list(hashlib.sha256(seed.encode()).digest()))
        text = ""
        for at in range(max(most, 1)):
            token = self._next(random, body, matcher, begun=at > 6)
            text += self._tokenizer.decode([token])
            stopped = token in body["stop_token_ids"] or any(stop in text for stop in body["stop"])
            reported = [] if not most else [token]
            if body["echo"] and not at:
                reported = [*prompt, *reported]
            yield {
                "index": index,
                "text": "",
                "token_ids": [token],
                "logprobs": None
                if body["logprobs"] is None
                else self._logprobs(reported, body, echo=body["echo"] and not at),
                "finish_reason": "stop" if stopped else "length" if at + 1 >= most else None,
            }
            if stopped:
                return

    def _next(
        self, random: np.random.Generator, body: dict[str, Any], matcher: LLMatcher | None, *, begun: bool
    ) -> int:
        bias = {int(id): value for id, value in (body.get("logit_bias") or {}).items()}
        forced = [id for id, value in bias.items() if value >= 100]
        if forced:
            return forced[0]
        token = int(random.choice(self._printable))
        if matcher is None:
            ends = [id for id in self.ends if begun and bias.get(id, 0) > -100]
            return ends[0] if ends and random.random() < 0.05 else token
        bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
        wanted = [id for id in [*self._closing, token, *self.ends] if bits[id]]
        chosen = wanted[0] if wanted else int(np.flatnonzero(bits)[0])
        matcher.consume_token(chosen)
        return chosen

    def _matcher(self, asked: dict[str, Any] | None) -> LLMatcher | None:
        if asked is None:
            return None
        if self._llguidance is None:
            self._llguidance = LLTokenizer(
                self._tokenizer.to_str(), n_vocab=self.vocabulary_size, eos_token=sorted(self.ends)
            )
        schema = {**asked["json"], "x-guidance": {"whitespace_flexible": False}}
        return LLMatcher(self._llguidance, LLMatcher.grammar_from_json_schema(json.dumps(schema)))

    def _logprobs(self, tokens: list[int], body: dict[str, Any], *, echo: bool) -> dict[str, Any]:
        """The token itself first, then the likeliest, it among them; nothing stands before the first of a prompt."""
        values: list[float | None] = [-0.5 for _ in tokens]
        top: list[dict[str, float] | None] = []
        for token in tokens:
            others = [int(id) for id in self._printable[:21] if id != token][: max(body["logprobs"] - 1, 0)]
            top.append({f"token_id:{id}": -0.5 - place for place, id in enumerate([token, *others])})
        if echo:
            values[0] = top[0] = None
        return {
            "tokens": [f"token_id:{token}" for token in tokens],
            "token_logprobs": values,
            "top_logprobs": top,
            "text_offset": [0 for _ in tokens],
        }

    def _weights(self, name: str) -> str:
        path = self.loaded.get(name)
        return _content(path / "adapter_model.safetensors") if path else ""


@lru_cache
def _content(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _error(status: int, message: str) -> Response:
    body = {"message": message, "type": "BadRequestError", "param": None, "code": status}
    return JSONResponse({"error": body}, status)


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        pass


@contextlib.contextmanager
def running(double: VllmDouble, port: int = 0) -> Iterator[str]:
    """The double in a thread of its own; its address. It ends as a killed process does: open streams break off."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    server = _Server(uvicorn.Config(double.app, log_level="critical", timeout_graceful_shutdown=0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("model", type=Path)
    asked.add_argument("--adapters", type=Path, required=True)
    asked.add_argument("--port", type=int, default=8000)
    asked.add_argument("--tokens-per-second", type=float)
    given = asked.parse_args()
    double = VllmDouble(given.model, given.adapters)
    double.tokens_per_second = given.tokens_per_second
    uvicorn.run(double.app, port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
