"""Answers by llama.cpp: on a CPU faster than transformers, for models and requests that it serves exactly.

A *seat* is one model ready to give one answer at a time. All seats of a base model share its weights, which are mapped
from one file; an adapter is computed beside them, nothing is merged. Seats stay open as long as memory allows; those
unused for longest close first. An answer has a seat to itself: answers that llama.cpp computes together differ in their
last digits by what else is asked at the moment, and the same seed would not say the same.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil

from trainer.serving.prompt import vocabulary
from trainer.serving.request import Ask, End, Piece, Request, Said, Start, Wanted
from trainer.serving.schema import grammar, guided

# Threads that wait for each other sleep. Where they spin, as they do by default, other work on the machine holds them
# up: 64 tokens took 0.9 s so and 76 s spinning, on two cores that eight processes wanted. Read when the library loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import xllamacpp

from trainer.serving import gguf_files

# So many answers grow at once; more wait in line.
_MOST = 4
_SMALLEST_CONTEXT = 2048
# What a seat takes besides keys, values and adapter.
_SEAT_BYTES = 80_000_000
_BATCH = 512
# A token of a small model is hundreds of steps of microseconds, an adapter doubles them, and threads that sleep between
# steps wake up too late: SmolLM2-135M (145 MB) gave 38 tokens/s with two threads and 15 with an adapter, 116 and 94
# with one. The steps grow with the weights: for each so many bytes an answer has a thread, at most one a processor.
_BYTES_A_THREAD = 500_000_000


class NotServable(Exception):
    """llama.cpp cannot take this model."""


class Seat:
    """One model, ready to give one answer at a time of at most `context` tokens, its prompt included."""

    def __init__(self, wanted: Wanted, context: int) -> None:
        self.wanted = wanted
        self.context = context
        self.busy = True
        self.used = time.monotonic()
        self.server: Any = None
        shape = gguf_files.Shape(Path(wanted.weights))
        adapter = Path(wanted.adapter) / "adapter_model.safetensors" if wanted.adapter else None
        self.bytes = _SEAT_BYTES + context * shape.bytes_per_token + (adapter.stat().st_size if adapter else 0)

    def open(self, cache: Path, most_disk: int) -> None:
        """Load what is needed, for some tenths of a second; seconds where the base was never used before."""
        weights = Path(self.wanted.weights)
        with tempfile.TemporaryDirectory() as work:
            params = _params(gguf_files.model_file(weights, cache, most_disk), self.context)
            if self.wanted.adapter is not None:
                file = Path(work) / "adapter.gguf"
                gguf_files.write_adapter(Path(self.wanted.adapter), weights, file)
                params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(file), 1.0)]
            server = xllamacpp.Server(params)
        # A server that is closed before its loop began never ends: it has begun when it answered.
        server.handle_completions({"prompt": [0], "n_predict": 1})
        self.server = server


class Seats:
    """All seats there are. Use from any thread."""

    def __init__(self, cache: Path, most_bytes: int = 0, most_disk: int = 20 * 10**9) -> None:
        """`most_bytes`: what seats and weights may take; 0 for half of what is free now. `most_disk`: what models in
        8 bits may take in the cache."""
        self._cache = cache
        self._most_disk = most_disk
        self._most_bytes = most_bytes or psutil.virtual_memory().available // 2
        self._seats: list[Seat] = []
        self._line: deque[object] = deque()
        self._changed = threading.Condition()

    def serves(self, ask: Ask) -> bool:
        """Whether llama.cpp answers this exactly as the protocol says. It counts the prompt too where it penalises what
        was said, tells no log probability of half a character, and none of a prompt."""
        request = ask.request
        special = request.logprobs is not None or request.echo or request.max_tokens < 1
        penalties = request.sampling.frequency_penalty or request.sampling.presence_penalty
        return not special and not penalties and _convertible(ask.wanted.weights)

    def answer(self, ask: Ask, say: Callable[[Said], None], gone: Callable[[], bool]) -> None:
        """Answer; ends early where `gone`. NotAnswerable where the request is at fault, NotServable the model."""
        wanted, request = ask.wanted, ask.request
        prompt = vocabulary(wanted.weights).prompt(ask)
        if request.schema is not None:
            grammar(request.schema)  # to refuse what cannot be followed
        most = min(request.max_tokens, wanted.context_length - len(prompt))
        # Before a seat is free, and open: who streams knows at once that there will be an answer.
        say(Start(len(prompt)))
        with self.taken(wanted, len(prompt) + most) as seat:
            for number in range(request.n):
                if not gone():
                    _grow(seat.server, _completion(request, prompt, most, number), number, say, gone)

    def warm(self, wanted: Wanted) -> None:
        if _convertible(wanted.weights):
            with self.taken(wanted, 0):
                pass

    def forget(self, folder: str) -> None:
        """A fine-tuned model was deleted: no new answer may come from it."""
        with self._changed:
            self._seats = [seat for seat in self._seats if folder not in (seat.wanted.adapter, seat.wanted.weights)]
        gguf_files.forget(Path(folder), self._cache)

    def close_unused(self, seconds: float) -> None:
        """Close what nobody used for so long; the last seat of each model stays ready."""
        with self._changed:
            while (twin := self._idle_twin()) and time.monotonic() - twin.used > seconds:
                self._seats.remove(twin)

    @contextmanager
    def taken(self, wanted: Wanted, tokens: int) -> Iterator[Seat]:
        """A seat for an answer of so many tokens, its prompt included; first come, first served."""
        context = _SMALLEST_CONTEXT
        while context < min(tokens, wanted.context_length):
            context *= 2
        seat = self._take(wanted, context)
        try:
            if seat.server is None:
                try:
                    seat.open(self._cache, self._most_disk)
                except Exception as error:
                    self._remove(seat)
                    raise NotServable(f"{type(error).__name__}: {error}") from error
            yield seat
        finally:
            with self._changed:
                seat.busy, seat.used = False, time.monotonic()
                self._changed.notify_all()

    @property
    def bytes(self) -> int:
        """What all seats take, by estimate, and the weights below them."""
        files = {seat.wanted.weights for seat in self._seats}
        return sum(seat.bytes for seat in self._seats) + sum(_weights_bytes(folder) for folder in files)

    @property
    def open(self) -> list[Wanted]:
        return [seat.wanted for seat in self._seats]

    def _take(self, wanted: Wanted, context: int) -> Seat:
        me = object()
        with self._changed:
            self._line.append(me)
            try:
                while True:
                    if self._line[0] is me and sum(seat.busy for seat in self._seats) < _MOST:
                        seat = self._free(wanted, context) or self._new(wanted, context)
                        if seat is not None:
                            seat.busy = True
                            return seat
                    self._changed.wait()
            finally:
                self._line.remove(me)
                self._changed.notify_all()

    def _free(self, wanted: Wanted, context: int) -> Seat | None:
        fitting = (seat for seat in self._seats if not seat.busy and seat.wanted == wanted and seat.context >= context)
        return min(fitting, key=lambda seat: seat.context, default=None)

    def _new(self, wanted: Wanted, context: int) -> Seat | None:
        """A seat to be opened, after others closed to make room for it; None where busy ones fill the memory."""
        seat = Seat(wanted, context)
        self._seats.append(seat)
        # No more answers than these grow at once: beyond them one for each model is enough.
        while len(self._seats) > _MOST and (twin := self._idle_twin()):
            self._seats.remove(twin)
        while self.bytes > self._most_bytes:
            idle = [other for other in self._seats if not other.busy]
            if not idle:
                if len(self._seats) == 1:
                    return seat  # one is always served
                self._seats.remove(seat)
                return None
            self._seats.remove(min(idle, key=lambda other: other.used))
        return seat

    def _idle_twin(self) -> Seat | None:
        """Of the idle seats whose model has another, the one unused for longest."""
        models = Counter(seat.wanted for seat in self._seats)
        twins = [seat for seat in self._seats if not seat.busy and models[seat.wanted] > 1]
        return min(twins, key=lambda seat: seat.used, default=None)

    def _remove(self, seat: Seat) -> None:
        with self._changed:
            if seat in self._seats:
                self._seats.remove(seat)


def threads(weights_bytes: int, processors: int) -> int:
    """How many threads compute an answer."""
    return max(1, min(processors, weights_bytes // _BYTES_A_THREAD))


def _params(model: Path, context: int) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.n_ctx = context
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = _BATCH
    processors = psutil.cpu_count(logical=False) or 1
    params.cpuparams.n_threads = threads(model.stat().st_size, processors)
    params.cpuparams_batch.n_threads = processors
    params.cache_ram_mib = 0
    params.fit_params = params.warmup = params.endpoint_slots = params.ui = False
    params.verbosity = 0
    # The library listens on a port of the loopback device, of its choice, besides being called: nobody knows this key.
    params.api_keys = [secrets.token_urlsafe(32)]
    params.n_threads_http = 1
    return params


def _completion(request: Request, prompt: list[int], most: int, number: int) -> dict[str, Any]:
    """A request for one choice in llama.cpp's words."""
    how = request.sampling
    words: dict[str, Any] = {
        "prompt": prompt,
        "n_predict": most,
        "stream": True,
        "stop": [text for text in request.stop if text],
        "temperature": how.temperature,
        "top_p": how.top_p,
        "samplers": ["temperature", "top_p"],
        "logit_bias": [[int(id), bias] for id, bias in how.logit_bias.items()],
        # What is read again is computed in other portions, and may differ in the last digits.
        "cache_prompt": how.seed is None and how.temperature > 0,
    }
    if how.seed is not None:
        words["seed"] = (how.seed + number) % (2**32 - 1)
    if request.schema is not None:
        words["json_schema"] = guided(request.schema)
    return words


