"""The jobs of a rescue become the bot's, as if they had been followed: found, compared, and their data sets trained on
elsewhere. No provider is asked."""

import asyncio
import hashlib
import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bot.access import Action
from bot.audit import SETTINGS, Entry
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.jobs import states
from bot.jobs.import_job import as_imported, job_of
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Origin, id_for
from bot.providers import objects
from bot.providers.interface import RemoteJob
from bot.providers.objects import Json
from bot.providers.vendors import vendor_of
from bot.rescue.folder import RescueFolder, component
from training_files import DEFAULT_MODEL, TrainingFileError, check_file, lookup


class TakenIn(msgspec.Struct):
    """`known`: jobs that the bot had; `unusable`: names of files that cannot be checked, or are too large for it."""

    jobs: int = 0
    known: int = 0
    datasets: int = 0
    unusable: list[str] = []


class RescuedJobs:
    """`owner` and `origin`: whose they are from now on, and where. `provider`: what the bot calls it; by default the
    name of its vendor. `tokenizers`: the folder with tokenizers."""

    def __init__(
        self,
        folder: RescueFolder,
        jobs: JobStore,
        datasets: DatasetStore,
        file_store: FileStore,
        *,
        owner: str,
        origin: Origin,
        provider: str | None = None,
        tokenizers: Path,
    ) -> None:
        self._folder = folder
        self._jobs = jobs
        self._datasets = datasets
        self._file_store = file_store
        self._owner = owner
        self._origin = origin
        self._tokenizers = tokenizers
        self._provider = provider or provider_of(folder.manifest.provider)

    async def take_in(self) -> TakenIn:
        """All that are whole in the folder, the oldest first; those that the bot has are left as they are."""
        taken = TakenIn(unusable=[])
        saved = [name for name in self._folder.manifest.saved if name.endswith("/job.json")]
        read = [await self._read(name) for name in saved]
        for job in sorted(filter(None, read), key=objects.created_at):
            if await self._take(objects.job(job), taken):
                taken.jobs += 1
            else:
                taken.known += 1
        return taken

    async def _take(self, remote: RemoteJob, taken: TakenIn) -> bool:
        if await self._jobs.find(remote.id) is not None:
            return False
        training = await self._dataset(remote.training_file, remote.model, taken)
        validation = (
            await self._dataset(remote.validation_file, remote.model, taken) if remote.validation_file else None
        )
        if training and validation and training.validation is None:
            await self._datasets.update(training.id, partial(msgspec.structs.replace, validation=validation.id))
        our_id = id_for(f"rescue/{self._provider}/{remote.id}")
        job = msgspec.structs.replace(
            job_of(remote, self._provider, self._owner, self._origin, our_id),
            dataset_id=training.id if training else None,
            validation_dataset_id=validation.id if validation else None,
            file_name=training.name if training else None,
        )
        told = [objects.event(raw) for raw in await self._list(remote.id, "events")]
        made = [objects.checkpoint(raw) for raw in await self._list(remote.id, "checkpoints")]
        now = self._folder.now().timestamp()
        history = as_imported(job, remote, told, sorted(made, key=lambda one: one.step), now=now)
        entry = Entry(f"rescue/{our_id}", now, SETTINGS, Action.FOLLOW, our_id, self._origin.channel, details=remote.id)
        history = msgspec.structs.replace(history, audit=[entry])
        # Nothing more is told of one that has ended, and hundreds of cards would say what nobody asked for.
        return await self._jobs.insert(history.job, history, card=history.job.state not in states.ENDED)

    async def _dataset(self, file_id: str, model: str, taken: TakenIn) -> Dataset | None:
        """Our copy of a file, checked for the model that was trained on it; None where there is none."""
        dataset_id = "ds-" + hashlib.sha256(f"rescue/{self._provider}/{file_id}".encode()).hexdigest()[:10]
        known = await self._datasets.get(dataset_id)
        if known is not None:
            return known if known.deleted_at is None else None
        about = await self._read(f"files/{component(file_id)}.json")
        if about is None:
            return None
        name = str(about.get("filename") or "content")
        saved = await self._folder.has(content := f"files/{component(file_id)}/{component(name)}")
        if saved is None:
            return None
        dataset = Dataset(
            id=dataset_id,
            sha256=saved.sha256,
            name=name,
            bytes=saved.bytes,
            owner=self._owner,
            team=self._origin.team,
            channel=self._origin.channel,
            channel_private=self._origin.private,
            thread_ts="",
            created_at=objects.created_at(about),
        )
        try:
            self._file_store.check_size(saved.bytes)
            dataset = await asyncio.to_thread(self._kept, dataset, self._folder.path / content, model)
        except TrainingFileError:
            if name not in taken.unusable:
                taken.unusable.append(name)
            return None
        await self._datasets.save(dataset)
        taken.datasets += 1
        return dataset

    def _kept(self, dataset: Dataset, content: Path, model: str) -> Dataset:
        report = check_file(content, model=model if lookup(model) else DEFAULT_MODEL, tokenizers=self._tokenizers)
        part = self._file_store.part()
        shutil.copyfile(content, part)
        self._file_store.put(part, dataset.sha256)
        return msgspec.structs.replace(dataset, report=report)

    async def _list(self, job_id: str, kind: str) -> list[Json]:
        found: list[Json] | None = await self._read(f"jobs/{component(job_id)}/{kind}.json")
        return found or []

    async def _read(self, name: str) -> Any:
        """An object that is there and whole; else None."""
        if not await self._folder.has(name):
            return None
        return json.loads(await asyncio.to_thread(self._folder.read, name))


def provider_of(address: str) -> str:
    """What the bot calls the provider of an address where nobody has said otherwise."""
    return vendor_of(urlsplit(address).hostname or address).name
