"""The provider's files: what a person may know of them, and which may go."""

from collections.abc import Callable

import pytest

from bot.access import Actor, Role
from bot.audit import Outcome
from bot.authority import Authority
from bot.datasets.provider_files import ProviderFiles
from bot.errors import Conflict, Denied, NotFound
from bot.jobs import states
from bot.providers.interface import upload_name
from bot.providers.openai_protocol import OpenAIProtocol
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from tests.dropping import Drop, Upload
from tests.parts import a_job, channel_providers, followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

BEN = Actor("U0BEN", "T0ACME")
ADMIN = Actor("U0ADA", "T0ACME", Role.ADMIN)


@pytest.fixture
def files(
    provider: OpenAIProtocol, datasets: SqlDatasetStore, jobs: SqlJobStore, authority: Authority
) -> ProviderFiles:
    return ProviderFiles(channel_providers(provider), datasets, jobs, authority)


async def test_a_file_is_shown_with_the_name_that_people_gave_it_and_its_owner_may_delete_it(
    files: ProviderFiles, drop: Drop, upload: Upload
) -> None:
    await drop(name="support.jsonl")
    await upload("abc")
    (theirs,) = await files.visible(a_caller(BEN))
    assert (theirs.name, theirs.owner, theirs.in_use, theirs.deletable) == ("support.jsonl", ANA.user, False, False)
    for who in (a_caller(), a_caller(ADMIN)):
        (own,) = await files.visible(who)
        assert own.deletable


async def test_a_file_of_a_private_channel_is_shown_there_only(
    files: ProviderFiles, drop: Drop, upload: Upload
) -> None:
    await drop(channel="G0SECRET", channel_private=True)
    file_id = await upload("abc")
    assert await files.visible(a_caller(BEN)) == []
    with pytest.raises(NotFound):
        await files.delete(a_caller(BEN), file_id, "acme")
    (seen,) = await files.visible(a_caller(BEN, channel="G0SECRET"))
    assert seen.file.id == file_id


async def test_an_upload_whose_answer_was_lost_is_known_by_its_name(
    files: ProviderFiles, drop: Drop, stand_in: StandInProvider
) -> None:
    await drop(channel="G0SECRET", channel_private=True, name="support.jsonl")
    stand_in.files["file-lost"] = (upload_name("abc"), b"{}\n")
    assert await files.visible(a_caller(BEN)) == []
    (seen,) = await files.visible(a_caller(channel="G0SECRET"))
    assert (seen.name, seen.owner) == ("support.jsonl", ANA.user)
    await files.delete(a_caller(channel="G0SECRET"), "file-lost", "acme")
    assert not stand_in.files


async def test_what_several_people_dropped_belongs_to_none_of_them(
    files: ProviderFiles, drop: Drop, upload: Upload
) -> None:
    await drop()
    await drop("ds-2", owner=BEN.user)
    file_id = await upload("abc")
    with pytest.raises(Denied):
        await files.delete(a_caller(), file_id, "acme")
    await files.delete(a_caller(ADMIN), file_id, "acme")


@pytest.mark.parametrize("waiting", [False, True])
async def test_a_file_that_a_job_uses_or_waits_for_stays(
    files: ProviderFiles, drop: Drop, upload: Upload, jobs: SqlJobStore, waiting: bool
) -> None:
    await drop()
    file_id = await upload("abc")
    job = a_job(state=states.IN_LINE) if waiting else followed_job("ftjob-1", state="running", training_file=file_id)
    await jobs.insert(job)
    (found,) = await files.visible(a_caller())
    assert (found.jobs, found.in_use, found.deletable) == (("job-1",), True, False)
    with pytest.raises(Conflict):
        await files.delete(a_caller(), file_id, "acme")


async def test_deleting_is_in_the_audit_log_and_what_a_crash_cut_off_is_not_missed(
    files: ProviderFiles,
    drop: Drop,
    upload: Upload,
    provider: OpenAIProtocol,
    jobs: SqlJobStore,
    stand_in: StandInProvider,
    audit: SqlAuditLog,
) -> None:
    await drop()
    file_id = await upload("abc")
    await files.delete(a_caller(), file_id, "acme")
    assert not stand_in.files
    assert await jobs.provider_file(provider.name, "abc") is None
    assert [entry.outcome for entry in await audit.about(file_id)] == [Outcome.DONE]
    await files.delete(a_caller(is_retry=True), file_id, "acme")
    with pytest.raises(NotFound):
        await files.delete(a_caller(key="command/2"), file_id, "acme")


async def test_all_unused_ones_are_for_administrators(
    files: ProviderFiles, drop: Drop, upload: Upload, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    await drop()
    await drop("ds-2", sha256="def")
    used = await upload("abc")
    await upload("def")
    await jobs.insert(followed_job("ftjob-1", state="running", training_file=used))
    with pytest.raises(Denied):
        await files.delete_unused(a_caller())
    await files.delete_unused(a_caller(ADMIN))
    assert list(stand_in.files) == [used]


async def test_a_file_may_be_posted_of_where_one_of_those_who_dropped_it_might(
    files: ProviderFiles, drop: Drop, upload: Upload
) -> None:
    await drop(channel="G0SECRET", channel_private=True)
    file_id = await upload("abc")
    with pytest.raises(NotFound):
        await files.require_to_post(a_caller(BEN), file_id, "acme")
    with pytest.raises(Denied, match="seen_by_too_many"):
        await files.require_to_post(a_caller(), file_id, "acme")
    await drop("ds-2", owner=BEN.user)
    await files.require_to_post(a_caller(BEN), file_id, "acme")
    await files.require_to_post(a_caller(BEN), "file-nobody-of-us-uploaded", "acme")


async def test_a_list_of_many_files_asks_the_store_no_more_often_than_one_of_few(
    files: ProviderFiles, database: Database, drop: Drop, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    read = database.read

    async def counted(work: Callable[..., object]) -> object:
        nonlocal reads
        reads += 1
        return await read(work)

    monkeypatch.setattr(database, "read", counted)
    asked = []
    for number in (1, 2, 3):
        await drop(f"ds-{number}", sha256=f"hash-{number}", name=f"{number}.jsonl")
        await upload(f"hash-{number}")
        reads = 0
        assert {one.name for one in await files.visible(a_caller())} == {f"{n}.jsonl" for n in range(1, number + 1)}
        asked.append(reads)
    assert asked[0] > 0
    assert len(set(asked)) == 1
