"""The serving worker: a process that answers chats. `python -m trainer.serving.worker`

It hears {"op": "chat", "chat": {...}}, {"op": "cancel", "id"}, {"op": "warm", "wanted": {...}} and {"op": "forget",
"adapter"}; to a chat it says "start", "text" as often as there is some, and "end", or "error".

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
from trainer.serving.engine import Answer, Chat, ContextExceeded, Engine, Wanted

SLICE = 3.0


class Desk:
    """The chats that are waiting or being answered, oldest first."""

    def __init__(self, pipe: ChildPipe, engine: Engine) -> None:
        self._pipe = pipe
        self._engine = engine
        self._chats: dict[str, Chat] = {}
        self._answers: dict[str, tuple[Answer, Iterator[str]]] = {}
        self._turn: Wanted | None = None
        self._turn_since = 0.0

    def run(self) -> None:
        while True:
            while not self._chats or not self._pipe.received.empty():
                self._hear(self._pipe.received.get())
            self._serve()

    def _hear(self, message: dict[str, Any]) -> None:
        match message["op"]:
            case "chat":
                chat = msgspec.convert(message["chat"], Chat)
                self._chats[chat.id] = chat
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
            except ContextExceeded as error:
                self._fail(id, tokens=error.tokens, context_length=error.context_length)
            except Exception as error:
                traceback.print_exc()
                self._fail(id, problem=f"The model could not answer ({type(error).__name__}: {error}).")

    def _advance(self, id: str) -> None:
        chat = self._chats[id]
        self._engine.use(chat.wanted)
        if id not in self._answers:
            answer = Answer(self._engine, chat)
            self._answers[id] = answer, answer.pieces()
            self._pipe.send(id=id, kind="start", prompt_tokens=answer.prompt_tokens)
        answer, pieces = self._answers[id]
        try:
            text = next(pieces)
        except StopIteration:
            self._pipe.send(
                id=id, kind="end", finish_reason=answer.finish_reason, completion_tokens=answer.completion_tokens
            )
            self._close(id)
            return
        if text:
            self._pipe.send(id=id, kind="text", text=text)

    def _fail(self, id: str, **what: Any) -> None:
        self._pipe.send(id=id, kind="error", **what)
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
