"""Deleting a training file: whose it is, who else has it, and what is left when it is cut off in between."""

from unittest.mock import Mock

import msgspec
import pytest

from bot.access import Actor, Role
from bot.audit import Outcome
from bot.authority import Authority
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.file_store import FileStore
from bot.errors import Conflict, Denied, NotFound
from bot.providers.interface import upload_name
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from tests.dropping import Drop, Upload
from tests.parts import a_job, followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

BEN = Actor("U0BEN", "T0ACME")


@pytest.fixture
def deletion(
    datasets: SqlDatasetStore,
    file_store: FileStore,
    jobs: SqlJobStore,
    provider: OpenAIProtocol,
    authority: Authority,
    audit: SqlAuditLog,
    forgotten: list[str],
) -> DatasetDeletion:
    async def forget(sha256: str) -> None:
        forgotten.append(sha256)

    return DatasetDeletion(datasets, file_store, jobs, Providers(provider), forget, authority, audit)


@pytest.fixture
def forgotten() -> list[str]:
    """Files whose answers in evaluations were deleted."""
    return []


async def test_our_copy_and_the_providers_go_and_the_log_says_who_did_it(
    deletion: DatasetDeletion,
    drop: Drop,
    jobs: SqlJobStore,
    provider: OpenAIProtocol,
    stand_in: StandInProvider,
    file_store: FileStore,
    audit: SqlAuditLog,
    datasets: SqlDatasetStore,
    upload: Upload,
    forgotten: list[str],
) -> None:
    await drop()
    await upload("abc")
    deleted = await deletion.delete(a_caller(), "ds-1")
    assert (deleted.dataset.name, deleted.providers) == ("train.jsonl", ("acme",))
    assert not file_store.path("abc").exists()
    assert not stand_in.files
    assert await jobs.provider_file(provider.name, "abc") is None
    assert await datasets.by_hash("abc") == []
    assert forgotten == ["abc"]
    asked, gone = await audit.about("ds-1")
    assert (asked.actor, asked.action, asked.outcome) == (ANA.user, "delete file", Outcome.DONE)
    assert (gone.actor, gone.action, gone.outcome) == (ANA.user, "delete file at the provider", Outcome.DONE)


async def test_uploads_whose_answers_were_lost_go_too(
    deletion: DatasetDeletion,
    drop: Drop,
    jobs: SqlJobStore,
    provider: OpenAIProtocol,
    stand_in: StandInProvider,
    upload: Upload,
) -> None:
    await drop()
    await upload("abc")
    stand_in.files["file-lost"] = (upload_name("abc"), b"{}\n")
    stand_in.files["file-other"] = (upload_name("abd"), b"{}\n")
    await deletion.delete(a_caller(), "ds-1")
    assert list(stand_in.files) == ["file-other"]
    await drop("ds-2", sha256="abd")
    await jobs.set_provider_file(provider.name, "abd", "")
    assert (await deletion.delete(a_caller(key="command/2"), "ds-2")).providers == ("acme",)
    assert not stand_in.files
    assert await jobs.provider_file(provider.name, "abd") is None


async def test_a_provider_that_had_no_copy_is_not_asked(
    deletion: DatasetDeletion, drop: Drop, stand_in: StandInProvider
) -> None:
    await drop()
    assert not (await deletion.delete(a_caller(), "ds-1")).providers
    assert not stand_in.requests


async def test_bytes_that_somebody_else_dropped_too_stay(
    deletion: DatasetDeletion,
    drop: Drop,
    file_store: FileStore,
    forgotten: list[str],
    upload: Upload,
    stand_in: StandInProvider,
) -> None:
    await drop()
    await drop("ds-2", owner=BEN.user)
    file_id = await upload("abc")
    deleted = await deletion.delete(a_caller(), "ds-1")
    assert not deleted.providers
    assert not deleted.left
    assert list(stand_in.files) == [file_id]
    assert forgotten == []
    assert file_store.path("abc").exists()


async def test_a_file_that_a_job_trains_on_is_not_deleted(
    deletion: DatasetDeletion,
    drop: Drop,
    jobs: SqlJobStore,
    provider: OpenAIProtocol,
    file_store: FileStore,
    upload: Upload,
) -> None:
    await drop()
    file_id = await upload("abc")
    await jobs.insert(followed_job("ftjob-1", state="running", training_file=file_id))
    with pytest.raises(Conflict):
        await deletion.delete(a_caller(), "ds-1")
    assert file_store.path("abc").exists()


@pytest.mark.parametrize("field", ["dataset_id", "validation_dataset_id"])
async def test_a_file_that_is_on_its_way_to_the_provider_is_not_deleted(
    deletion: DatasetDeletion, drop: Drop, jobs: SqlJobStore, file_store: FileStore, field: str
) -> None:
    await drop()
    await jobs.insert(a_job(state="submitting", **{"dataset_id": "ds-2", field: "ds-1"}))
    with pytest.raises(Conflict):
        await deletion.delete(a_caller(), "ds-1")
    assert file_store.path("abc").exists()


async def test_only_its_owner_and_administrators_may(deletion: DatasetDeletion, drop: Drop, audit: SqlAuditLog) -> None:
    await drop()
    with pytest.raises(Denied):
        await deletion.delete(a_caller(BEN), "ds-1")
    (entry,) = await audit.about("ds-1")
    assert entry.outcome is Outcome.REFUSED
    admin = msgspec.structs.replace(BEN, role=Role.ADMIN)
    assert (await deletion.delete(a_caller(admin, key="command/2"), "ds-1")).dataset.id == "ds-1"


