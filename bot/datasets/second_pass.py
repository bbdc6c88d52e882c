"""The second pass over training files: in the background, after the report, to which its findings are added.

The queue is not stored: a report says whether its pass is still to come, and is found again at start.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

import msgspec
import structlog

from bot.backoff import Backoff
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.encryption import Unopened
from bot.errors import BotError
from bot.notices.interfaces import PostError
from bot.worker_processes import Pool, WorkerPools
from training_files import TrainingFileError
from training_files.content_scan import ContentScan, scan_content, with_scan

log = structlog.get_logger()

T = TypeVar("T")

# Seconds after which nobody looks at a report any more: an older one is left as it is.
_RECENT: Final = 24 * 3600
_MOST_SECONDS: Final = 1800.0


class SecondPass:
    """One file after the other. `backoff` is for trouble of the store."""

    def __init__(
        self,
        datasets: DatasetStore,
        file_store: FileStore,
        pools: WorkerPools,
        *,
        backoff: Backoff = Backoff(5, longest=60),
    ) -> None:
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools
        self._backoff = backoff
        self._waiting: asyncio.Queue[str] = asyncio.Queue()

    def add(self, dataset_id: str) -> None:
        self._waiting.put_nowait(dataset_id)

    async def run(self, show: Callable[[Dataset], Awaitable[None]]) -> None:
        """Until cancelled; `show` gets each data set whose report was added to. Begins with what an earlier process has
        not come to."""
        for dataset in reversed(await self._through(lambda: self._datasets.latest(200))):
            if _is_due(dataset):
                self.add(dataset.id)
        while True:
            dataset_id = await self._waiting.get()
            try:
                changed = await self._through(partial(self.scan, dataset_id))
                if changed is not None:
                    await self._through(partial(show, changed))
            except PostError as error:
                log.warning("report not added to", dataset=dataset_id, why=str(error))
            except Exception:
                log.exception("second pass failed", dataset=dataset_id)

    async def _through(self, work: Callable[[], Awaitable[T]]) -> T:
        """What comes of it once the store lets it through."""
        for delay in self._backoff:
            try:
                return await work()
            except BotError as error:
                log.error("second pass waits", why=str(error), seconds=delay)
                await asyncio.sleep(delay)
        raise AssertionError("the waiting has no end")

    async def scan(self, dataset_id: str) -> Dataset | None:
        """The data set with what was found now; None where there is nothing new to show."""
        dataset = await self._datasets.get(dataset_id)
        if dataset is None or not _is_due(dataset):
            return None
        try:
            async with self._file_store.plain(dataset.sha256) as path:
                found = await self._pools.run(scan_content, path, pool=Pool.SECOND, seconds=_MOST_SECONDS)
        except (TrainingFileError, Unopened) as error:
            # The report stands without it; trying again at each start would end no better.
            log.warning("second pass given up", dataset=dataset_id, why=str(error))
            found = ContentScan(findings=[], counts={}, examples=0, seconds=0.0)

        def add(known: Dataset) -> Dataset:
            if known.report is None or known.report.deep:
                return known
            files = {"findings_file": None} if found.findings else {}
            return msgspec.structs.replace(known, report=with_scan(known.report, found), **files)

        changed = await self._datasets.update(dataset_id, add)
        return changed if found.findings else None


def _is_due(dataset: Dataset) -> bool:
    found = dataset.report
    return (
        found is not None
        and dataset.deleted_at is None
        and found.complete
        and not found.deep
        and found.table is None
        and found.examples > 0
        and dataset.created_at > time.time() - _RECENT
    )
