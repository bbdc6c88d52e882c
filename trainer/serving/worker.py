"""The serving worker: a process that answers. `python -m trainer.serving.worker CACHE MEMORY`

It hears {"op": "ask", "ask": {...}}, {"op": "cancel", "id"}, {"op": "warm", "wanted": {...}} and {"op": "forget",
"folder"}; `request` has what an ask is and what is said to one.

What llama.cpp serves is answered by it, each answer in a thread of its own (`llama`). All else is answered by
transformers (`engine`), which is only loaded then: asks of the same model side by side, a token each in turn; an ask of
another model waits its turn, at most SLICE seconds. What nobody used for IDLE seconds is closed: transformers' weights,
and all contexts of llama.cpp but one for each model.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import queue
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trainer.pipes import ChildPipe
from trainer.serving.prompt import NotAnswerable
from trainer.serving.request import Ask, Piece, Refused, Said, Start, Wanted

if TYPE_CHECKING:
    from trainer.serving.engine import Engine
    from trainer.serving.llama import Seats

SLICE = 3.0
IDLE = 30.0
# So many answers of transformers grow at once: each holds the keys and values of its prompt.
MOST = 4


class Desk:
    """The asks that are waiting or being answered, oldest first."""

    def __init__(self, pipe: ChildPipe, cache: Path, memory: float, disk: float) -> None:
        """`memory`: GB for what llama.cpp serves, 0 for half of what is free; `disk`: GB for its files in the cache."""
        self._pipe = pipe
        self._cache = cache
        self._memory = memory
        self._disk = disk
        self._seated: set[str] = set()
        self._begun: set[str] = set()  # asks whose start llama.cpp told before it found that it cannot take the model
        self._unservable: set[str] = set()
        self._chats: dict[str, Ask] = {}
        self._answers: dict[str, Iterator[list[Said]]] = {}
        self._turn: Wanted | None = None
        self._turn_since = 0.0
        self._engine_used = self._tidied = 0.0

    @cached_property
    def _engine(self) -> Engine:
        from trainer.serving.engine import Engine  # takes seconds, and is seldom needed

        return Engine()

    @cached_property
    def _seats(self) -> Seats | None:
        """None where llama.cpp is not installed, or the machine has what transformers is faster on."""
        if shutil.which("nvidia-smi"):  # asking torch would take as long as loading it
            return None
        try:
            from trainer.serving.llama import Seats
        except ImportError:
            traceback.print_exc()
            return None
        return Seats(self._cache, int(self._memory * 1e9), int(self._disk * 1e9))

    def run(self) -> None:
        while True:
            while not self._chats or not self._pipe.received.empty():
                with contextlib.suppress(queue.Empty):
                    self._hear(self._pipe.received.get(timeout=IDLE / 4))
                self._close_unused()
            self._serve()
            if not self._chats:
                self._engine_used = time.monotonic()
                _give_back()

    def _hear(self, message: dict[str, Any]) -> None:
        match message["op"]:
            case "ask":
                ask = msgspec.convert(message["ask"], Ask)
                if self._is_seated(ask):
                    self._seated.add(ask.id)
                    threading.Thread(target=self._answer, args=(ask,), daemon=True).start()
                else:
                    self._chats[ask.id] = ask
            case "cancel":
                self._close(message["id"])
            case "forget":
                if self._seats is not None:
                    self._seats.forget(message["folder"])
                if "_engine" in self.__dict__:
                    self._engine.forget(message["folder"])
            case "warm":
                wanted = msgspec.convert(message["wanted"], Wanted)
                threading.Thread(target=self._warm, args=(wanted,), daemon=True).start()

    def _close_unused(self) -> None:
        now = time.monotonic()
        if now - self._tidied < IDLE / 4:
            return
        self._tidied = now
        if "_seats" in self.__dict__ and self._seats is not None:
            self._seats.close_unused(IDLE)
        if "_engine" in self.__dict__ and not self._chats and now - self._engine_used > IDLE:
            del self._engine
            gc.collect()
        _give_back()

    # By llama.cpp

    def _is_seated(self, ask: Ask) -> bool:
        try:
            return self._seats is not None and ask.wanted.weights not in self._unservable and self._seats.serves(ask)
        except (OSError, ValueError):  # the other engine says what is wrong with the files
            return False

    def _answer(self, ask: Ask) -> None:
        from trainer.serving.llama import NotServable

        assert self._seats is not None
        try:
            self._seats.answer(ask, lambda said: self._say(ask.id, said), lambda: ask.id not in self._seated)
        except NotAnswerable as error:
            self._say(ask.id, error.refused)
        except NotServable:
            traceback.print_exc()
            self._unservable.add(ask.wanted.weights)
            self._begun.add(ask.id)
            self._pipe.received.put({"op": "ask", "ask": msgspec.to_builtins(ask)})
        except Exception as error:
            traceback.print_exc()
            self._say(ask.id, _failed(error))
        finally:
            self._seated.discard(ask.id)

    def _warm(self, wanted: Wanted) -> None:
        try:
            if self._seats is not None:
                self._seats.warm(wanted)
        except Exception:  # whoever asks it will hear what is wrong
            traceback.print_exc()

    # By transformers

    def _serve(self) -> None:
        """One token for each chat with the model whose turn it is."""
        waiting = [chat.wanted for chat in self._chats.values()]
        others = [wanted for wanted in waiting if wanted != self._turn]
        if self._turn not in waiting or (others and time.monotonic() - self._turn_since > SLICE):
            self._turn, self._turn_since = others[0], time.monotonic()
        for place, id in enumerate([id for id, chat in self._chats.items() if chat.wanted == self._turn]):
            if place >= MOST and id in self._answers:
                continue  # it waits, and has said that it will come
            try:
                self._advance(id)
            except NotAnswerable as error:
                self._refuse(id, error.refused)
            except Exception as error:
                traceback.print_exc()
                self._refuse(id, _failed(error))

    def _advance(self, id: str) -> None:
        from trainer.serving.engine import Answer

        ask = self._chats[id]
        self._engine.use(ask.wanted)
        if id not in self._answers:
            self._answers[id] = Answer(self._engine, ask).rounds()
        try:
            for said in next(self._answers[id]):
                told = isinstance(said, Start) and id in self._begun
                if not told and (not isinstance(said, Piece) or said.text or said.tokens):
                    self._say(id, said)
        except StopIteration:
            self._close(id)

    def _say(self, id: str, said: Said) -> None:
        self._pipe.send(id=id, **msgspec.to_builtins(said))

    def _refuse(self, id: str, refused: Refused) -> None:
        self._say(id, refused)
        self._close(id)

    def _close(self, id: str) -> None:
        self._seated.discard(id)
        self._begun.discard(id)
        self._chats.pop(id, None)
        self._answers.pop(id, None)


def _give_back() -> None:
    """Hand the system what is free, of which the C library keeps much otherwise."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
        if trim is not None:
            trim(0)


def _failed(error: Exception) -> Refused:
    return Refused("failed", f"The model could not answer ({type(error).__name__}: {error}).")


def main() -> None:
    pipe = ChildPipe()
    pipe.listen()
    Desk(pipe, Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])).run()


if __name__ == "__main__":
    main()
