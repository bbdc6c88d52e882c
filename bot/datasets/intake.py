"""Taking in a training file that somebody dropped."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.datasets.pairs import validation_of
from bot.worker_processes import Pool, WorkerPools
from training_files import Report, TrainingFileError


class DroppedFile(msgspec.Struct, frozen=True):
    """A file as Slack describes it: its id there, its name, its size if known, the thread of the message with which it
    came, and whether that is in a private place."""

    id: str
    name: str
    bytes: int
    thread_ts: str
    private: bool


class DatasetIntake:
    def __init__(
        self,
        datasets: DatasetStore,
        file_store: FileStore,
        pools: WorkerPools,
        checking: DatasetCheck,
        authority: Authority,
    ) -> None:
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools
        self._checking = checking
        self._authority = authority

    async def begin(self, caller: Caller, file: DroppedFile) -> Dataset:
        """The data set before its file is read; a retry after a crash gets the same one. Raises Denied."""
        await self._authority.require(caller, Action.SUBMIT)
        dataset_id = "ds-" + hashlib.sha256(f"{caller.channel}/{caller.at}/{file.id}".encode()).hexdigest()[:10]
        known = await self._datasets.get(dataset_id)
        if known is not None:
            return known
        dataset = Dataset(
            id=dataset_id,
            sha256="",
            name=file.name,
            bytes=file.bytes,
            owner=caller.user,
            team=caller.team,
            channel=caller.channel,
            channel_private=file.private,
            thread_ts=file.thread_ts,
            created_at=caller.at,
            file_id=file.id,
        )
        await self._datasets.save(dataset)
        return dataset

    async def read(
        self,
        dataset: Dataset,
        size: int,
        chunks: AsyncIterator[bytes],
        on_partial: Callable[[Report], None] | None = None,
    ) -> Dataset | None:
        """Keep the `size` bytes that come in `chunks`, and check them, of a large file while they still come.

        The data set with its report; None where it was deleted meanwhile. Raises TrainingFileError.
        """
        self._file_store.check_size(size)
        pool = Pool.of_report(size)
        self._pools.warm(pool)
        dataset = msgspec.structs.replace(dataset, bytes=size)
        with self._file_store.arriving() as arrival:
            async with _meanwhile(self._file_store.receive(arrival, chunks)) as received:
                if pool is Pool.QUICK:  # others wait for that process, and would wait for this download
                    await received
                return await self._checking.check(dataset, arrival=arrival, on_partial=on_partial)

    async def pair(self, caller: Caller) -> list[tuple[Dataset, Dataset]]:
        """Pair training files that were dropped in one message with their validation files, and look for examples that
        are in both. Returns (training, validation) pairs.
        """
        dropped = await self._datasets.of_message(caller.channel, caller.at)
        pairs = []
        for training in dropped:
            held_out = validation_of(training, dropped)
            if held_out is None or training.validation not in (None, held_out.id):
                continue
            with contextlib.suppress(TrainingFileError):  # each has its report; what they share is not known then
                await self._checking.check(training, validation=held_out)
            paired = await self._datasets.update(training.id, partial(msgspec.structs.replace, validation=held_out.id))
            if paired is not None:
                pairs.append((paired, held_out))
        return pairs


@contextlib.asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run `work` beside the body; if one of the two raises, the other is stopped."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks.create_task(work)
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
