"""Deleting a training file: our copy and the provider's. The file in Slack and the models trained on it stay.

What is ours goes at once. A provider that does not answer, or does not delete, is asked again until nothing is left
there: nobody is kept from deleting by a provider that is closed for good.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Final

import msgspec
import structlog

from bot.access import Action, Caller
from bot.audit import SETTINGS, AuditLog, Entry
from bot.authority import Authority, entry
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.provider_files import DELETE_THERE
from bot.errors import Conflict, NotFound
from bot.jobs import states
from bot.jobs.interfaces import JobStore
from bot.providers.interface import Provider, ProviderError, Refused, upload_name
from bot.providers.registry import Providers

log = structlog.get_logger()


class DeletedDataset(msgspec.Struct, frozen=True):
    """`dataset` is as it was before. `providers`: names of those that had a copy, which is gone too; `left`: of those
    that may have one still, and are asked again."""

    dataset: Dataset
    providers: tuple[str, ...]
    left: tuple[str, ...] = ()


_DELETE: Final = "delete file"
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
        audit: AuditLog,
    ) -> None:
        self._datasets = datasets
        self._file_store = file_store
        self._jobs = jobs
        self._providers = providers
        self._forget = forget
        self._authority = authority
        self._audit = audit
        self._lookup = DatasetLookup(datasets, authority)

    async def check(self, caller: Caller, dataset_id: str) -> Dataset:
        """The data set, if the caller may delete it, or go on with that. Raises Denied, NotFound."""
        return await self._unfinished(caller, dataset_id) or await self._lookup.get(caller, dataset_id, Action.DELETE)

    async def choices(self, caller: Caller) -> list[Dataset]:
        """The latest files that the caller may delete."""
        latest = await self._datasets.latest(_OFFERED)
        return [one for one in latest if self._authority.allows(caller, Action.DELETE, one.resource)]

    async def of_file(self, file_id: str) -> list[Dataset]:
        """Those made of a file that was deleted in Slack, of which a copy may be left to delete."""
        return [dataset for dataset in await self._datasets.by_file(file_id) if dataset.report is not None]

    async def delete(self, caller: Caller, dataset_id: str) -> DeletedDataset:
        """The bytes go where nobody else dropped the same, and what was made of them for rehearsals, too. Raises
        Denied, NotFound, Conflict while a job trains on them.
        """
        return await self.remove(caller, await self.check(caller, dataset_id))

    async def remove(self, caller: Caller, dataset: Dataset) -> DeletedDataset:
        """As `delete`, for a use case that has asked who may: also where that was cut off before."""
        going = [*await self._datasets.unlisted_parts(dataset.id), dataset]
        uploads = [await self._jobs.uploads(one.sha256) for one in going]
        if dataset.deleted_at is None and await self._is_in_training(going, uploads):
            raise Conflict("file_in_training")
        gone: set[str] = set()
        left: set[str] = set()
        for one, copies in zip(going, uploads, strict=True):
            gone, remain = await self._delete(caller, one, copies)
            left |= remain
        return DeletedDataset(dataset, tuple(sorted(gone - left)), tuple(sorted(left)))

    async def delete_left(self) -> None:
        """Ask providers again for what they did not delete."""
        left = await self._jobs.uploads_left()
        for provider in self._providers:
            if provider.name in left:
                await self._delete_at(provider, left[provider.name])

    async def is_in_training(self, dataset: Dataset) -> bool:
        """Whether a job that has not ended trains on it."""
        return await self._is_in_training([dataset], [await self._jobs.uploads(dataset.sha256)])

    async def _is_in_training(self, datasets: Iterable[Dataset], uploads: Iterable[Mapping[str, str]]) -> bool:
        ids = {dataset.id for dataset in datasets}
        for job in await self._jobs.in_states([states.SUBMITTING]):
            if {job.dataset_id, job.validation_dataset_id} & ids:  # it may be on its way to the provider
                return True
        for provider, file_id in (copy for copies in uploads for copy in copies.items()):
            if await self._jobs.uses_file(provider, file_id):
                return True
        return False

    async def _delete(self, caller: Caller, dataset: Dataset, copies: Mapping[str, str]) -> tuple[set[str], set[str]]:
        """The providers at which it is gone, and those at which something may be left."""
        if dataset.deleted_at is None:
            await self._datasets.update(
                dataset.id,
                lambda known: msgspec.structs.replace(known, deleted_at=time.time(), report=None),
                audit=[entry(caller, _DELETE, dataset.id)],
            )
        if await self._datasets.by_hash(dataset.sha256):
            return set(), set()
        self._file_store.remove(dataset.sha256)
        await self._forget(dataset.sha256)
        gone = {
            provider.name
            for provider in self._providers
            if provider.name in copies and await self._delete_at(provider, {dataset.sha256: copies[provider.name]})
        }
        return gone, set(copies) - gone

    async def _unfinished(self, caller: Caller, dataset_id: str) -> Dataset | None:
        """The data set, where it is marked as deleted and a provider has not deleted its copy yet, or this very request
        had marked it when a crash cut it off."""
        known = await self._datasets.get(dataset_id)
        if known is None or known.deleted_at is None or not (caller.is_retry or await self._is_left(known)):
            return None
        try:
            await self._authority.require(caller, Action.DELETE, known.resource)
        except NotFound:
            return None
        return known

    async def _is_left(self, dataset: Dataset) -> bool:
        parts = [*await self._datasets.unlisted_parts(dataset.id), dataset]
        left = {sha256 for uploads in (await self._jobs.uploads_left()).values() for sha256 in uploads}
        return any(part.deleted_at is not None and part.sha256 in left for part in parts)

    async def _delete_at(self, provider: Provider, uploads: Mapping[str, str]) -> set[str]:
        """Of `uploads`, file ids by hash, all there are, also those whose answers were lost; but none that is needed
        again. The hashes of which nothing is left."""
        gone: set[str] = set()
        try:
            there = await provider.files()
            for sha256, file_id in uploads.items():
                ids = {file_id, *(file.id for file in there if file.name == upload_name(sha256))} - {""}
                if not await self._is_needed(provider, sha256, ids) and await _deleted(provider, ids):
                    recorded = await self._gone(provider, sha256, ids)
                    await self._jobs.set_provider_file(provider.name, sha256, None, audit=[recorded])
                    gone.add(sha256)
        except ProviderError as error:
            log.warning("provider did not delete uploads", provider=provider.name, why=str(error))
        return gone

    async def _gone(self, provider: Provider, sha256: str, file_ids: Collection[str]) -> Entry:
        """For the audit log, in the name of whoever deleted the file; of several with these bytes, the last one."""
        dataset = await self._datasets.last_deleted(sha256)
        thing = dataset.id if dataset is not None else sha256
        entries = [one for one in await self._audit.about(thing) if one.action == _DELETE]
        asked = entries[-1] if entries else Entry(f"delete/{thing}", 0.0, SETTINGS, _DELETE, thing)
        return msgspec.structs.replace(
            asked,
            key=f"{asked.key}/{provider.name}",
            at=time.time(),
            action=DELETE_THERE,
            details=f"{provider.name}: {', '.join(sorted(file_ids))}" if file_ids else provider.name,
        )

    async def _is_needed(self, provider: Provider, sha256: str, file_ids: Collection[str]) -> bool:
        """By somebody who dropped the same meanwhile, or by a job that was given the provider's file."""
        if await self._datasets.by_hash(sha256):
            return True
        return any([await self._jobs.uses_file(provider.name, file_id) for file_id in file_ids])


async def _deleted(provider: Provider, file_ids: Collection[str]) -> bool:
    """False where the provider refuses one. Raises ProviderError."""
    for file_id in file_ids:
        try:
            await provider.delete_file(file_id)
        except Refused as error:
            if error.status != 404:
                log.warning("provider did not delete an upload", provider=provider.name, why=str(error))
                return False
    return True
