"""Checking a training file: what is found in it becomes its report."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import structlog

from bot.datasets.dataset import Dataset
from bot.datasets.file_store import Arrival, FileStore
from bot.datasets.interfaces import DatasetStore
from bot.models.catalogue import Catalogue
from bot.models.model import OfferedModel
from bot.providers.channel_providers import ChannelProviders
from bot.providers.interface import ProviderError
from bot.worker_processes import Pool, WorkerPools
from training_files import DEFAULT_MODEL, Report, check_file

log = structlog.get_logger()


async def offered_models(catalogue: Catalogue, providers: ChannelProviders, channel: str) -> list[OfferedModel]:
    """The base models on offer in a channel; a provider that is down does not stop a check."""
    here = [provider.name for provider in await providers.offered(channel)]
    try:
        return await catalogue.offered(here)
    except ProviderError as error:
        log.warning("models unknown", why=str(error))
        return [OfferedModel(name, providers.config(name).default_model or DEFAULT_MODEL) for name in here[:1]]


class DatasetCheck:
    """A file is judged for the first model on offer in its channel. `tokenizers` is the folder with tokenizers."""

    def __init__(
        self,
        datasets: DatasetStore,
        file_store: FileStore,
        pools: WorkerPools,
        catalogue: Catalogue,
        providers: ChannelProviders,
        *,
        tokenizers: Path,
    ) -> None:
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools
        self._catalogue = catalogue
        self._providers = providers
        self._tokenizers = tokenizers

    async def check(
        self,
        dataset: Dataset,
        *,
        validation: Dataset | None = None,
        arrival: Arrival | None = None,
        on_partial: Callable[[Report], None] | None = None,
    ) -> Dataset | None:
        """The data set with its report, stored; None where it was deleted meanwhile. Raises TrainingFileError.

        `validation` is to validate what this one trains. What arrives becomes our copy when all of it was read;
        `on_partial` gets what was found up to then.
        """
        models = await offered_models(self._catalogue, self._providers, dataset.channel)
        async with AsyncExitStack() as reading:
            path = await reading.enter_async_context(self._file_store.reading(dataset, arrival))
            held_out = None
            if validation is not None:
                held_out = await reading.enter_async_context(self._file_store.plain(validation.sha256))
            found = await self._pools.run(
                check_file,
                path,
                model=models[0].id if models else DEFAULT_MODEL,
                tokenizers=self._tokenizers,
                validation=held_out,
                growing=arrival.growing if arrival else None,
                pool=Pool.of_report(dataset.bytes),
                on_partial=on_partial,
            )
        if arrival is not None:
            await self._file_store.adopt(arrival.path, found.sha256)
        checked = await self._datasets.update(
            dataset.id,
            lambda known: msgspec.structs.replace(known, sha256=found.sha256, bytes=found.bytes, report=found),
        )
        if checked is None and not await self._datasets.by_hash(found.sha256):
            self._file_store.remove(found.sha256)
        return checked
