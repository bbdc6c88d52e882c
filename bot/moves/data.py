"""The data that a model was trained on, to train its successor: our copy, else the provider's, as long as it has it."""

import hashlib
from collections.abc import AsyncIterator

from bot.access import Action, Caller
from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.datasets.lookup import DatasetLookup
from bot.errors import NotFound
from bot.jobs.job import Job
from bot.models.names import short_name
from bot.providers.registry import Providers


class MovedData:
    def __init__(
        self,
        datasets: DatasetStore,
        lookup: DatasetLookup,
        file_store: FileStore,
        checking: DatasetCheck,
        providers: Providers,
    ) -> None:
        self._datasets = datasets
        self._lookup = lookup
        self._file_store = file_store
        self._checking = checking
        self._providers = providers

    async def of(self, caller: Caller, job: Job) -> Dataset:
        """Fetched from the job's provider where we have no copy: then it is a data set of where the job was started.

        Raises NotFound where it is gone in both places, Denied, ProviderError, TrainingFileError.
        """
        if job.dataset_id is not None:
            dataset = await self._datasets.get(job.dataset_id)
            if dataset is not None and dataset.deleted_at is None and self._file_store.has(dataset.sha256):
                return await self._lookup.get(caller, dataset.id, Action.SUBMIT, to_post=True)
        if job.training_file is None:
            raise NotFound("data_gone")
        return await self._fetched(job, job.training_file)

    async def _fetched(self, job: Job, file_id: str) -> Dataset:
        dataset_id = "ds-" + hashlib.sha256(f"{job.provider}/{file_id}/{job.id}".encode()).hexdigest()[:10]
        known = await self._datasets.get(dataset_id)
        if known is not None and known.report is not None and self._file_store.has(known.sha256):
            return known
        provider = self._providers.named(job.provider)
        if not await provider.has_file(file_id):
            raise NotFound("data_gone")
        content = await provider.file_content(file_id)
        name = job.file_name or f"{short_name(job.fine_tuned_model or job.base_model)}.jsonl"
        dataset = Dataset(
            id=dataset_id,
            sha256="",
            name=name,
            bytes=len(content),
            owner=job.requester,
            team=job.origin.team,
            channel=job.origin.channel,
            channel_private=job.origin.private,
            thread_ts=job.origin.thread_ts or "",
            created_at=job.created_at,
        )
        await self._datasets.save(dataset)
        with self._file_store.arriving() as arrival:
            await self._file_store.receive(arrival, _at_once(content))
            checked = await self._checking.check(dataset, arrival=arrival)
        if checked is None:
            raise NotFound("data_gone")
        return checked


async def _at_once(content: bytes) -> AsyncIterator[bytes]:
    yield content
