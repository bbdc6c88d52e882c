"""The training files that the provider has: which of them a person may know of, and deleting those that no job uses."""

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
from bot.providers.interface import Provider, Refused, RemoteFile

# Older ones show when newer ones are gone.
_MOST: Final = 500


class ProviderFile(msgspec.Struct, frozen=True):
    """A file at the provider, as the caller may know of it. `name` is what people call it; `owner` is "" where it is no
    upload of ours, or of several people; `jobs` are those of the jobs which use it that the caller may know of,
    `in_use` tells of any; `deletable` by the caller."""

    file: RemoteFile
    name: str
    owner: str
    jobs: tuple[str, ...]
    in_use: bool
    deletable: bool


class ProviderFiles:
    def __init__(self, provider: Provider, datasets: DatasetStore, jobs: JobStore, authority: Authority) -> None:
        self._provider = provider
        self._datasets = datasets
        self._jobs = jobs
        self._authority = authority

    async def visible(self, caller: Caller) -> list[ProviderFile]:
        """Newest first. What is our upload of files that the caller may not know of is left out.

        Raises Denied, ProviderError.
        """
        await self._authority.require(caller, Action.USE)
        files = (await self._provider.files())[:_MOST]
        contents = await self._jobs.contents(self._provider.name)
        uploads = await self._datasets.by_hashes({contents[file.id] for file in files if file.id in contents})
        jobs = await self._jobs.under_way(self._provider.name)
        waiting = await self._jobs.in_states(list(states.OURS))
        seen = [self._seen(caller, file, uploads.get(contents.get(file.id, ""), []), jobs, waiting) for file in files]
        return [file for file in seen if file is not None]

    async def find(self, caller: Caller, file_id: str) -> str:
        """The id, if the provider has the file and what is posted here may tell of it.

        Raises NotFound, Denied, ProviderError.
        """
        unknown = NotFound("unknown_provider_file", provider=self._provider.name, file=file_id)
        if not await self._provider.has_file(file_id):
            raise unknown
        try:
            await self.require_to_post(caller, file_id)
        except NotFound:
            raise unknown from None
        return file_id

    async def require_to_post(self, caller: Caller, file_id: str) -> None:
        """Return if a message about this file may be posted where the caller is: if it is our upload, of one of the
        data sets with these bytes. Raises NotFound, Denied.
        """
        sha256 = await self._jobs.content_of(self._provider.name, file_id)
        uploads = [dataset.resource for dataset in await self._datasets.by_hash(sha256)] if sha256 else []
        places = (caller.posts_in, caller.answers_in)
        told = [one for place in places for one in uploads if self._authority.allows(caller, Action.SUBMIT, one, place)]
        for resource in (told or uploads)[:1]:
            await self._authority.require_to_post(caller, Action.SUBMIT, resource)

    async def delete(self, caller: Caller, file_id: str) -> None:
        """Raises NotFound, Denied, Conflict while a job uses it, ProviderError."""
        found = next((one for one in await self.visible(caller) if one.file.id == file_id), None)
        if found is not None:
            await self._delete(caller, found)
        elif not caller.is_retry:  # else it was gone before a crash
            raise NotFound("unknown_provider_file", provider=self._provider.name, file=file_id)

    async def delete_unused(self, caller: Caller) -> None:
        """All that no job uses; for administrators. Raises Denied, ProviderError."""
        await self._authority.require(caller, Action.DELETE, _resource(caller, ""))
        for found in await self.visible(caller):
            if not found.in_use:
                await self._delete(caller, found)

    def _seen(
        self,
        caller: Caller,
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
            deletable=not jobs and (caller.actor.role is Role.ADMIN or owner == caller.user),
        )

    async def _delete(self, caller: Caller, found: ProviderFile) -> None:
        await self._authority.require(caller, Action.DELETE, _resource(caller, found.owner))
        if found.in_use:
            raise Conflict("provider_file_in_use", jobs=found.jobs)
        sha256 = await self._jobs.content_of(self._provider.name, found.file.id)
        async with self._authority.recorded(caller, "delete file at the provider", found.file.id):
            try:
                await self._provider.delete_file(found.file.id)
            except Refused as error:
                if error.status != 404:
                    raise
        if sha256:
            await self._jobs.set_provider_file(self._provider.name, sha256, None)


def _resource(caller: Caller, owner: str) -> Resource:
    return Resource(owner, caller.channel, False, "file")
