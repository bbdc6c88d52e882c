"""The serving worker: a process that answers. `python -m trainer.serving.worker CACHE MEMORY DISK`

It is sent `messages.Command`s and sends `messages.Answered`. Each request has a thread of its own, in which the first
engine that serves its model answers it. What nobody used for IDLE seconds is freed.
"""

from __future__ import annotations

import contextlib
import ctypes
import queue
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from trainer.pipes import ChildPipe
from trainer.serving.engines.interface import CannotServe, Engine
from trainer.serving.engines.transformers_engine import TransformersEngine
from trainer.serving.messages import (
    Answered,
    Cancel,
    Command,
    Forget,
    Generate,
    GenerationRequest,
    ModelRef,
    Refusal,
    Refused,
    Start,
    StreamEvent,
    Warm,
)

IDLE = 30.0


class RequestScheduler:
    """Gives each request to the first of the engines that serves its model."""

    def __init__(self, pipe: ChildPipe[Command], engines: Sequence[Engine]) -> None:
        self._pipe = pipe
        self._engines = engines
        self._open: set[str] = set()
        self._tidied = 0.0

    def run(self) -> None:
        while True:
            with contextlib.suppress(queue.Empty):
                self._obey(self._pipe.received.get(timeout=IDLE / 4))
            self._release_unused()

    def _obey(self, command: Command) -> None:
        match command:
            case Generate(request):
                self._open.add(request.id)
                threading.Thread(target=self._answer, args=(request,), daemon=True).start()
            case Cancel(id):
                self._open.discard(id)
            case Forget(folder):
                for engine in self._engines:
                    engine.forget(folder)
            case Warm(model):
                threading.Thread(target=self._warm, args=(model,), daemon=True).start()

    def _answer(self, request: GenerationRequest) -> None:
        started = False

        def emit(event: StreamEvent) -> None:
            nonlocal started
            if isinstance(event, Start) and started:
                return  # of an engine that found too late that it cannot take the model
            started = started or isinstance(event, Start)
            self._pipe.send(Answered(request.id, event))

        try:
            for engine in self._serving(request.model):
                try:
                    engine.answer(request, emit, lambda: request.id not in self._open)
                    return
                except CannotServe:
                    traceback.print_exc()
        except Refusal as error:
            emit(error.refused)
        except Exception as error:
            traceback.print_exc()
            emit(Refused("failed", f"The model could not answer ({type(error).__name__}: {error})."))
        finally:
            self._open.discard(request.id)
            if not self._open:
                _give_back()

    def _warm(self, model: ModelRef) -> None:
        try:
            for engine in self._serving(model)[:1]:
                engine.warm(model)
        except Exception:  # whoever asks it will hear what is wrong
            traceback.print_exc()

    def _serving(self, model: ModelRef) -> list[Engine]:
        return [engine for engine in self._engines if _serves(engine, model)]

    def _release_unused(self) -> None:
        now = time.monotonic()
        if now - self._tidied < IDLE / 4:
            return
        self._tidied = now
        for engine in self._engines:
            engine.release_unused(IDLE)
        _give_back()


def _serves(engine: Engine, model: ModelRef) -> bool:
    try:
        return engine.serves(model)
    except (OSError, ValueError):  # the last engine says what is wrong with the files
        return False


def available_engines(cache: Path, memory: float, disk: float) -> list[Engine]:
    """The engines that this machine has, the preferred one first. `memory`: GB for what llama.cpp serves, 0 for half of
    what is free; `disk`: GB for its files in the cache."""
    engines: list[Engine] = [TransformersEngine()]
    if shutil.which("nvidia-smi"):  # on which transformers is faster; asking torch would take as long as loading it
        return engines
    try:
        from trainer.serving.engines.llama_engine import LlamaEngine
        from trainer.serving.engines.slots import SlotPool
    except ImportError:
        traceback.print_exc()
        return engines
    return [LlamaEngine(SlotPool(cache, int(memory * 1e9), int(disk * 1e9))), *engines]


def _give_back() -> None:
    """Hand the system what is free, of which the C library keeps much otherwise."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
        if trim is not None:
            trim(0)


def main() -> None:
    pipe: ChildPipe[Command] = ChildPipe(Command)
    pipe.listen()
    RequestScheduler(pipe, available_engines(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))).run()


if __name__ == "__main__":
    main()
