"""An export: everything that is kept, or everything of one person, in formats that everybody can read."""

import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app.data_export import export_command
from bot.audit import Entry
from bot.conversations.conversation import Conversation, Turn
from bot.datasets.file_store import FileStore
from bot.errors import StartError
from bot.jobs.interfaces import JobUpdate
from bot.store.audit import SqlAuditLog
from bot.store.conversations import SqlConversationStore
from bot.store.copying import tables
from bot.store.data_export import Exported, export_data
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from tests import postgresql_server
from tests.parts import a_dataset, a_job, event
from tests.slack_requests import ANA

BEN = "U0BEN"
SISTER = f"{ANA.user}2"


class Archive:
    def __init__(self, file: Path) -> None:
        with zipfile.ZipFile(file) as archive:
            assert archive.testzip() is None
            self.entries = {name: archive.read(name) for name in archive.namelist()}

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.entries.get(f"data/{table}.jsonl", b"").splitlines()]


@pytest.fixture
async def filled(database: Database, tmp_path: Path) -> Path:
    """The folder of a store that a bot works in."""
    folder = tmp_path / "data"
    files = FileStore(folder / "files", 1_000_000)
    datasets, jobs, conversations = SqlDatasetStore(database), SqlJobStore(database), SqlConversationStore(database)
    for id, owner in (("ds-1", ANA.user), ("ds-2", BEN)):
        await datasets.save(a_dataset(id=id, sha256=f"hash-{id}", owner=owner, file_id=id))
        files.path(f"hash-{id}").write_text(f"of {owner}")
    for id, requester in (("job-1", ANA.user), ("job-2", SISTER)):
        await jobs.insert(a_job(id=id, requester=requester))
        await jobs.update(id, lambda job: JobUpdate(job, events=[event(1)]))
    await conversations.open(Conversation("cv-1", "ft:1", "T0ACME", "C0TRAINING", "1.0", BEN, 1.0))
    await conversations.add("cv-1", Turn("2.0", "user", "hello", user=ANA.user))
    await conversations.add("cv-1", Turn("2.0", "assistant", "yes?", user=ANA.user))
    await conversations.add("cv-1", Turn("3.0", "user", "and me", user=BEN))
    await SqlAuditLog(database).add(Entry("k1", 1.0, ANA.user, "submit", "job-1", "D0ANA"))
    await SqlAuditLog(database).add(Entry("k2", 1.0, BEN, "submit", "job-9", "D0ANA"))
    return folder


def export(folder: Path, out: Path, person: str = "") -> Exported | None:
    return export_data(folder, None, FileStore(folder / "files", 1), out, lambda exported: "Read me", person)


async def test_everything_is_in_it_and_a_bot_may_be_at_work(filled: Path, database: Database, tmp_path: Path) -> None:
    out = tmp_path / "all.zip"
    exported = export(filled, out)
    archive = Archive(out)
    assert exported is not None
    assert out.stat().st_mode & 0o077 == 0
    for table in tables():
        (count,) = sqlite3.connect(filled / "bot.db").execute(f"SELECT count(*) FROM {table.name}").fetchone()
        assert len(archive.rows(table.name)) == count == exported.rows.get(table.name, 0), table.name
    assert archive.entries["files/hash-ds-2.jsonl"] == b"of U0BEN"
    assert archive.rows("jobs")[0]["value"]["requester"] == ANA.user, "JSON in JSON is JSON"
    assert archive.entries["README.txt"] == b"Read me"


async def test_of_a_person_there_is_what_names_them_and_what_they_asked_for(filled: Path, tmp_path: Path) -> None:
    out = tmp_path / "ana.zip"
    export(filled, out, ANA.user)
    archive = Archive(out)
    assert [row["id"] for row in archive.rows("jobs")] == ["job-1"], "a longer id is another person's"
    assert [row["job_id"] for row in archive.rows("events")] == ["job-1"]
    assert [row["value"]["content"] for row in archive.rows("turns")] == ["hello", "yes?"]
    assert [row["key"] for row in archive.rows("audit")] == ["k1", "k2"], "what was done in their direct messages, too"
    assert [name for name in archive.entries if name.startswith("files/")] == ["files/hash-ds-1.jsonl"]


async def test_a_store_on_postgresql_is_read_beside_its_bot(tmp_path: Path) -> None:
    with postgresql_server.schema() as (url, schema):
        database = await Database.open(tmp_path / "data", url, schema=schema)
        await SqlJobStore(database).insert(a_job())
        await SqlAuditLog(database).add(Entry("k1", 1.0, BEN, "submit", "job-9"))
        files = FileStore(tmp_path / "data/files", 1)
        for person in ("", ANA.user):
            out = tmp_path / f"{person}.zip"
            assert export_data(tmp_path / "data", url, files, out, lambda _: "", person, schema=schema) is not None
            assert [row["id"] for row in Archive(out).rows("jobs")] == ["job-1"]
            assert len(Archive(out).rows("audit")) == (0 if person else 1)
        await database.close()


async def test_a_person_of_whom_nothing_is_kept_is_told_so(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_DATA", str(filled))
    assert export_command(tmp_path / "nobody.zip", "@U0NOBODY", "") == 1
    assert "Nothing is kept of U0NOBODY" in capsys.readouterr().out
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data"], "no archive, and no part of one"


def test_in_a_folder_without_a_store_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(StartError, match="elsewhere"):
        export_command(tmp_path / "all.zip", "", "")
    assert not list(tmp_path.iterdir())


async def test_the_terminal_says_what_it_wrote_and_the_archive_what_is_in_it(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_DATA", str(filled))
    assert export_command(tmp_path / "ana.zip", ANA.user, "") == 0
    assert "1 training file" in capsys.readouterr().out
    readme = Archive(tmp_path / "ana.zip").entries["README.txt"].decode()
    assert "data/turns.jsonl: 2" in readme
    assert ANA.user in readme


async def test_an_export_overwrites_nothing_and_needs_a_store(filled: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.zip"
    there.write_text("precious")
    with pytest.raises(StartError, match="export_exists"):
        export(filled, there)
    with pytest.raises(StartError, match="not_exported"):
        export(filled, tmp_path / "no such folder" / "out.zip")
    with pytest.raises(StartError, match="no_store"):
        export(tmp_path / "empty", tmp_path / "out.zip")
    assert there.read_text() == "precious"
