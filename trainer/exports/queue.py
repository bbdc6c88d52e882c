"""Exports one after the other, each written by a process of its own; those that were cut off are begun again.

An export is shown as complete once its file has been moved to its place as a whole, and never before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from trainer.catalogue import Catalogue, ResolvedModel
from trainer.errors import ModelUnavailable
from trainer.exports.plan import DEFAULT_QUANTIZATION, Problem, Progress, Said, Written, plan_export
from trainer.loops import Loops
from trainer.objects import Export, ExportFormat, Quantization, new_id, now
from trainer.settings import Settings
from trainer.store import Store
from trainer.store.rows import trouble
from trainer.workers import Worker, died_how

logger = logging.getLogger(__name__)

# One that was cut off this often together with its server is not tried again.
_MOST_ATTEMPTS = 3
_WORK = "work"


class Exports:
    def __init__(self, settings: Settings, store: Store, catalogue: Catalogue, loops: Loops) -> None:
        self._settings = settings
        self._store = store
        self._catalogue = catalogue
        self._loops = loops
        self._changed = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self._current: str | None = None
        self._writing: asyncio.Task[None] | None = None
        self._progress: dict[str, Progress] = {}
        self._stopping = False

    async def start(self) -> None:
        """Begin to work, with what an earlier server left."""
        self._settings.exports.mkdir(parents=True, exist_ok=True)
        for folder in self._settings.exports.iterdir():
            shutil.rmtree(folder / _WORK, ignore_errors=True)
            if self._store.export(folder.name) is None:
                shutil.rmtree(folder, ignore_errors=True)
        self._working = self._loops.start("exports", self._work)

    async def stop(self) -> None:
        """End the worker; what it was at is begun again after the next start."""
        self._stopping = True
        tasks = [task for task in (self._working, self._writing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def submit(
        self, found: ResolvedModel, format: ExportFormat, quantization: Quantization | None, owner: str
    ) -> Export:
        """The same again, as long as it has not failed, is the one that is there already."""
        assert found.model is not None
        for one in self._store.exports_of(found.model.id):
            if (one.format, one.quantization, one.owner) == (format, quantization, owner) and one.status != "failed":
                return one
        export = Export(
            id=new_id("export-"),
            model=found.model.id,
            format=format,
            quantization=quantization,
            created_at=now(),
            owner=owner,
        )
        self._store.add_export(export)
        self._changed.set()
        return export

    def progress(self, export: Export) -> Progress | None:
        return self._progress.get(export.id)

    def file(self, export: Export) -> Path:
        return self._settings.exports / export.id / str(export.file_name)

    async def delete(self, export: Export) -> None:
        """Forget it and remove its file, wherever it is in its life."""
        self._store.delete_export(export.id)
        if self._current == export.id and self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, self._settings.exports / export.id, ignore_errors=True)

    async def forget(self, model: str) -> None:
        """A model was deleted, and its exports with it."""
        for export in self._store.exports_of(model):
            await self.delete(export)

    async def _work(self) -> None:
        while True:
            self._changed.clear()
            waiting = self._store.unfinished_exports()
            if not waiting:
                await self._changed.wait()
                continue
            export = waiting[0]
            self._current = export.id
            self._writing = asyncio.create_task(self._write(export))
            try:
                await asyncio.shield(self._writing)
            except asyncio.CancelledError:
                if self._stopping:
                    raise
            except Exception as error:
                if trouble(error):  # it waits with the whole queue, and has its turn again
                    raise
                logger.exception("export %s", export.id)
                await self._fail(export, f"The trainer made a mistake ({type(error).__name__}).")
            finally:
                self._current = self._writing = None
                self._progress.pop(export.id, None)

    async def _write(self, export: Export) -> None:
        if export.attempts >= _MOST_ATTEMPTS:
            await self._fail(
                export,
                f"The export was begun {export.attempts} times and each time the whole trainer was cut off. If the "
                "machine runs out of memory, export on a larger one.",
            )
            return
        self._store.change_export(export.id, status="running")
        found = self._catalogue.find(export.model)
        if found is None or found.model is None or found.folder is None:
            await self._fail(export, f"The model {export.model!r} does not exist any more.")
            return
        try:
            weights = await self._catalogue.weights(found.base) if found.whole is None else found.folder
        except ModelUnavailable as error:
            await self._fail(export, str(error))
            return
        home = self._settings.exports / export.id
        plan = plan_export(
            found.model,
            found.base,
            self._store.job(found.model.job_id),
            self._store.checkpoint_of(found.model.id),
            format=export.format,
            quantization=export.quantization or DEFAULT_QUANTIZATION,
            folder=found.folder,
            weights=weights,
            into=home / _WORK,
            cache=self._settings.cache,
        )
        self._store.change_export(export.id, attempts=export.attempts + 1)
        try:
            await self._settle(export, home, await self._run(export, msgspec.json.encode(plan).decode()))
        finally:
            shutil.rmtree(home / _WORK, ignore_errors=True)
            with contextlib.suppress(OSError):  # not empty, or not there
                home.rmdir()

    async def _run(self, export: Export, plan: str) -> Written | Problem:
        worker = await Worker.start(
            "trainer.exports.worker", log=self._settings.logs / "export.log", arguments=(plan,), background=True
        )
        code: int | None = None
        try:
            said: Said
            async for said in worker.messages(Said):
                if not isinstance(said, Progress):
                    return said
                self._progress[export.id] = said
            code = await worker.wait()
        finally:
            await worker.kill()
        return Problem(f"The export broke off; {died_how(code)}. The trainer's log (export.log) has more.")

    async def _settle(self, export: Export, home: Path, said: Written | Problem) -> None:
        if isinstance(said, Problem):
            await self._fail(export, said.message)
            return
        written = Path(said.file)
        written.replace(home / written.name)
        await self._end(
            export,
            status="succeeded",
            file_name=written.name,
            bytes=said.bytes,
            sha256=said.sha256,
            trial=msgspec.to_builtins(said.trial),
        )

    async def _fail(self, export: Export, message: str) -> None:
        error = {"code": "export_failed", "message": message, "param": None}
        await self._end(export, status="failed", error=error)

    async def _end(self, export: Export, **result: Any) -> None:
        expires_at = now() + int(self._settings.export_days * 86400)
        ended = partial(self._store.change_export, export.id, finished_at=now(), expires_at=expires_at, **result)
        await self._loops.until_written(ended)
