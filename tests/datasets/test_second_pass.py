"""The second pass over training files, and what it adds to a report."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
import pytest

from bot.backoff import Backoff
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.second_pass import SecondPass
from bot.notices.interfaces import PostRefused
from bot.store.database import StoreTrouble
from bot.store.datasets import SqlDatasetStore
from bot.worker_processes import WorkerPools

Keep = Callable[..., Awaitable[Dataset]]


@pytest.fixture
def second_pass(datasets: SqlDatasetStore, file_store: FileStore, pools: WorkerPools) -> SecondPass:
    return SecondPass(datasets, file_store, pools)


@pytest.fixture
def contradictory(content: Callable[..., bytes]) -> bytes:
    """The same question, answered in two ways: the check does not see it."""
    lines = content(30).splitlines()
    example = json.loads(lines[4])
    example["messages"][1]["content"] = "Never in my life, whatever you say."
    return b"\n".join([*lines, json.dumps(example).encode()])


@asynccontextmanager
async def running(second_pass: SecondPass, show: Callable[[Dataset], Awaitable[None]]) -> AsyncIterator[None]:
    task = asyncio.create_task(second_pass.run(show))
    yield
    task.cancel()


class Shown(asyncio.Queue[Dataset]):
    async def show(self, dataset: Dataset) -> None:
        self.put_nowait(dataset)

    async def next(self) -> Dataset:
        return await asyncio.wait_for(self.get(), 60)


async def test_what_it_finds_is_added_to_the_report_and_shown(
    second_pass: SecondPass, keep: Keep, contradictory: bytes, datasets: SqlDatasetStore
) -> None:
    before = await keep(contradictory, created_at=time.time(), findings_file="F1")
    assert before.report is not None
    assert not before.report.deep
    shown = Shown()
    async with running(second_pass, shown.show):
        changed = await shown.next()
    assert changed.report is not None
    assert changed.report.deep
    assert len(changed.report.warnings) > len(before.report.warnings)
    assert changed.findings_file is None, "there is more to list now"
    assert await datasets.get(changed.id) == changed


async def test_a_report_to_which_nothing_is_added_is_not_shown_again(
    second_pass: SecondPass, keep: Keep, datasets: SqlDatasetStore
) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    lines = []
    for n in range(12):
        turns = [{"role": "user", "content": letters[n] * 9}, {"role": "assistant", "content": letters[n + 13] * 9}]
        lines.append(json.dumps({"messages": turns}))
    await keep("\n".join(lines).encode(), created_at=time.time(), findings_file="F1")
    assert await second_pass.scan("ds-1") is None
    scanned = await datasets.get("ds-1")
    assert scanned is not None
    assert scanned.report is not None
    assert scanned.report.deep
    assert scanned.findings_file == "F1"


@pytest.mark.parametrize(
    "changes", [{"created_at": 1.0}, {"deleted_at": 1.0}, {"report": None}], ids=["old", "deleted", "not checked"]
)
async def test_a_file_at_which_nobody_looks_is_left_alone(
    second_pass: SecondPass,
    keep: Keep,
    contradictory: bytes,
    datasets: SqlDatasetStore,
    changes: dict[str, Any],
) -> None:
    kept = await keep(contradictory, created_at=time.time())
    await datasets.save(msgspec.structs.replace(kept, **changes))
    assert await second_pass.scan("ds-1") is None
    left = await datasets.get("ds-1")
    assert left is not None
    assert left.report is None or not left.report.deep


async def test_a_report_that_cannot_be_shown_does_not_stop_the_next(
    second_pass: SecondPass, keep: Keep, contradictory: bytes
) -> None:
    await keep(contradictory, created_at=time.time() - 1)
    await keep(contradictory, "ds-2", created_at=time.time())
    shown = Shown()

    async def show(dataset: Dataset) -> None:
        if dataset.id == "ds-1":
            raise PostRefused("channel_not_found")
        await shown.show(dataset)

    async with running(second_pass, show):
        assert (await shown.next()).id == "ds-2"


async def test_trouble_of_the_store_is_waited_out(
    keep: Keep, contradictory: bytes, datasets: SqlDatasetStore, file_store: FileStore, pools: WorkerPools
) -> None:
    """At its start, while a file is scanned, and when its report is shown."""
    await keep(contradictory, created_at=time.time())
    trouble = {"latest": 2, "get": 2, "show": 2}

    def raise_at(name: str) -> None:
        trouble[name] -= 1
        if trouble[name] >= 0:
            raise StoreTrouble("store_trouble", trouble="locked")

    class Troubled:
        def __getattr__(self, name: str) -> Any:
            if name in trouble:
                raise_at(name)
            return getattr(datasets, name)

    shown = Shown()

    async def show(dataset: Dataset) -> None:
        raise_at("show")
        await shown.show(dataset)

    troubled = SecondPass(cast(Any, Troubled()), file_store, pools, backoff=Backoff(0.01))
    async with running(troubled, show):
        assert (await shown.next()).id == "ds-1"
    assert all(left < 0 for left in trouble.values())


async def test_a_file_that_cannot_be_read_is_not_tried_again(
    second_pass: SecondPass, keep: Keep, contradictory: bytes, file_store: FileStore, datasets: SqlDatasetStore
) -> None:
    kept = await keep(contradictory, created_at=time.time())
    file_store.path(kept.sha256).write_bytes(b"PK\x03\x04" + bytes(5_000))
    assert await second_pass.scan("ds-1") is None
    given_up = await datasets.get("ds-1")
    assert given_up is not None
    assert given_up.report is not None
    assert given_up.report.deep
