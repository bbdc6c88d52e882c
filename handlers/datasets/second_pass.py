"""The second pass over training files: after the report, in the background, and added to it where it finds something.

What waits is not stored: a report says itself whether the pass is still to come, and after a start it is looked up.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from bot.datasets.dataset import Dataset
from bot.notices.interfaces import PostError
from bot.worker_processes import Lane
from handlers.web.rate_limits import Priority
from training_files import TrainingFileError
from training_files.content_scan import ContentScan, scan_content, with_scan

if TYPE_CHECKING:
    from handlers.services import Services

log = structlog.get_logger()

# Seconds after which nobody looks at a report any more: an older one is left as it is.
_RECENT: Final = 24 * 3600
_MOST_SECONDS: Final = 1800.0


class SecondPass:
    """One file after the other."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[str] = asyncio.Queue()

    def add(self, dataset_id: str) -> None:
        self._waiting.put_nowait(dataset_id)

    async def run(self, services: "Services") -> None:
        """Until cancelled. Begins with what an earlier process has not come to."""
        for dataset in reversed(await services.datasets.latest(200)):
            if _is_due(dataset):
                self.add(dataset.id)
        while True:
            dataset_id = await self._waiting.get()
            try:
                await self._look(services, dataset_id)
            except PostError as error:
                log.warning("report not added to", dataset=dataset_id, why=str(error))
            except Exception:
                log.exception("second pass failed", dataset=dataset_id)

    async def _look(self, services: "Services", dataset_id: str) -> None:
        from handlers.datasets import reports

        dataset = await services.datasets.get(dataset_id)
        if dataset is None or not _is_due(dataset):
            return
        path = services.copies.path(dataset.sha256)
        try:
            found = await services.lanes.run(scan_content, path, lane=Lane.SECOND, seconds=_MOST_SECONDS)
        except TrainingFileError as error:
            # The report stands without it; trying again at each start would end no better.
            log.warning("second pass given up", dataset=dataset_id, why=str(error))
            found = ContentScan(findings=[], counts={}, examples=0, seconds=0.0)

        def add(known: Dataset) -> Dataset:
            if known.report is None or known.report.deep:
                return known
            files = {"findings_file": None} if found.findings else {}
            return msgspec.structs.replace(known, report=with_scan(known.report, found), **files)

        changed = await services.datasets.update(dataset_id, add)
        if changed is not None and found.findings:
            await reports.show(services, changed, priority=Priority.MILESTONE)


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
