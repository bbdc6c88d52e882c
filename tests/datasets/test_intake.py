"""Taking in a file that somebody dropped."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot import worker_processes
from bot.access import Actor, Role
from bot.authority import Authority
from bot.datasets.checking import DatasetCheck
from bot.datasets.file_store import FileStore
from bot.datasets.intake import DatasetIntake, DroppedFile
from bot.errors import Denied
from bot.store.datasets import SqlDatasetStore
from bot.worker_processes import WorkerPools
from tests.refusal import refused
from tests.slack_requests import ANA, a_caller
from training_files import Report, TrainingFileError

FILE = DroppedFile("F1", "train.jsonl", 0, "1.0", private=False)
VIEWER = Actor("U0VIC", "T0ACME", Role.VIEWER)


@pytest.fixture
def intake(
    datasets: SqlDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
    checking: DatasetCheck,
    authority: Authority,
) -> DatasetIntake:
    return DatasetIntake(datasets, file_store, pools, checking, authority)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is a large one."""
    monkeypatch.setattr(worker_processes, "SMALL", -1)


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "files").iterdir())


async def in_chunks(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_a_dropped_file_is_kept_with_what_was_found_in_it(
    intake: DatasetIntake,
    content: Callable[..., bytes],
    tmp_path: Path,
    file_store: FileStore,
    datasets: SqlDatasetStore,
) -> None:
    caller = a_caller(channel="G0SECRET")
    dataset = await intake.begin(caller, msgspec.structs.replace(FILE, private=True))
    assert (dataset.owner, dataset.channel, dataset.channel_private) == (ANA.user, "G0SECRET", True)
    read = await intake.read(dataset, len(content(12)), in_chunks(content(12)[:100], content(12)[100:]))
    assert read is not None
    assert read.report is not None
    assert (read.report.ok, read.report.examples, read.bytes) == (True, 12, len(content(12)))
    assert await datasets.get(dataset.id) == read
    assert file_store.path(read.sha256).read_bytes() == content(12)
    assert len(files(tmp_path)) == 1


async def test_the_same_request_after_a_crash_is_the_same_data_set(
    intake: DatasetIntake, datasets: SqlDatasetStore
) -> None:
    first = await intake.begin(a_caller(), FILE)
    assert await intake.begin(a_caller(is_retry=True), FILE) == first
    assert await intake.begin(a_caller(at=1_700_000_001.0), FILE) != first
    assert len(await datasets.latest(5)) == 2


async def test_who_may_only_look_hands_in_nothing(intake: DatasetIntake, datasets: SqlDatasetStore) -> None:
    with pytest.raises(Denied):
        await intake.begin(a_caller(VIEWER), FILE)
    assert await datasets.latest(5) == []


async def test_a_file_that_is_too_large_is_not_even_fetched(intake: DatasetIntake) -> None:
    fetched = in_chunks(b"x")
    with pytest.raises(TrainingFileError, match="larger_than_taken"):
        await intake.read(await intake.begin(a_caller(), FILE), 1_000_001, fetched)
    assert [chunk async for chunk in fetched] == [b"x"]


@pytest.mark.usefixtures("large")
async def test_a_large_file_is_judged_while_it_arrives(intake: DatasetIntake, content: Callable[..., bytes]) -> None:
    whole, judged = content(1_500), asyncio.Event()
    half = 100_000  # the first 64 kB tell what kind of file it is: nothing is said before
    seen: list[Report] = []

    async def slowly() -> AsyncIterator[bytes]:
        yield whole[:half]
        await judged.wait()
        yield whole[half:]

    def on_partial(found: Report) -> None:
        seen.append(found)
        judged.set()

    read = await intake.read(await intake.begin(a_caller(), FILE), len(whole), slowly(), on_partial)
    assert 0 < seen[0].examples < 1_500
    assert read is not None
    assert read.report is not None
    assert read.report.examples == 1_500


@pytest.mark.usefixtures("large")
async def test_a_download_that_fails_leaves_nothing_behind_and_the_next_is_judged(
    intake: DatasetIntake, content: Callable[..., bytes], tmp_path: Path
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield content(1_000)
        raise TrainingFileError("Slack has lost it.")

    dataset = await intake.begin(a_caller(), FILE)
    with refused("Slack has lost it"):
        await intake.read(dataset, 100_000, broken())
    assert files(tmp_path) == []
    assert await intake.read(dataset, len(content(12)), in_chunks(content(12))) is not None


async def test_a_file_deleted_while_it_arrives_leaves_no_copy(
    intake: DatasetIntake, content: Callable[..., bytes], datasets: SqlDatasetStore, tmp_path: Path
) -> None:
    dataset = await intake.begin(a_caller(), FILE)

    async def meanwhile() -> AsyncIterator[bytes]:
        yield content(12)
        await datasets.update(dataset.id, lambda known: msgspec.structs.replace(known, deleted_at=time.time()))

    assert await intake.read(dataset, len(content(12)), meanwhile()) is None
    assert files(tmp_path) == []


async def test_of_two_files_of_one_message_one_validates_the_other(
    intake: DatasetIntake, keep: Callable[..., Any], content: Callable[..., bytes], datasets: SqlDatasetStore
) -> None:
    caller = a_caller()
    of_message = {"created_at": caller.at, "channel": caller.channel}
    await keep(content(12), "ds-2", name="house-val.jsonl", **of_message)
    await keep(content(30), "ds-1", name="house-train.jsonl", **of_message)
    ((training, validation),) = await intake.pair(caller)
    assert (training.id, training.validation, validation.id) == ("ds-1", "ds-2", "ds-2")
    assert training.report is not None
    assert training.report.told["in_validation_file"] == 12
    assert await datasets.get("ds-1") == training


async def test_files_that_do_not_belong_together_are_left_alone(
    intake: DatasetIntake, keep: Callable[..., Any], content: Callable[..., bytes]
) -> None:
    caller = a_caller()
    for number, name in enumerate(("a.jsonl", "b.jsonl")):
        await keep(content(20 + number), f"ds-{number}", name=name, created_at=caller.at, channel=caller.channel)
    assert await intake.pair(caller) == []


async def test_a_small_file_that_comes_slowly_holds_up_no_other(
    intake: DatasetIntake, content: Callable[..., bytes]
) -> None:
    other = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield content(12)[:100]
        await other.wait()
        yield content(12)[100:]

    slow = asyncio.create_task(intake.read(await intake.begin(a_caller(), FILE), len(content(12)), slowly()))
    dataset = await intake.begin(a_caller(at=2.0), FILE)
    assert await intake.read(dataset, len(content(15)), in_chunks(content(15))) is not None
    other.set()
    read = await slow
    assert read is not None
    assert read.report is not None
    assert read.report.examples == 12
