"""Chats with models, as the server sees them: one serving worker, started when it is first needed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable

import msgspec

from trainer.catalogue import Catalogue, Found
from trainer.errors import ModelUnavailable, WorkerDied
from trainer.objects import new_id
from trainer.serving.request import Ask, End, Refused, Request, Said, Wanted
from trainer.settings import Settings
from trainer.workers import Worker, died_how

logger = logging.getLogger(__name__)

# After an answer training still waits this long: people who chat often write again at once.
_PAUSE_AFTER = 0.3


class Chats:
    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._log = settings.logs / "serving.log"
        self._arguments = (str(settings.cache), str(settings.chat_memory), str(settings.chat_disk))
        self._catalogue = catalogue
        self._worker: Worker | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._open: dict[str, asyncio.Queue[Said | WorkerDied]] = {}
        self._warming: set[asyncio.Task[None]] = set()
        self.on_busy: Callable[[bool], None] = lambda busy: None

    async def answer(self, found: Found, request: Request) -> AsyncGenerator[Said, None]:
        """What the worker says to a request (see `serving.request`). Leaving the iterator early ends the answer.

        Raises ModelUnavailable; WorkerDied where the worker ended meanwhile.
        """
        wanted = await self._wanted(found)
        ask = Ask(new_id("ask-"), wanted, request)
        heard: asyncio.Queue[Said | WorkerDied] = asyncio.Queue()
        worker = await self._running()
        self._open[ask.id] = heard
        if len(self._open) == 1:
            self.on_busy(True)
        open_choices = request.n
        try:
            await worker.send(op="ask", ask=msgspec.to_builtins(ask))
            while open_choices:
                said = await heard.get()
                if isinstance(said, WorkerDied):
                    open_choices = 0
                    raise said
                if isinstance(said, Refused):
                    open_choices = 0
                if isinstance(said, End):
                    open_choices -= 1
                yield said
        finally:
            del self._open[ask.id]
            asyncio.get_running_loop().call_later(_PAUSE_AFTER, self._rest)
            if open_choices:
                await worker.send(op="cancel", id=ask.id)

    def warm(self, model: str) -> None:
        """Load a model before somebody asks for it."""
        found = self._catalogue.find(model)
        if found is not None:
            task = asyncio.create_task(self._warm(found))
            self._warming.add(task)
            task.add_done_callback(self._warming.discard)

    async def forget(self, found: Found) -> None:
        """A fine-tuned model is being deleted."""
        if self._worker is not None and self._worker.alive:
            await self._worker.send(op="forget", folder=str(found.folder))

    async def stop(self) -> None:
        for task in [*self._warming, *([self._reader] if self._reader else [])]:
            task.cancel()
        if self._worker is not None:
            await self._worker.kill()

    @property
    def pid(self) -> int | None:
        return self._worker.pid if self._worker is not None and self._worker.alive else None

    async def _warm(self, found: Found) -> None:
        try:
            wanted = await self._wanted(found)
            worker = await self._running()
            await worker.send(op="warm", wanted=msgspec.to_builtins(wanted))
        except (ModelUnavailable, OSError):
            logger.warning("could not load %s ahead of time", found.base.id, exc_info=True)

    async def _wanted(self, found: Found) -> Wanted:
        return Wanted(
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
        async for message in worker.messages():
            with contextlib.suppress(KeyError):
                self._open[message["id"]].put_nowait(msgspec.convert(message, Said))
        how = died_how(await worker.wait())
        for heard in self._open.values():
            heard.put_nowait(WorkerDied(f"The process that answers chats stopped ({how}). Ask again."))

    def _rest(self) -> None:
        if not self._open:
            self.on_busy(False)
