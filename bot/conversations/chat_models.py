"""The models that a person may talk to, and what a conversation with one begins with."""

import asyncio
from collections.abc import Sequence

from bot.access import Action, Caller
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.conversations.completion import CompletionFormat
from bot.conversations.starter import Starter, starter
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.errors import NotFound
from bot.jobs.interfaces import JobStore
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from training_files import lookup


class ChatModels:
    def __init__(
        self,
        catalogue: Catalogue,
        lost_models: LostModels,
        jobs: JobStore,
        datasets: DatasetStore,
        file_store: FileStore,
        authority: Authority,
        channel_models: ChannelModels,
    ) -> None:
        self._catalogue = catalogue
        self._lost_models = lost_models
        self._jobs = jobs
        self._datasets = datasets
        self._file_store = file_store
        self._authority = authority
        self._channel_models = channel_models

    async def require(self, caller: Caller, model: str, provider: str | None = None) -> None:
        """Return if the caller may talk to `model`, at the provider if one is named, where everybody in the channel
        reads along.

        Raises NotFound where there is no such model for this person, Denied where others would see it who may not,
        or the channel is restricted to other models; ProviderError.
        """
        unknown = NotFound("no_such_model", model=model)
        try:
            await self._authority.require_to_post(caller, Action.CHAT, await self._catalogue.resource(model))
        except NotFound:
            raise unknown from None
        if provider is not None and not await self._catalogue.lists(provider, model):
            raise NotFound("no_such_model", model=f"{provider}/{model}")
        if provider is None and not await self._catalogue.exists(model):
            await self._lost_models.missing(model)
            raise await self._catalogue.absence(model)
        await self._channel_models.require(caller, model, provider)

    async def starter(self, caller: Caller, model: str) -> Starter:
        """What the file it was trained on begins with; only its format, if somebody who reads along may not know of the
        file. A model that takes nothing but completions is known as one without a file."""
        job = (await self._jobs.models([model])).get(model)
        dataset = await self._datasets.get(job.dataset_id) if job and job.dataset_id else None
        if dataset is None or dataset.deleted_at is not None:
            facts = lookup(model)
            completes = facts is not None and facts.formats == ("completion",)
            return Starter(completion=CompletionFormat() if completes else None)
        async with self._file_store.plain(dataset.sha256) as path:
            start = await asyncio.to_thread(starter, path)
        if not self._authority.allows(caller, Action.SEE, dataset.resource, caller.posts_in):
            return Starter(completion=start.completion)
        return start

    async def trained_on(self, dataset: Dataset, models: Sequence[str]) -> tuple[str, ...]:
        """Those of the models that learned from just this file, or went on from one that did."""
        jobs = await self._jobs.models()
        found = []
        for model in models:
            made = model
            seen: set[str] = set()
            while (job := jobs.get(made)) is not None and made not in seen:
                seen.add(made)
                made = job.base_model
                trained = await self._datasets.get(job.dataset_id) if job.dataset_id else None
                if trained is not None and trained.sha256 == dataset.sha256:
                    found.append(model)
                    break
        return tuple(found)
