"""The serving worker: a process that answers chats. `python -m trainer.serving.worker`

It hears {"op": "ask", "ask": {...}}, {"op": "cancel", "id"}, {"op": "warm", "wanted": {...}} and {"op": "forget",
"adapter"}; `request` has what an ask is and what is said to one.

Chats with the same model are answered side by side, a token each in turn. A chat with another model waits its turn:
at most SLICE seconds while others go on.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from typing import Any

import msgspec

from trainer.pipes import ChildPipe
from trainer.serving.engine import Answer, Engine
from trainer.serving.prompt import NotAnswerable
from trainer.serving.request import Ask, Piece, Refused, Said, Wanted

SLICE = 3.0


class Desk:
    """The chats that are waiting or being answered, oldest first."""

    def __init__(self, pipe: ChildPipe, engine: Engine) -> None:
        self._pipe = pipe
        self._engine = engine
        self._chats: dict[str, Ask] = {}
        self._answers: dict[str, Iterator[list[Said]]] = {}
        self._turn: Wanted | None = None
        self._turn_since = 0.0

    def run(self) -> None:
        while True:
            while not self._chats or not self._pipe.received.empty():
                self._hear(self._pipe.received.get())
            self._serve()

    def _hear(self, message: dict[str, Any]) -> None:
        match message["op"]:
            case "ask":
                ask = msgspec.convert(message["ask"], Ask)
                self._chats[ask.id] = ask
            case "cancel":
                self._close(message["id"])
            case "forget":
                self._engine.forget(message["adapter"])
            case "warm":
                try:
                    self._engine.use(msgspec.convert(message["wanted"], Wanted))
                except Exception:  # a chat with it will say what is wrong
                    traceback.print_exc()

    def _serve(self) -> None:
        """One token for each chat with the model whose turn it is."""
        waiting = [chat.wanted for chat in self._chats.values()]
        others = [wanted for wanted in waiting if wanted != self._turn]
        if self._turn not in waiting or (others and time.monotonic() - self._turn_since > SLICE):
            self._turn, self._turn_since = others[0], time.monotonic()
        for id in [id for id, chat in self._chats.items() if chat.wanted == self._turn]:
            try:
                self._advance(id)
            except NotAnswerable as error:
                self._refuse(id, error.refused)
            except Exception as error:
                traceback.print_exc()
                self._refuse(id, Refused("failed", f"The model could not answer ({type(error).__name__}: {error})."))

    def _advance(self, id: str) -> None:
        ask = self._chats[id]
        self._engine.use(ask.wanted)
        if id not in self._answers:
            self._answers[id] = Answer(self._engine, ask).rounds()
        try:
            for said in next(self._answers[id]):
                if not isinstance(said, Piece) or said.text or said.tokens:
                    self._say(id, said)
        except StopIteration:
            self._close(id)

    def _say(self, id: str, said: Said) -> None:
        self._pipe.send(id=id, **msgspec.to_builtins(said))

    def _refuse(self, id: str, refused: Refused) -> None:
        self._say(id, refused)
        self._close(id)

    def _close(self, id: str) -> None:
        self._chats.pop(id, None)
        self._answers.pop(id, None)


def main() -> None:
    pipe = ChildPipe()
    pipe.listen()
    Desk(pipe, Engine()).run()


if __name__ == "__main__":
    main()
