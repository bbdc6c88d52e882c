"""Splitting a training file: two data sets that belong together, made once."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bot.access import Actor
from bot.datasets.derived import DerivedDatasets
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.splitting import DatasetSplitting, SplitFiles
from bot.errors import Invalid, NotFound
from bot.store.datasets import SqlDatasetStore
from bot.worker_processes import WorkerPools
from tests.slack_requests import ANA, a_caller

BEN = Actor("U0BEN", "T0ACME")


@pytest.fixture
def splitting(
    lookup: DatasetLookup, derived: DerivedDatasets, file_store: FileStore, pools: WorkerPools
) -> DatasetSplitting:
    return DatasetSplitting(lookup, derived, file_store, pools)


async def _split(splitting: DatasetSplitting, **caller: Any) -> SplitFiles:
    async with splitting.plan(a_caller(**caller), "ds-1", 0.2, 7) as planned:
        return await splitting.split(a_caller(**caller), planned)


async def test_each_example_stands_in_one_of_the_two_files(
    splitting: DatasetSplitting, keep: Callable[..., Any], content: Callable[..., bytes], file_store: FileStore
) -> None:
    source = await keep(content(100), channel_private=True)
    files = await _split(splitting)
    assert (files.training.name, files.validation.name) == ("train-training.jsonl", "train-validation.jsonl")
    assert (files.sides.training, files.sides.validation) == (80, 20)
    assert files.training.validation == files.validation.id
    for made in (files.training, files.validation):
        assert (made.derived_from, made.owner, made.channel_private) == (source.id, ANA.user, True)
    both = [file_store.path(made.sha256).read_bytes().splitlines() for made in (files.training, files.validation)]
    assert sorted([*both[0], *both[1]]) == sorted(content(100).splitlines())


async def test_the_same_split_again_is_the_one_that_was_made_before(
    splitting: DatasetSplitting, keep: Callable[..., Any], content: Callable[..., bytes], datasets: SqlDatasetStore
) -> None:
    source = await keep(content(100))
    made = await _split(splitting)
    async with splitting.plan(a_caller(BEN, key="command/2"), "ds-1", 0.2, 7) as planned:
        assert planned.training.before == made.training
        assert planned.validation.before == made.validation
    async with splitting.plan(a_caller(BEN, key="command/2"), "ds-1", 0.2, 8) as planned:
        assert planned.training.before is None
    # What this request itself began before a crash is made when its report is there.
    async with splitting.plan(a_caller(is_retry=True), "ds-1", 0.2, 7) as planned:
        assert planned.training.before is None
    assert (await _split(splitting, is_retry=True)) == made
    await datasets.update(made.training.id, lambda known: msgspec.structs.replace(known, report=source.report))
    async with splitting.plan(a_caller(is_retry=True), "ds-1", 0.2, 7) as planned:
        assert planned.training.before is not None


async def test_a_file_with_errors_is_not_split(
    splitting: DatasetSplitting, keep: Callable[..., Any], content: Callable[..., bytes]
) -> None:
    await keep(content(3))
    with pytest.raises(Invalid, match="split_with_errors"):
        await splitting.check(a_caller(), "ds-1")


async def test_a_file_of_a_private_channel_is_not_split_elsewhere(
    splitting: DatasetSplitting, keep: Callable[..., Any], content: Callable[..., bytes]
) -> None:
    await keep(content(12), channel="G0SECRET", channel_private=True)
    with pytest.raises(NotFound):
        await splitting.check(a_caller(BEN), "ds-1")
    with pytest.raises(NotFound):
        async with splitting.plan(a_caller(BEN), "ds-1", 0.2, 7):
            pytest.fail("planned")


async def test_a_file_whose_copy_is_gone_says_so(
    splitting: DatasetSplitting, keep: Callable[..., Any], content: Callable[..., bytes], file_store: FileStore
) -> None:
    file_store.remove((await keep(content(12))).sha256)
    with pytest.raises(NotFound, match="copy_gone"):
        await _split(splitting)
