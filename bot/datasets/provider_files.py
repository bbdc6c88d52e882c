"""The training files that providers have: which of them a person may know of, and deleting those that no job uses."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.access import Action, Caller, Resource, Role
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.errors import Conflict, NotFound
from bot.jobs import states
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.providers.channel_providers import ChannelProviders
from bot.providers.interface import Provider, Refused, RemoteFile, upload_name

DELETE_THERE: Final = "delete file at the provider"
"""An act in the audit log."""

# Older ones show when newer ones are gone.
_MOST: Final = 500


class ProviderFile(msgspec.Struct, frozen=True):
    """A file at a provider, as the caller may know of it. `name` is what people call it; `owner` is "" where it is no
    upload of ours, or of several people; `jobs` are those of the jobs which use it that the caller may know of,
    `in_use` tells of any; `deletable` by the caller."""

    file: RemoteFile
    name: str
    owner: str
    jobs: tuple[str, ...]
    in_use: bool
    deletable: bool
    provider: str = ""


class ProviderFiles:
    def __init__(
        self, providers: ChannelProviders, datasets: DatasetStore, jobs: JobStore, authority: Authority
    ) -> None:
        self._providers = providers
        self._datasets = datasets
        self._jobs = jobs
        self._authority = authority

    async def visible(self, caller: Caller) -> list[ProviderFile]:
        """Those of the providers of the caller's channel, newest first. What is our upload of files that the caller may
        not know of is left out.

        Raises Denied, ProviderError where one does not answer.
        """
        await self._authority.require(caller, Action.USE)
        waiting = await self._jobs.in_states(list(states.OURS))
        seen: list[ProviderFile] = []
        for provider in await self._providers.offered(caller.channel):
            seen += await self._visible_at(caller, provider, waiting)
        return sorted(seen, key=lambda one: one.file.created_at, reverse=True)

    async def _visible_at(self, caller: Caller, provider: Provider, waiting: Sequence[Job]) -> list[ProviderFile]:
        files = (await provider.files())[:_MOST]
        contents = await self._jobs.contents(provider.name)
        hashes = {file.id: contents.get(file.id) or file.name.removesuffix(upload_name("")) for file in files}
        uploads = await self._datasets.by_hashes(set(hashes.values()))
        jobs = await self._jobs.under_way(provider.name)
        waiting = [job for job in waiting if job.provider == provider.name]
        seen = [self._seen(caller, provider, file, uploads.get(hashes[file.id], []), jobs, waiting) for file in files]
        return [file for file in seen if file is not None]

    async def find(self, caller: Caller, file_id: str, provider: str | None = None) -> str:
        """The id, if that provider, by default any that may be used here, has the file and what is posted here may tell
        of it.

        Raises NotFound, Denied, ProviderError.
        """
        if provider is None:
            await self.holder(caller, file_id)
            return file_id
        offered = await self._providers.offered(caller.channel)
        there = next((one for one in offered if one.name == provider), None)
        if there is None or not await there.has_file(file_id):
            raise NotFound("unknown_provider_file", provider=provider, file=file_id)
        await self._require_known(caller, file_id, provider)
        return file_id

    async def holder(self, caller: Caller, file_id: str) -> str:
        """The name of the first provider of those here that has the file, which may be told of. Raises like `find`."""
        offered = await self._providers.offered(caller.channel)
        for provider in offered:
            if await provider.has_file(file_id):
                await self._require_known(caller, file_id, provider.name)
                return provider.name
        raise NotFound("unknown_provider_file", provider=", ".join(one.name for one in offered), file=file_id)

    async def _require_known(self, caller: Caller, file_id: str, provider: str) -> None:
        try:
            await self.require_to_post(caller, file_id, provider)
        except NotFound:
            raise NotFound("unknown_provider_file", provider=provider, file=file_id) from None

    async def require_to_post(self, caller: Caller, file_id: str, provider: str) -> None:
        """Return if a message about this file may be posted where the caller is: if it is our upload, of one of the
        data sets with these bytes. Raises NotFound, Denied.
        """
        sha256 = await self._jobs.content_of(provider, file_id)
        uploads = [dataset.resource for dataset in await self._datasets.by_hash(sha256)] if sha256 else []
        places = (caller.posts_in, caller.answers_in)
        told = [one for place in places for one in uploads if self._authority.allows(caller, Action.SUBMIT, one, place)]
        for resource in (told or uploads)[:1]:
            await self._authority.require_to_post(caller, Action.SUBMIT, resource)

    async def delete(self, caller: Caller, file_id: str, provider: str) -> None:
        """Raises NotFound, Denied, Conflict while a job uses it, ProviderError."""
        found = next(
            (one for one in await self.visible(caller) if (one.file.id, one.provider) == (file_id, provider)), None
        )
        if found is not None:
            await self._delete(caller, found)
        elif not caller.is_retry:  # else it was gone before a crash
            raise NotFound("unknown_provider_file", provider=provider, file=file_id)

    async def delete_unused(self, caller: Caller) -> None:
        """All that no job uses, at the providers of the caller's channel; for administrators. Raises Denied,
        ProviderError."""
        await self._authority.require(caller, Action.DELETE, _resource(caller, ""))
        for found in await self.visible(caller):
            if not found.in_use and self._providers.config(found.provider).known_vendor.deletes:
                await self._delete(caller, found)

    def _seen(
        self,
        caller: Caller,
        provider: Provider,
        file: RemoteFile,
        uploads: Sequence[Dataset],
        under_way: Sequence[Job],
        waiting: Sequence[Job],
    ) -> ProviderFile | None:
        visible = [dataset for dataset in uploads if self._authority.allows(caller, Action.SEE, dataset.resource)]
        if uploads and not visible:
            return None
        ids = {dataset.id for dataset in uploads}
        jobs = [job for job in under_way if file.id in {job.training_file, job.validation_file}]
        jobs += [job for job in waiting if {job.dataset_id, job.validation_dataset_id} & ids and job not in jobs]
        # It belongs to one person only where nobody else dropped the same bytes.
        owners = {dataset.owner for dataset in uploads}
        owner = owners.pop() if len(owners) == 1 else ""
        return ProviderFile(
            file,
            name=visible[0].name if visible else file.name,
            owner=owner,
            jobs=tuple(job.id for job in jobs if self._authority.allows(caller, Action.SEE, job.resource)),
            in_use=bool(jobs),
            deletable=not jobs
            and (caller.actor.role is Role.ADMIN or owner == caller.user)
            and self._providers.config(provider.name).known_vendor.deletes,
            provider=provider.name,
        )

    async def _delete(self, caller: Caller, found: ProviderFile) -> None:
        await self._authority.require(caller, Action.DELETE, _resource(caller, found.owner))
        if found.in_use:
            raise Conflict("provider_file_in_use", jobs=found.jobs)
        provider = self._providers.named(found.provider)
        sha256 = await self._jobs.content_of(provider.name, found.file.id)
        async with self._authority.recorded(caller, DELETE_THERE, found.file.id):
            try:
                await provider.delete_file(found.file.id)
            except Refused as error:
                if error.status != 404:
                    raise
        if sha256:
            await self._jobs.set_provider_file(provider.name, sha256, None)


def _resource(caller: Caller, owner: str) -> Resource:
    return Resource(owner, caller.channel, False, "file")
