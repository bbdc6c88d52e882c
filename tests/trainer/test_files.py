import contextlib
import http.client
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
import pytest
from fastapi.testclient import TestClient

from tests.trainer_process import KEY, Trainer, jsonl, some_examples, wait_for
from trainer.expiry import remove_expired
from trainer.objects import File
from trainer.server import create_app, open_store
from trainer.settings import Settings
from trainer.settings import load as load_settings
from trainer.store import Store


def test_a_file_is_kept_listed_newest_first_given_back_and_deleted(trainer: Trainer) -> None:
    files = trainer.client.files
    content = jsonl(some_examples())
    first, second = trainer.upload(content), trainer.upload(content, "second.jsonl")
    assert [file.id for file in files.list(limit=2)][:2] == [second, first]
    assert [file.id for file in files.list(limit=1, after=second).data] == [first]
    kept = files.retrieve(second)
    assert (kept.filename, kept.purpose, kept.bytes, kept.status) == (
        "second.jsonl",
        "fine-tune",
        len(content),
        "processed",
    )
    assert files.content(second).content == content
    assert files.wait_for_processing(second).status == "processed"
    assert files.delete(second).deleted
    with pytest.raises(openai.NotFoundError):
        files.retrieve(second)
    with pytest.raises(openai.NotFoundError):
        files.content(second)


@pytest.mark.parametrize(
    "content",
    [
        b"question,answer\nhi,hello\n",
        b"",
        b"\n\n",
        b'[{"messages": []}]',
        b'{\n  "messages": []\n}',
        b"\x89PNG\r\n\x1a\n\x00",
        b"%PDF-1.7\n\xe2\xe3",
    ],
)
def test_what_is_not_jsonl_is_refused_at_once(trainer: Trainer, content: bytes) -> None:
    with pytest.raises(openai.BadRequestError, match="Expected file to have JSONL format"):
        trainer.upload(content)


def test_a_byte_order_mark_and_blank_lines_at_the_start_are_no_reason_to_refuse(trainer: Trainer) -> None:
    trainer.upload(b"\xef\xbb\xbf" + jsonl(some_examples()))
    trainer.upload(b"\n\n" + jsonl(some_examples()))


def test_a_file_name_cannot_lead_anywhere(trainer: Trainer) -> None:
    id = trainer.upload(jsonl(some_examples()), "../../etc/pass\x1bwd.jsonl")
    assert trainer.client.files.retrieve(id).filename == "passwd.jsonl"
    assert sorted(path.name for path in (trainer.data / "files").iterdir() if path.name == id) == [id]


def test_another_purpose_is_refused_with_the_one_to_use(trainer: Trainer) -> None:
    with pytest.raises(openai.BadRequestError, match="fine-tune") as caught:
        trainer.client.files.create(file=("x.jsonl", b"{}"), purpose="batch")
    assert caught.value.param == "purpose"


