"""Deleting a training file: our copy and the provider's. The file in Slack and the models trained on it stay."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.datasets.lookup import DatasetLookup
from bot.errors import Conflict
from bot.jobs import states
from bot.jobs.interfaces import JobStore
from bot.providers.interface import Provider, Refused, upload_name
from bot.providers.registry import Providers


class DeletedDataset(msgspec.Struct, frozen=True):
    """`dataset` is as it was before. `providers`: names of those that had a copy, which is gone too."""

    dataset: Dataset
    providers: tuple[str, ...]


# Older ones are named by their ids.
_OFFERED: Final = 50


class DatasetDeletion:
    """`forget`: deletes what models answered when they were asked with a file's words, given its SHA-256."""

    def __init__(
        self,
        datasets: DatasetStore,
        file_store: FileStore,
        jobs: JobStore,
        providers: Providers,
        forget: Callable[[str], Awaitable[object]],
        authority: Authority,
    ) -> None:
        self._datasets = datasets
        self._file_store = file_store
        self._jobs = jobs
        self._providers = providers
        self._forget = forget
        self._authority = authority
        self._lookup = DatasetLookup(datasets, authority)

    async def check(self, caller: Caller, dataset_id: str) -> Dataset:
        """The data set, if the caller may delete it. Raises Denied, NotFound."""
        return await self._lookup.get(caller, dataset_id, Action.DELETE)

    async def choices(self, caller: Caller) -> list[Dataset]:
        """The latest files that the caller may delete."""
        latest = await self._datasets.latest(_OFFERED)
        return [one for one in latest if self._authority.allows(caller, Action.DELETE, one.resource)]

    async def of_file(self, file_id: str) -> list[Dataset]:
        """Those made of a file that was deleted in Slack, of which a copy may be left to delete."""
        return [dataset for dataset in await self._datasets.by_file(file_id) if dataset.report is not None]

    async def delete(self, caller: Caller, dataset_id: str) -> DeletedDataset:
        """The bytes go where nobody else dropped the same, and what was made of them for rehearsals, too. Raises
        Denied, NotFound, Conflict while a job trains on them, ProviderError.
        """
        return await self.remove(
            caller, await self._begun_before(caller, dataset_id) or await self.check(caller, dataset_id)
        )

    async def remove(self, caller: Caller, dataset: Dataset) -> DeletedDataset:
        """As `delete`, for a use case that has asked who may: also where that was cut off before."""
        going = [*await self._datasets.unlisted_parts(dataset.id), dataset]
        uploads = [await self._uploads(one) for one in going]
        if dataset.deleted_at is None and await self._is_in_training(going, uploads):
            raise Conflict("file_in_training")
        for one, copies in zip(going, uploads, strict=True):
            await self._delete(caller, one, copies)
        return DeletedDataset(dataset, tuple(provider.name for provider in uploads[-1]))

    async def is_in_training(self, dataset: Dataset) -> bool:
        """Whether a job that has not ended trains on it."""
        return await self._is_in_training([dataset], [await self._uploads(dataset)])

    async def _is_in_training(self, datasets: Iterable[Dataset], uploads: Iterable[Mapping[Provider, str]]) -> bool:
        ids = {dataset.id for dataset in datasets}
        for job in await self._jobs.in_states([states.SUBMITTING]):
            if {job.dataset_id, job.validation_dataset_id} & ids:  # it may be on its way to the provider
                return True
        for provider, file_id in (copy for copies in uploads for copy in copies.items()):
            if await self._jobs.uses_file(provider.name, file_id):
                return True
        return False

    async def _uploads(self, dataset: Dataset) -> dict[Provider, str]:
        """The providers that may have copies, with the id, "" where none is known."""
        return {
            provider: file_id
            for provider in self._providers
            if (file_id := await self._jobs.provider_file(provider.name, dataset.sha256)) is not None
        }

    async def _delete(self, caller: Caller, dataset: Dataset, copies: Mapping[Provider, str]) -> None:
        if dataset.deleted_at is None:
            await self._datasets.update(
                dataset.id,
                lambda known: msgspec.structs.replace(known, deleted_at=time.time(), report=None),
                audit=[entry(caller, "delete file", dataset.id)],
            )
        if not await self._datasets.by_hash(dataset.sha256):
            self._file_store.remove(dataset.sha256)
            await self._forget(dataset.sha256)
            for provider, file_id in copies.items():
                await self._delete_at(provider, dataset.sha256, file_id)

    async def _begun_before(self, caller: Caller, dataset_id: str) -> Dataset | None:
        """The data set that this very request had marked as deleted when a crash cut it off."""
        known = await self._datasets.get(dataset_id) if caller.is_retry else None
        if known is None or known.deleted_at is None:
            return None
        await self._authority.require(caller, Action.DELETE, known.resource)
        return known

    async def _delete_at(self, provider: Provider, sha256: str, file_id: str) -> None:
        """All uploads of it, also those whose answer was lost."""
        name = upload_name(sha256)
        for each in {file_id, *(file.id for file in await provider.files() if file.name == name)} - {""}:
            try:
                await provider.delete_file(each)
            except Refused as error:
                if error.status != 404:
                    raise
        await self._jobs.set_provider_file(provider.name, sha256, None)
