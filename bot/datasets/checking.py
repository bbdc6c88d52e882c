"""Checking a training file: what is found in it becomes its report."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from bot.datasets.dataset import Dataset
from bot.datasets.file_store import Arrival, FileStore
from bot.datasets.interfaces import DatasetStore
from bot.models.catalogue import Catalogue
from bot.providers.interface import ProviderError
from bot.worker_processes import Pool, WorkerPools
from training_files import DEFAULT_MODEL, Report, check_file

log = structlog.get_logger()


async def offered_models(catalogue: Catalogue, default: str | None) -> list[str]:
    """The base models on offer; a provider that is down does not stop a check."""
    try:
        return await catalogue.base_models()
    except ProviderError as error:
        log.warning("models unknown", why=str(error))
        return [default or DEFAULT_MODEL]


class DatasetCheck:
    """A file is judged for the first model on offer. `tokenizers` is the folder with tokenizers, `default` the model of
    the settings."""

    def __init__(
        self,
        datasets: DatasetStore,
        file_store: FileStore,
        pools: WorkerPools,
        catalogue: Catalogue,
        *,
        tokenizers: Path,
        default: str | None = None,
    ) -> None:
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools
        self._catalogue = catalogue
        self._default = default
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
        models = await offered_models(self._catalogue, self._default)
        with self._file_store.reading(dataset, arrival) as path:
            found = await self._pools.run(
                check_file,
                path,
                model=models[0] if models else self._default or DEFAULT_MODEL,
                tokenizers=self._tokenizers,
                validation=self._file_store.path(validation.sha256) if validation else None,
                growing=arrival.growing if arrival else None,
                pool=Pool.of_report(dataset.bytes),
                on_partial=on_partial,
            )
        if arrival is not None:
            self._file_store.adopt(arrival.path, found.sha256)
        checked = await self._datasets.update(
            dataset.id,
            lambda known: msgspec.structs.replace(known, sha256=found.sha256, bytes=found.bytes, report=found),
        )
        if checked is None and not await self._datasets.by_hash(found.sha256):
            self._file_store.remove(found.sha256)
        return checked