def test_a_file_with_a_last_day_is_gone_after_it(trainer: Trainer) -> None:
    files = trainer.client.files
    content = jsonl(some_examples())
    kept = trainer.upload(content)
    passing = files.create(
        file=("x.jsonl", content), purpose="fine-tune", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert passing.expires_at == passing.created_at + 3600
    assert files.retrieve(passing.id).expires_at == passing.expires_at
    assert files.retrieve(kept).expires_at is None
    with sqlite3.connect(trainer.data / "trainer.db", timeout=30) as store:
        store.execute("UPDATE files SET expires_at = 1 WHERE id = ?", [passing.id])
    with pytest.raises(openai.NotFoundError):
        files.content(passing.id)
    assert passing.id not in [file.id for file in files.list(limit=2)]
    with pytest.raises(openai.BadRequestError) as caught:
        trainer.client.fine_tuning.jobs.create(model="tiny-random", training_file=passing.id)
    assert caught.value.code == "file_not_found"
    remove_expired(load_settings(trainer.data), Store(trainer.data / "trainer.db"))
    assert not (trainer.data / "files" / passing.id).exists()
    assert files.content(kept).content == content


@pytest.fixture
def settings(tmp_path: Path, table: Path) -> Settings:
    return load_settings(tmp_path / "data", base_models=table, key=KEY)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = open_store(settings)
    yield store
    store.close()


@pytest.fixture
def here(settings: Settings, store: Store) -> Iterator[TestClient]:
    """A client of a server in this process."""
    app = create_app(settings, store)
    headers = {"Authorization": f"Bearer {KEY}"}
    with TestClient(app, "http://127.0.0.1", headers=headers, raise_server_exceptions=False) as client:
        yield client


def upload(client: TestClient) -> httpx2.Response:
    return client.post("/v1/files", data={"purpose": "fine-tune"}, files={"file": ("x.jsonl", jsonl(some_examples()))})


def test_a_file_that_cannot_be_listed_leaves_nothing_behind_and_has_its_name_once_it_is(
    settings: Settings, store: Store, here: TestClient
) -> None:
    suffixes: list[str] = []
    add = store.add_file

    def adding(file: File) -> None:
        suffixes.extend(path.suffix for path in settings.uploads.iterdir())
        if len(suffixes) == 1:
            raise sqlite3.OperationalError("database or disk is full")
        add(file)

    store.add_file = adding  # type: ignore[method-assign]
    assert upload(here).status_code >= 500
    assert list(settings.uploads.iterdir()) == []
    kept = upload(here).json()["id"]
    assert [path.name for path in settings.uploads.iterdir()] == [kept]
    assert suffixes == [".part", ".part"], "it tells what a crash left"


def test_a_deletion_that_is_cut_off_leaves_no_content_behind_that_nobody_could_delete(
    settings: Settings, store: Store, here: TestClient
) -> None:
    id = upload(here).json()["id"]
    delete = store.delete_file

    def cut_off(id: str) -> None:
        raise sqlite3.OperationalError("database is locked")

    store.delete_file = cut_off  # type: ignore[method-assign]
    assert here.delete(f"/v1/files/{id}").status_code >= 500
    assert list(settings.uploads.iterdir()) == []
    store.delete_file = delete  # type: ignore[method-assign]
    assert here.delete(f"/v1/files/{id}").json()["deleted"]


def test_what_was_being_written_when_a_server_was_killed_is_removed_after_an_hour(trainer: Trainer) -> None:
    left, being_written = (trainer.data / "files" / f"file-{name}.part" for name in ("left", "written"))
    for path in (left, being_written):
        path.write_bytes(b"{")
    os.utime(left, (time.time() - 3601,) * 2)
    whole = trainer.data / "files" / trainer.upload(jsonl(some_examples()))
    os.utime(whole, (1, 1))
    remove_expired(load_settings(trainer.data), Store(trainer.data / "trainer.db"))
    assert not left.exists()
    assert being_written.exists()
    assert whole.exists()
    being_written.unlink()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"wizard": "1"}, "Additional properties are not allowed ('wizard' was unexpected)"),
        ({"expires_after[anchor]": "created_at"}, "Missing required parameter: 'expires_after[seconds]'"),
        ({"expires_after[anchor]": "created_at", "expires_after[seconds]": "60"}, "Expected a value >= 3600"),
        ({"expires_after[anchor]": "noon", "expires_after[seconds]": "3600"}, "Supported values are: 'created_at'"),
    ],
)
def test_what_a_file_cannot_be_created_with_is_refused(trainer: Trainer, form: dict[str, str], said: str) -> None:
    answer = httpx2.post(
        f"{trainer.url}/files",
        data={"purpose": "fine-tune", **form},
        files={"file": ("x.jsonl", jsonl(some_examples()))},
        headers={"Authorization": f"Bearer {KEY}"},
    )
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_a_file_over_512_mb_is_refused_before_it_is_read(trainer: Trainer) -> None:
    to = urlsplit(trainer.url)
    connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=10)
    connection.putrequest("POST", "/v1/files")
    for name, value in {
        "Authorization": f"Bearer {KEY}",
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(600 << 20),
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"larger than the 512 MB" in answer.read()


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel which files a process has open")
def test_what_is_being_uploaded_waits_on_the_disk_of_the_data_and_not_in_memory(trainer: Trainer) -> None:
    def nameless() -> set[str]:
        """Files without a name that the server has open."""
        found = set()
        for descriptor in Path(f"/proc/{trainer.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed by now
                found.add(os.readlink(descriptor))
        return {path for path in found if path.endswith(" (deleted)")}

    before = nameless()
    to = urlsplit(trainer.url)
    connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=10)
    connection.putrequest("POST", "/v1/files")
    for name, value in {
        "Authorization": f"Bearer {KEY}",
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(8 << 20),
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.jsonl"\r\n\r\n' + bytes(4 << 20))
    (path,) = wait_for(lambda: nameless() - before)
    assert Path(path).is_relative_to(trainer.data)
    connection.close()


def test_the_results_file_is_listed_and_is_no_training_file(trainer: Trainer, finished: Any) -> None:
    results = finished.result_files[0]
    assert trainer.client.files.retrieve(results).purpose == "fine-tune-results"
    with pytest.raises(openai.BadRequestError, match="purpose"):
        trainer.client.fine_tuning.jobs.create(model="tiny-random", training_file=results)
