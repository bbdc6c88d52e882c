"""One workspace's part of a provider's account that several share: what is not known to be its own is not there.

Whatever a person can name is checked here before the provider is asked: a model, a job, a file of another workspace. A
file is known by its name, which begins with the workspace's, a job by its metadata, a model by the workspace's store.
"""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final, Protocol

import msgspec

from bot.providers.chat import ChatDelta, ChatRequest, CompletionRequest, Embeddings
from bot.providers.config import ProviderConfig
from bot.providers.interface import (
    CreateRequest,
    Provider,
    Refused,
    RemoteEvent,
    RemoteExport,
    RemoteFile,
    RemoteJob,
    RemoteModel,
    RemoteTime,
    TimeQuestion,
)
from bot.providers.protocol import Checkpoint
from training_files.catalog import every_model

WORKSPACE_KEY: Final = "finetune_bot_workspace"
"""Where a job's metadata says whose it is."""


class OwnJobs(Protocol):
    """What the workspace's store knows, as `bot.jobs.interfaces.JobStore` tells it."""

    async def get(self, job_id: str) -> object | None: ...

    async def known_jobs(self, provider: str) -> set[str]: ...

    async def contents(self, provider: str) -> dict[str, str]: ...

    async def models(self, names: Sequence[str]) -> Mapping[str, object]: ...


class SharedAccount:
    """Base models are those that `config` names and those of our own table. All others that the provider lists may have
    been trained for somebody else."""

    def __init__(self, provider: Provider, config: ProviderConfig, workspace: str, jobs: OwnJobs) -> None:
        self.name = provider.name
        self._provider = provider
        self._workspace = workspace
        self._jobs = jobs
        self._bases = frozenset(config.models) | {facts.id for facts in every_model()}

    # Files

    async def upload(self, path: Path, name: str) -> str:
        return await self._provider.upload(path, self._own_name(name))

    async def find_upload(self, name: str) -> str | None:
        return await self._provider.find_upload(self._own_name(name))

    async def files(self) -> list[RemoteFile]:
        ours = await self._jobs.contents(self.name)
        prefix = self._own_name("")
        return [
            msgspec.structs.replace(file, name=file.name.removeprefix(prefix))
            for file in await self._provider.files()
            if file.id in ours or file.name.startswith(prefix)
        ]

    async def has_file(self, file_id: str) -> bool:
        return await self._owns_file(file_id) and await self._provider.has_file(file_id)

    async def delete_file(self, file_id: str) -> None:
        if not await self._owns_file(file_id):
            raise _unknown()
        await self._provider.delete_file(file_id)

    async def file_content(self, file_id: str) -> bytes:
        """Of a file whose id stands in our store: a job's result, or what `has_file` has shown."""
        return await self._provider.file_content(file_id)

    async def _owns_file(self, file_id: str) -> bool:
        return file_id in await self._jobs.contents(self.name) or file_id in {file.id for file in await self.files()}

    def _own_name(self, name: str) -> str:
        return f"{self._workspace}-{name}"

    # Jobs

    async def create_job(self, order: CreateRequest) -> RemoteJob:
        await self._require_model(order.model)
        return _shown(await self._provider.create_job(self._marked(order)))

    async def find_job(self, order: CreateRequest, others: Collection[str] = ()) -> RemoteJob | None:
        found = await self._provider.find_job(self._marked(order), others)
        return _shown(found) if found is not None and await self._owns_job(found) else None

    async def job(self, job_id: str) -> RemoteJob:
        found = await self._provider.job(job_id)
        if not await self._owns_job(found):
            raise _unknown()
        return _shown(found)

    async def jobs(self, wanted: Collection[str]) -> list[RemoteJob]:
        return [_shown(job) for job in await self._provider.jobs(wanted) if await self._owns_job(job)]

    async def events(self, job_id: str, known: Collection[str], *, whole: bool = False) -> list[RemoteEvent]:
        return await self._provider.events(job_id, known, whole=whole)

    async def checkpoints(self, job_id: str) -> list[Checkpoint]:
        return await self._provider.checkpoints(job_id)

    async def cancel(self, job_id: str) -> RemoteJob:
        return _shown(await self._provider.cancel(job_id))

    async def pause(self, job_id: str) -> RemoteJob:
        return _shown(await self._provider.pause(job_id))

    async def resume(self, job_id: str) -> RemoteJob:
        return _shown(await self._provider.resume(job_id))

    def _marked(self, order: CreateRequest) -> CreateRequest:
        return msgspec.structs.replace(order, metadata={**order.metadata, WORKSPACE_KEY: self._workspace})

    async def _owns_job(self, job: RemoteJob) -> bool:
        marked = job.metadata.get(WORKSPACE_KEY)
        if marked is not None:
            return marked == self._workspace
        # Some providers keep no metadata; then our store must know it, by its id or by the order that it came of.
        if job.submission is not None and await self._jobs.get(job.submission) is not None:
            return True
        return job.id in await self._jobs.known_jobs(self.name)

    # Models

    async def models(self) -> list[RemoteModel]:
        listed = await self._provider.models()
        ours = await self._jobs.models([model.id for model in listed])
        return [model for model in listed if model.id in self._bases or model.id in ours]

    async def delete_model(self, model: str) -> None:
        if not await self._jobs.models([model]):
            raise _unknown()
        await self._provider.delete_model(model)

    async def export(self, model: str, format: str, quantization: str | None) -> RemoteExport:
        await self._require_model(model)
        return await self._provider.export(model, format, quantization)

    async def exported(self, export_id: str) -> RemoteExport:
        return await self._provider.exported(export_id)

    async def export_content(self, export_id: str) -> bytes:
        return await self._provider.export_content(export_id)

    async def training_time(self, question: TimeQuestion) -> RemoteTime | None:
        return await self._provider.training_time(question)

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        await self._require_model(request.model)
        async with aclosing(self._provider.chat(request)) as deltas:
            async for delta in deltas:
                yield delta

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[ChatDelta, None]:
        await self._require_model(request.model)
        async with aclosing(self._provider.complete(request)) as deltas:
            async for delta in deltas:
                yield delta

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        return await self._provider.embed(model, texts)

    async def close(self) -> None:
        await self._provider.close()

    async def _require_model(self, model: str) -> None:
        if model not in self._bases and not await self._jobs.models([model]):
            raise _unknown()


def _shown(job: RemoteJob) -> RemoteJob:
    """Without our mark, which is nobody's note on the job."""
    kept = {key: value for key, value in job.metadata.items() if key != WORKSPACE_KEY}
    return msgspec.structs.replace(job, metadata=kept)


def _unknown() -> Refused:
    return Refused("not_found", code="not_found", status=404)
