"""Chats with models, as the server sees them: one serving worker, started when it is first needed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

from trainer.activity import ChatActivity
from trainer.catalogue import Catalogue, ResolvedModel
from trainer.errors import ModelUnavailable, WorkerDied
from trainer.objects import new_id
from trainer.serving.messages import (
    Answered,
    Cancel,
    End,
    Forget,
    Generate,
    Generation,
    GenerationRequest,
    ModelRef,
    Refused,
    StreamEvent,
    Warm,
)
from trainer.settings import Settings
from trainer.workers import Worker, died_how

logger = logging.getLogger(__name__)

# After an answer training still waits this long: people who chat often write again at once.
_PAUSE_AFTER = 0.3


class Chats:
    def __init__(self, settings: Settings, catalogue: Catalogue, activity: ChatActivity) -> None:
        self._log = settings.logs / "serving.log"
        self._arguments = (str(settings.cache), str(settings.chat_memory), str(settings.chat_disk))
        self._catalogue = catalogue
        self._activity = activity
        self._worker: Worker | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._open: dict[str, asyncio.Queue[StreamEvent | WorkerDied]] = {}
        self._warming: set[asyncio.Task[None]] = set()

    async def answer(self, found: ResolvedModel, generation: Generation, key: str) -> AsyncGenerator[StreamEvent, None]:
        """See `ChatService`. First come, first served, whichever the key."""
        request = GenerationRequest(new_id("gen-"), await self._model_ref(found), generation)
        events: asyncio.Queue[StreamEvent | WorkerDied] = asyncio.Queue()
        worker = await self._running()
        self._open[request.id] = events
        if len(self._open) == 1:
            self._activity.begin()
        open_choices = generation.n
        try:
            await worker.send(Generate(request))
            while open_choices:
                event = await events.get()
                if isinstance(event, WorkerDied):
                    open_choices = 0
                    raise event
                if isinstance(event, Refused):
                    open_choices = 0
                if isinstance(event, End):
                    open_choices -= 1
                yield event
        finally:
            del self._open[request.id]
            asyncio.get_running_loop().call_later(_PAUSE_AFTER, self._rest)
            if open_choices:
                await worker.send(Cancel(request.id))

    def warm(self, model: str) -> None:
        """Load a model before somebody asks for it."""
        found = self._catalogue.find(model)
        if found is not None:
            task = asyncio.create_task(self._warm(found))
            self._warming.add(task)
            task.add_done_callback(self._warming.discard)

    async def forget(self, found: ResolvedModel) -> None:
        """See `ChatService`."""
        if self._worker is not None and self._worker.alive:
            await self._worker.send(Forget(str(found.folder)))

    def refuses(self, found: ResolvedModel) -> str | None:
        return None  # it answers for all that is trained here

    async def stop(self) -> None:
        for task in [*self._warming, *([self._reader] if self._reader else [])]:
            task.cancel()
        if self._worker is not None:
            await self._worker.kill()

    async def _warm(self, found: ResolvedModel) -> None:
        try:
            model = await self._model_ref(found)
            worker = await self._running()
            await worker.send(Warm(model))
        except (ModelUnavailable, OSError):
            logger.warning("could not load %s ahead of time", found.base.id, exc_info=True)

    async def _model_ref(self, found: ResolvedModel) -> ModelRef:
        return ModelRef(
            base=found.base.id,
            weights=str(found.whole or await self._catalogue.weights(found.base)),
            chat_template=found.base.template(),
            context_length=found.base.context_length,
            adapter=str(found.adapter) if found.adapter else None,
        )

    async def _running(self) -> Worker:
        async with self._starting:
            if self._worker is None or not self._worker.alive:
                self._worker = await Worker.start("trainer.serving.worker", log=self._log, arguments=self._arguments)
                self._reader = asyncio.create_task(self._read(self._worker))
            return self._worker

    async def _read(self, worker: Worker) -> None:
        """Hand each message to its chat; when the worker ends, tell every chat that was open."""
        answered: Answered
        try:
            async for answered in worker.messages(Answered):
                with contextlib.suppress(KeyError):
                    self._open[answered.id].put_nowait(answered.event)
        except Exception:  # unheard, it would answer nobody
            logger.exception("what the process that answers chats said could not be read")
            await worker.kill()
        how = died_how(await worker.wait())
        for events in self._open.values():
            events.put_nowait(WorkerDied(f"The process that answers chats stopped ({how}). Ask again."))

    def _rest(self) -> None:
        if not self._open:
            self._activity.end()
