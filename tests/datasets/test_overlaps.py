"""What stands in a training file and in a validation file that was chosen for it."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.overlaps import Overlaps
from bot.worker_processes import WorkerPools

Keep = Callable[..., Awaitable[Dataset]]


@pytest.fixture
def overlaps(file_store: FileStore, pools: WorkerPools) -> Overlaps:
    return Overlaps(file_store, pools)


@pytest.fixture
async def files(keep: Keep, content: Callable[..., bytes]) -> tuple[Dataset, Dataset]:
    return await keep(content(30)), await keep(content(12), "ds-2")


async def test_it_is_counted_once_for_two_contents(
    overlaps: Overlaps, files: tuple[Dataset, Dataset], file_store: FileStore
) -> None:
    assert overlaps.is_due(*files)
    assert overlaps.known(*files) == 0
    await overlaps.count(*files)
    assert not overlaps.is_due(*files)
    file_store.remove(files[0].sha256)  # or it would fail the second time
    await overlaps.count(*files)
    assert overlaps.known(*files) == 12
    assert not overlaps.is_due(files[0], msgspec.structs.replace(files[1], id="ds-3"))


async def test_of_files_that_belong_together_the_report_tells_it(
    overlaps: Overlaps, files: tuple[Dataset, Dataset]
) -> None:
    training, validation = files
    assert training.report is not None
    found = msgspec.structs.replace(training.report, counts={"in_validation_file": 7})
    training = msgspec.structs.replace(training, validation=validation.id, report=found)
    assert not overlaps.is_due(training, validation)
    assert overlaps.known(training, validation) == 7


async def test_what_could_not_be_counted_is_not_tried_again(
    overlaps: Overlaps, files: tuple[Dataset, Dataset], file_store: FileStore
) -> None:
    file_store.path(files[1].sha256).write_bytes(b"PK\x03\x04" + bytes(5_000))
    await overlaps.count(*files)
    assert not overlaps.is_due(*files)
    assert overlaps.known(*files) == 0