async def test_a_file_of_a_private_channel_is_not_known_elsewhere(deletion: DatasetDeletion, drop: Drop) -> None:
    await drop(channel="G0SECRET", channel_private=True)
    with pytest.raises(NotFound):
        await deletion.delete(a_caller(BEN), "ds-1")


async def test_what_a_crash_cut_off_is_brought_to_its_end(
    deletion: DatasetDeletion,
    drop: Drop,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    audit: SqlAuditLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await drop()
    monkeypatch.setattr(file_store, "remove", Mock(side_effect=OSError("power cut")))
    with pytest.raises(OSError, match="power cut"):
        await deletion.delete(a_caller(), "ds-1")
    monkeypatch.undo()
    with pytest.raises(NotFound):  # for everybody else it is gone
        await deletion.delete(a_caller(key="command/2"), "ds-1")
    await deletion.delete(a_caller(is_retry=True), "ds-1")
    assert not file_store.path("abc").exists()
    assert len(await audit.about("ds-1")) == 1


async def test_what_a_provider_did_not_delete_is_told_and_deleted_later(
    deletion: DatasetDeletion,
    drop: Drop,
    jobs: SqlJobStore,
    provider: OpenAIProtocol,
    stand_in: StandInProvider,
    file_store: FileStore,
    audit: SqlAuditLog,
    upload: Upload,
) -> None:
    await drop()
    file_id = await upload("abc")
    stand_in.fault(f"DELETE /files/{file_id}", times=9, status=500)
    deleted = await deletion.delete(a_caller(), "ds-1")
    assert (deleted.providers, deleted.left) == ((), ("acme",))
    assert not file_store.path("abc").exists(), "what is ours does not wait for the provider"
    await deletion.delete_left()
    assert await jobs.provider_file(provider.name, "abc") == file_id
    (asked,) = await audit.about("ds-1")
    stand_in.clear_faults()
    await deletion.delete_left()
    await deletion.delete_left()
    assert not stand_in.files
    assert await jobs.provider_file(provider.name, "abc") is None
    _, gone = await audit.about("ds-1")
    assert (asked.action, gone.action) == ("delete file", "delete file at the provider")
    assert (gone.actor, gone.channel, gone.details) == (ANA.user, asked.channel, f"acme: {file_id}")


async def test_a_copy_is_gone_in_the_name_of_whoever_deleted_the_file_last(
    deletion: DatasetDeletion, drop: Drop, stand_in: StandInProvider, audit: SqlAuditLog, upload: Upload
) -> None:
    await drop()
    await drop("ds-2", owner=BEN.user)
    await upload("abc")
    stand_in.fault("GET /files", status=503)
    await deletion.delete(a_caller(), "ds-1")
    assert (await deletion.delete(a_caller(BEN, key="command/2"), "ds-2")).left == ("acme",)
    await deletion.delete_left()
    assert [one.actor for one in await audit.about("ds-2")] == [BEN.user, BEN.user]
    assert len(await audit.about("ds-1")) == 1


async def test_who_asks_again_goes_on_with_what_a_provider_did_not_delete(
    deletion: DatasetDeletion, drop: Drop, stand_in: StandInProvider, upload: Upload
) -> None:
    await drop()
    await upload("abc")
    stand_in.fault("GET /files", times=9, status=503)
    assert (await deletion.delete(a_caller(), "ds-1")).left == ("acme",)
    stand_in.clear_faults()
    with pytest.raises(Denied):
        await deletion.check(a_caller(BEN, key="command/2"), "ds-1")
    await deletion.check(a_caller(key="command/3"), "ds-1")
    deleted = await deletion.delete(a_caller(key="command/3"), "ds-1")
    assert (deleted.providers, deleted.left) == (("acme",), ())
    assert not stand_in.files
    with pytest.raises(NotFound):
        await deletion.check(a_caller(key="command/4"), "ds-1")


async def test_a_provider_that_is_not_set_up_any_more_keeps_nobody_from_deleting_and_is_named(
    deletion: DatasetDeletion, drop: Drop, jobs: SqlJobStore, file_store: FileStore
) -> None:
    await drop()
    await jobs.set_provider_file("closed", "abc", "file-1")
    assert (await deletion.delete(a_caller(), "ds-1")).left == ("closed",)
    assert not file_store.path("abc").exists()
    await deletion.delete_left()
    assert await jobs.provider_file("closed", "abc") == "file-1", "it may come back"


async def test_what_is_wrong_with_one_upload_keeps_no_other_at_the_provider(
    deletion: DatasetDeletion, drop: Drop, stand_in: StandInProvider, upload: Upload
) -> None:
    for number, sha256 in enumerate(("abc", "abd")):
        await drop(f"ds-{number}", sha256=sha256)
        kept = await upload(sha256)
    stand_in.fault("GET /files", times=2, status=503)
    for number in range(2):
        await deletion.delete(a_caller(key=f"command/{number}"), f"ds-{number}")
    stand_in.fault(f"DELETE /files/{kept}", status=409)
    await deletion.delete_left()
    assert list(stand_in.files) == [kept]


async def test_what_is_left_at_a_provider_stays_where_it_is_needed_again(
    deletion: DatasetDeletion, drop: Drop, jobs: SqlJobStore, stand_in: StandInProvider, upload: Upload
) -> None:
    needed = {}
    for number, sha256 in enumerate(("abc", "abd")):
        await drop(f"ds-{number}", sha256=sha256)
        needed[sha256] = await upload(sha256)
    stand_in.fault("GET /files", times=2, status=503)
    for number in range(2):
        await deletion.delete(a_caller(key=f"command/{number}"), f"ds-{number}")
    await drop("ds-again")
    await jobs.insert(followed_job("ftjob-1", state="running", training_file=needed["abd"]))
    await deletion.delete_left()
    assert set(stand_in.files) == set(needed.values())
