"""Looking into a training file: a few of its examples, and all of its findings."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from bot.access import Actor
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.findings_file import FindingsFile
from bot.datasets.lookup import DatasetLookup
from bot.datasets.samples import DatasetSamples
from bot.errors import Conflict, NotFound
from bot.store.datasets import SqlDatasetStore
from bot.worker_processes import WorkerPools
from tests.slack_requests import a_caller

Keep = Callable[..., Awaitable[Dataset]]
BEN = Actor("U0BEN", "T0ACME")
SECRET = {"channel": "G0SECRET", "channel_private": True}


@pytest.fixture
def samples(lookup: DatasetLookup, file_store: FileStore, pools: WorkerPools) -> DatasetSamples:
    return DatasetSamples(lookup, file_store, pools)


@pytest.fixture
def findings(datasets: SqlDatasetStore, lookup: DatasetLookup) -> FindingsFile:
    return FindingsFile(datasets, lookup)


async def test_a_sample_is_drawn_anew_each_time(
    samples: DatasetSamples, keep: Keep, content: Callable[..., bytes]
) -> None:
    dataset = await keep(content(200))
    drawn = [tuple(example.line for example in await samples.draw(dataset)) for _ in range(5)]
    assert {len(lines) for lines in drawn} == {3}
    assert len(set(drawn)) > 1


async def test_who_may_not_know_of_a_file_sees_nothing_of_it(
    samples: DatasetSamples, findings: FindingsFile, keep: Keep, content: Callable[..., bytes]
) -> None:
    await keep(content(3), **SECRET)
    for check in (samples.check, findings.check):
        with pytest.raises(NotFound):
            await check(a_caller(BEN), "ds-1")
        assert (await check(a_caller(BEN, channel="G0SECRET"), "ds-1")).id == "ds-1"


async def test_where_nothing_was_found_there_is_nothing_to_list(
    findings: FindingsFile, keep: Keep, content: Callable[..., bytes], datasets: SqlDatasetStore
) -> None:
    kept = await keep(content(12))
    assert kept.report is not None
    clean = msgspec.structs.replace(kept.report, errors=[], warnings=[])
    await datasets.save(msgspec.structs.replace(kept, report=clean))
    with pytest.raises(Conflict, match="nothing_to_correct"):
        await findings.check(a_caller(), "ds-1")


async def test_the_file_that_lists_them_is_remembered(
    findings: FindingsFile, keep: Keep, content: Callable[..., bytes]
) -> None:
    await keep(content(3))
    await findings.uploaded("ds-1", "F7")
    assert (await findings.check(a_caller(), "ds-1")).findings_file == "F7"
