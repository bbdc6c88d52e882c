"""What the doctor finds in the folder of the store; it writes nothing there."""

import base64
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from filelock import FileLock
from pydantic import SecretStr

from bot.datasets.sealed_file import seal
from bot.doctor.finding import Finding, Level, ok
from bot.doctor.store import FULL, LOW, check_database, check_files, check_store
from bot.encryption import KeyRing
from bot.settings import load as load_settings
from bot.store.inspection import is_in_use
from bot.store.postgresql import PostgresqlEngine
from tests import migrated_store, postgresql_server
from texts import doctor as texts
from texts.language import Language, speaking


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return migrated_store.place(tmp_path / "data")


def found(folder: Path, *, in_use: bool = False) -> dict[str, Finding]:
    """By their codes. Each can be said in both languages."""
    findings = list(check_store(folder, in_use=in_use))
    for language in Language:
        with speaking(language):
            assert all(texts.sentence(finding) for finding in findings)
    return {finding.code: finding for finding in findings}


def not_well(findings: dict[str, Finding]) -> dict[str, Level]:
    return {code: finding.level for code, finding in findings.items() if finding.level is not Level.OK}


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "bot.db", isolation_level=None)) as connection:
        connection.execute(statement)


def test_a_whole_store_is_well(folder: Path) -> None:
    findings = found(folder)
    assert not_well(findings) == {}
    assert [*findings] == ["disk", "store", "bot_does_not_run"]


def test_a_folder_that_is_not_there_yet_is_well_and_is_not_made(tmp_path: Path) -> None:
    assert [*found(tmp_path / "new" / "data")] == ["disk", "no_store_yet", "bot_does_not_run"]
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_folder_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert not_well(found(tmp_path / "file" / "data")) == {"folder_not_written": Level.WRONG}


@pytest.mark.parametrize(
    ("free", "expected"),
    [(FULL - 1, {"disk_full": Level.WRONG}), (LOW - 1, {"disk_low": Level.WARNING}), (LOW, {})],
)
def test_a_disk_that_fills_up_is_noticed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, free: int, expected: dict[str, Level]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert not_well(found(folder)) == expected


def test_encrypted_files_are_told_of_and_it_is_wrong_where_a_key_is_missing(folder: Path) -> None:
    files, ring = folder / "files", KeyRing([b"k" * 32])
    settings = load_settings(_env_file=None, finetune_encryption_keys=SecretStr(base64.b64encode(b"k" * 32).decode()))
    assert list(check_files([files], settings)) == [], "where none is encrypted nothing is said"
    files.mkdir()
    with (files / "abc.sealed").open("wb") as target:
        seal(iter([b"words"]), target, ring, "abc")
    (fine,) = check_files([files], settings)
    assert fine == ok("files_encrypted", count=1)
    (missing,) = check_files([files], load_settings(_env_file=None))
    assert (missing.level, "1 training file" in texts.sentence(missing)) == (Level.WRONG, True)
    (no_key,) = check_files([files], load_settings(_env_file=None, finetune_encrypt_files=True))
    assert "needs a key" in texts.sentence(no_key)


def test_a_store_of_another_version_is_known(folder: Path) -> None:
    change(folder, "DELETE FROM _sqlite_migrations WHERE name = 'm029_channel_providers'")
    assert "store_behind" in found(folder)
    change(folder, "INSERT INTO _sqlite_migrations VALUES (999, 'finetune-bot', 'm999_later', '2030-01-01')")
    assert not_well(found(folder)) == {"store_newer": Level.WRONG}


def test_a_store_of_another_version_is_known_in_postgresql_too(folder: Path) -> None:
    with postgresql_server.schema() as (url, schema):

        def found_there() -> set[str]:
            in_use, findings = check_database(folder, url, schema)
            assert not in_use
            assert all(texts.sentence(finding) for finding in findings)
            return {finding.code for finding in findings} - {"disk", "disk_low", "bot_does_not_run_on_database"}

        assert found_there() == {"no_store_in_postgresql_yet"}
        PostgresqlEngine(url.get_secret_value(), schema).connect(migrate=True).close()
        assert found_there() == {"store_in_postgresql"}
        with psycopg.connect(url.get_secret_value(), autocommit=True) as server:
            server.execute(f"DELETE FROM {schema}.migrations WHERE name = 'm029_channel_providers'".encode())
            assert found_there() == {"store_in_postgresql_behind"}
            server.execute(f"INSERT INTO {schema}.migrations VALUES ('m999_later', 1)".encode())
            assert found_there() == {"store_in_postgresql_newer"}


def test_a_damaged_store_is_wrong(folder: Path) -> None:
    store = folder / "bot.db"
    whole = store.read_bytes()
    store.write_bytes(whole[:4096] + b"\xff" * 40_960 + whole[45_056:])
    assert {*not_well(found(folder))} <= {"store_damaged", "store_unreadable"}
    assert not_well(found(folder))
    store.write_bytes(b"no store at all" * 1000)
    assert not_well(found(folder)) == {"store_unreadable": Level.WRONG}


def test_whether_a_bot_works_there_is_told_by_its_lock(folder: Path) -> None:
    assert not is_in_use(folder)
    with FileLock(folder / "lock"):
        assert is_in_use(folder)
    assert not is_in_use(folder)
    assert "bot_runs" in found(folder, in_use=True)
