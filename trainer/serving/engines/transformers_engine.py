"""Answers by transformers: any model, on whatever device there is; one base model in memory at a time.

Answers of one model grow side by side, a token each in turn; those of another model wait for at most `SLICE` seconds.
torch is only imported with the first answer, which takes seconds.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from trainer.serving.engines.interface import Emit
from trainer.serving.generation import Answer
from trainer.serving.messages import Delta, End, GenerationRequest, ModelRef, Start
from trainer.serving.schema import grammar
from trainer.serving.vocabulary import vocabulary

if TYPE_CHECKING:
    from trainer.serving.engines.transformers_model import TransformersModel

SLICE = 3.0
# Answers that are generated at once: each holds the keys and values of its prompt.
MOST = 4


class _Open:
    """An answer that waits or grows."""

    def __init__(self, request: GenerationRequest, emit: Emit, cancelled: Callable[[], bool]) -> None:
        self.request = request
        self.emit = emit
        self.cancelled = cancelled
        self.events: Iterator[Start | Delta | End] | None = None
        self.error: BaseException | None = None
        self.done = threading.Event()


class TransformersEngine:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: list[_Open] = []  # oldest first
        self._computing = threading.Lock()  # whoever holds it may touch the model
        self._model: TransformersModel | None = None
        self._turn: ModelRef | None = None
        self._turn_since = self._used = 0.0
        self._thread: threading.Thread | None = None

    @property
    def loaded(self) -> bool:
        return self._model is not None

    def serves(self, model: ModelRef) -> bool:
        return True

    def answer(self, request: GenerationRequest, emit: Emit, cancelled: Callable[[], bool]) -> None:
        one = _Open(request, emit, cancelled)
        with self._changed:
            self._open.append(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._changed.notify_all()
        one.done.wait()
        if one.error is not None:
            raise one.error

    def warm(self, model: ModelRef) -> None:
        """Nothing: loading takes memory that a later question may never need."""

    def forget(self, folder: str) -> None:
        with self._computing:
            if self._model is not None:
                self._model.forget(folder)

    def release_unused(self, seconds: float) -> None:
        with self._changed:
            if self._open or self._model is None or time.monotonic() - self._used < seconds:
                return
            with self._computing:
                self._model = None
        gc.collect()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._open:
                    self._changed.wait()
            for one in self._next():
                with self._computing:
                    self._step(one)
            self._used = time.monotonic()

    def _next(self) -> list[_Open]:
        """Those of the model whose turn it is, `MOST` of them and all that have not begun."""
        with self._changed:
            waiting = [one.request.model for one in self._open]
            others = [model for model in waiting if model != self._turn]
            if self._turn not in waiting or (others and time.monotonic() - self._turn_since > SLICE):
                self._turn, self._turn_since = others[0], time.monotonic()
            turn = [one for one in self._open if one.request.model == self._turn]
        return [one for place, one in enumerate(turn) if place < MOST or one.events is None]

    def _step(self, one: _Open) -> None:
        """A token of one answer."""
        try:
            if one.cancelled():
                self._close(one)
                return
            if one.events is None:
                one.events = self._begin(one.request)
            event = next(one.events, None)
            if event is None:
                self._close(one)
            elif not isinstance(event, Delta) or event.text or event.tokens:
                one.emit(event)
        except Exception as error:  # `answer` raises it
            one.error = error
            self._close(one)

    def _begin(self, request: GenerationRequest) -> Iterator[Start | Delta | End]:
        """Its first event comes at once, and only the others need the model. Raises as `answer`."""
        words, generation = vocabulary(request.model.weights), request.generation
        prompt = words.prompt(request)
        if generation.schema is not None:
            grammar(generation.schema)  # to refuse what cannot be followed
        most = min(generation.max_tokens, request.model.context_length - len(prompt))

        def events() -> Iterator[Start | Delta | End]:
            from trainer.serving.engines.transformers_model import Context, TransformersModel

            yield Start(len(prompt))
            self._model = self._model or TransformersModel()
            self._model.use(request.model)
            answer = Answer(Context(self._model), words, generation, prompt, most).events()
            while True:
                # Another model may have had a turn meanwhile.
                self._model.use(request.model)
                event = next(answer, None)
                if event is None:
                    return
                yield event

        return events()

    def _close(self, one: _Open) -> None:
        with self._changed:
            self._open.remove(one)
        one.done.set()