class _Grammars:
    """llama.cpp keeps one tokenizer for grammars in the whole process, unguarded, and knows by nothing but the address
    of a vocabulary whether it is the right one (common/llguidance.cpp, read 2026-11-28). A model that was opened where
    a closed one had lain got the other's, and the process aborted. So answers under a grammar begin one at a time, and
    the server whose vocabulary that is stays until another's has taken its place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._servers: list[Any] = []

    @contextmanager
    def beginning(self, server: Any) -> Iterator[None]:
        """Hold this until the first token of an answer of `server` is there."""
        with self._lock:
            self._servers.append(server)  # where it fails halfway, nobody knows which of them it is
            yield
            self._servers = [server]


_grammars = _Grammars()


def _grow(
    server: Any, completion: dict[str, Any], number: int, say: Callable[[Said], None], gone: Callable[[], bool]
) -> None:
    """Run one completion and tell it as it grows."""
    problems: list[str] = []
    beginning = ExitStack()

    def hear(chunk: dict[str, Any]) -> bool:
        if "error" in chunk:
            problems.append(str(chunk["error"].get("message")))
            return True
        beginning.close()
        [choice] = chunk["choices"]
        if choice["text"]:
            say(Piece(choice["text"], number))
        if choice["finish_reason"] is not None:
            count = int(chunk["usage"]["completion_tokens"])
            say(End("length" if choice["finish_reason"] == "length" else "stop", count, number))
        return gone()

    with beginning:
        if "json_schema" in completion:
            beginning.enter_context(_grammars.beginning(server))
        server.handle_completions(completion, hear)
        if problems:
            raise RuntimeError(problems[0])


@lru_cache(maxsize=64)
def _convertible(weights: str) -> bool:
    return gguf_files.convertible(Path(weights))


@lru_cache(maxsize=64)
def _weights_bytes(weights: str) -> int:
    """About what a model takes in 8 bits, from its files in 16."""
    return sum(file.stat().st_size for file in Path(weights).glob("*.safetensors")) * 17 // 32
