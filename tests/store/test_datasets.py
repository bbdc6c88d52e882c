import msgspec
import pytest

from bot.datasets.dataset import Dataset
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore

DATASET = Dataset(
    id="ds-1",
    sha256="abc",
    name="train.jsonl",
    bytes=100,
    owner="U0ANA",
    team="T0ACME",
    channel="C1",
    channel_private=False,
    thread_ts="1.1",
    created_at=1.0,
    file_id="F1",
)


@pytest.fixture
async def datasets(database: Database) -> SqlDatasetStore:
    store = SqlDatasetStore(database)
    await store.save(DATASET)
    return store


async def test_a_data_set_is_found_by_its_id_its_file_and_its_content(datasets: SqlDatasetStore) -> None:
    assert await datasets.get("ds-1") == DATASET
    assert await datasets.by_file("F1") == [DATASET]
    assert await datasets.by_hash("abc") == [DATASET]
    assert await datasets.latest(5) == [DATASET]
    assert await datasets.get("ds-2") is None


async def test_saving_again_replaces_it_and_keeps_its_report(datasets: SqlDatasetStore) -> None:
    await datasets.set_report_ts("ds-1", "9.9")
    changed = msgspec.structs.replace(DATASET, sha256="def")
    await datasets.save(changed)
    assert await datasets.get("ds-1") == changed
    assert await datasets.by_hash("abc") == []
    assert await datasets.report_ts("ds-1") == "9.9"


async def test_a_deleted_one_is_on_no_list(datasets: SqlDatasetStore) -> None:
    await datasets.save(msgspec.structs.replace(DATASET, deleted_at=2.0))
    assert await datasets.by_file("F1") == await datasets.by_hash("abc") == await datasets.latest(5) == []
    assert (await datasets.get("ds-1") or DATASET).deleted_at == 2.0


async def test_of_several_with_the_same_bytes_the_one_that_was_deleted_last_is_known(datasets: SqlDatasetStore) -> None:
    assert await datasets.last_deleted("abc") is None
    for id, at in (("ds-1", 2.0), ("ds-2", 3.0), ("ds-3", None)):
        await datasets.save(msgspec.structs.replace(DATASET, id=id, file_id=id, deleted_at=at))
    assert (await datasets.last_deleted("abc") or DATASET).id == "ds-2"


async def test_without_a_report_there_is_no_message(datasets: SqlDatasetStore) -> None:
    assert await datasets.report_ts("ds-1") is None
    assert await datasets.report_ts("ds-2") is None


async def test_a_change_is_made_of_what_is_stored_now(datasets: SqlDatasetStore) -> None:
    await datasets.save(msgspec.structs.replace(DATASET, name="renamed.jsonl"))
    changed = await datasets.update("ds-1", lambda known: msgspec.structs.replace(known, lengths_file="F2"))
    assert changed is not None
    assert (changed.name, changed.lengths_file) == ("renamed.jsonl", "F2")
    assert await datasets.get("ds-1") == changed


async def test_what_was_deleted_is_changed_no_more(datasets: SqlDatasetStore) -> None:
    await datasets.save(msgspec.structs.replace(DATASET, deleted_at=2.0))
    assert await datasets.update("ds-1", lambda known: msgspec.structs.replace(known, deleted_at=None)) is None
    assert await datasets.update("ds-2", lambda known: known) is None
    assert (await datasets.get("ds-1") or DATASET).deleted_at == 2.0
