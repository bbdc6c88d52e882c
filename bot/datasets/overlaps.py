"""How many examples of a training file also stand in a validation file that somebody chose for it."""

from typing import Final

import structlog

from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.keyed_locks import KeyedLocks
from bot.worker_processes import Pool, WorkerPools
from training_files import TrainingFileError
from training_files.overlap import count_overlap

log = structlog.get_logger()

# Seconds after which nobody looks at the modal any more.
_MOST_SECONDS: Final = 60.0
_KEPT: Final = 1_000


class Overlaps:
    """Counted once for two contents; the last `_KEPT` are remembered."""

    def __init__(self, file_store: FileStore, pools: WorkerPools) -> None:
        self._file_store = file_store
        self._pools = pools
        # By the hashes of training and validation file; None where it could not be counted, which is not tried again.
        self._counts: dict[tuple[str, str], int | None] = {}
        self._counting = KeyedLocks()

    def is_due(self, training: Dataset, validation: Dataset) -> bool:
        """Whether it is still to be counted. For two files that belong together it is in the report."""
        return training.validation != validation.id and _key(training, validation) not in self._counts

    def known(self, training: Dataset, validation: Dataset) -> int:
        """The count as far as it is known now; else 0."""
        if training.validation == validation.id:
            return training.report.told.get("in_validation_file", 0) if training.report else 0
        return self._counts.get(_key(training, validation)) or 0

    async def count(self, training: Dataset, validation: Dataset) -> None:
        """Have it counted in a worker process; then it is `known`."""
        key = _key(training, validation)
        async with self._counting.of(key):
            if key in self._counts:
                return
            count = None
            try:
                async with (
                    self._file_store.plain(training.sha256) as one,
                    self._file_store.plain(validation.sha256) as other,
                ):
                    count = await self._pools.run(
                        count_overlap,
                        one,
                        other,
                        pool=Pool.of_report(training.bytes + validation.bytes),
                        seconds=_MOST_SECONDS,
                    )
            except TrainingFileError as error:
                log.warning("overlap not counted", training=training.id, validation=validation.id, why=str(error))
            self._counts[key] = count
            if len(self._counts) > _KEPT:
                del self._counts[next(iter(self._counts))]


def _key(training: Dataset, validation: Dataset) -> tuple[str, str]:
    return training.sha256, validation.sha256
