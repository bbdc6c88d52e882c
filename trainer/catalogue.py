"""Which models there are, and where their weights lie; fetches base models in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path

import msgspec

from trainer import fetch
from trainer.base_models import BaseModel, EmbeddingModel, TableModel
from trainer.errors import ModelUnavailable
from trainer.fetch_worker import Fetched
from trainer.objects import Model
from trainer.settings import Settings
from trainer.store import Store
from trainer.workers import Worker


class ResolvedModel(msgspec.Struct, frozen=True):
    """What a client's model id stands for. `folder` holds what a fine-tuned model has of its own: an adapter over its
    base or, where all weights were trained, the whole model."""

    base: BaseModel
    model: Model | None = None
    folder: Path | None = None

    @property
    def id(self) -> str:
        return self.model.id if self.model else self.base.id

    @property
    def adapter(self) -> Path | None:
        return None if self.whole else self.folder

    @property
    def whole(self) -> Path | None:
        return self.folder if self.folder is not None and (self.folder / "config.json").is_file() else None


class Catalogue:
    def __init__(
        self,
        settings: Settings,
        store: Store,
        bases: dict[str, BaseModel],
        embedding_models: dict[str, EmbeddingModel] | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self.bases = bases
        self.embedding_models = embedding_models or {}
        self._fetching: dict[str, asyncio.Task[Path]] = {}

    def find(self, id: str) -> ResolvedModel | None:
        """The model that a client names, perhaps by an alias, or None."""
        return self._named(id) or self._named(self._store.aliases().get(id, ""))

    def find_embeddings(self, id: str) -> EmbeddingModel | None:
        """The model for embeddings that a client names, perhaps by an alias, or None."""
        models = self.embedding_models
        return models.get(id) or models.get(self._store.aliases().get(id, ""))

    def _named(self, id: str) -> ResolvedModel | None:
        if id in self.bases:
            return ResolvedModel(self.bases[id])
        model = self._store.model(id)
        if model is None or model.base not in self.bases:
            return None
        return ResolvedModel(self.bases[model.base], model, self._settings.models / model.folder)

    def fetched(self, base: TableModel) -> Path | None:
        return fetch.located(base, self._settings.cache)

    def shutdown_date(self, found: ResolvedModel) -> str | None:
        """The day (YYYY-MM-DD) from which the model answers no more: its own or its base's, whichever comes first."""
        days = self._store.shutdowns()
        named = [days.get(found.base.id), days.get(found.model.id) if found.model else None]
        return min((day for day in named if day is not None), default=None)

    async def weights(self, base: TableModel) -> Path:
        """The folder of a model's weights, fetched first if need be; several callers share one download.

        Raises ModelUnavailable.
        """
        here = self.fetched(base)
        if here is not None:
            return here
        if base.id not in self._fetching:
            task = asyncio.create_task(self._fetch(base))
            self._fetching[base.id] = task
            task.add_done_callback(lambda _: self._fetching.pop(base.id, None))
        # Shielded: a client that goes away must not break off what others wait for.
        return await asyncio.shield(self._fetching[base.id])

    def delete(self, model: Model) -> None:
        """Forget a fine-tuned model and remove its weights, and the folder of its job where they were the last."""
        self._store.delete_model(model.id)
        folder = self._settings.models / model.folder
        shutil.rmtree(folder, ignore_errors=True)
        job = self._store.job(model.job_id)
        if job is None or job.finished:
            with contextlib.suppress(OSError):  # others are left
                folder.parent.rmdir()

    async def _fetch(self, base: TableModel) -> Path:
        table = str(self._settings.base_models) if self._settings.base_models else ""
        worker = await Worker.start(
            "trainer.fetch_worker",
            log=self._settings.logs / "fetch.log",
            arguments=(base.id, str(self._settings.cache), table),
            online=True,
        )
        try:
            fetched = await worker.last_message(Fetched)
        finally:
            await worker.kill()
        if fetched is not None and fetched.folder is not None:
            return Path(fetched.folder)
        raise ModelUnavailable(
            (fetched.problem if fetched else None)
            or f"Fetching the model {base.id} broke off; the trainer's log has more."
        )
