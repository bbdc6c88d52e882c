"""Uploads in parts, as the official client makes them."""

import contextlib
import hashlib
import sqlite3
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import psutil
import pytest

from tests.trainer_process import Trainer, jsonl, some_examples
from trainer.expiry import remove_expired
from trainer.settings import load as load_settings
from trainer.store import Store

CONTENT = jsonl(some_examples(12))


def begin(trainer: Trainer, size: int = len(CONTENT)) -> str:
    upload = trainer.client.uploads.create(
        filename="parts.jsonl", purpose="fine-tune", bytes=size, mime_type="application/jsonl"
    )
    assert upload.status == "pending"
    return upload.id


def test_a_file_in_parts_is_the_file_in_one_piece(trainer: Trainer) -> None:
    upload = trainer.client.uploads.upload_file_chunked(
        file=CONTENT,
        filename="parts.jsonl",
        bytes=len(CONTENT),
        mime_type="application/jsonl",
        purpose="fine-tune",
        part_size=100,
        md5=hashlib.md5(CONTENT).hexdigest(),
    )
    assert upload.status == "completed"
    assert (upload.file.filename, upload.file.bytes) == ("parts.jsonl", len(CONTENT))
    assert trainer.client.files.content(upload.file.id).content == CONTENT
    assert not (trainer.data / "parts" / upload.id).exists()
    with pytest.raises(openai.BadRequestError, match="is completed"):
        trainer.client.uploads.cancel(upload.id)


def test_parts_may_come_in_any_order_and_are_put_in_the_one_named(trainer: Trainer) -> None:
    id = begin(trainer)
    end = trainer.client.uploads.parts.create(id, data=CONTENT[50:])
    start = trainer.client.uploads.parts.create(id, data=CONTENT[:50])
    assert (start.upload_id, start.object) == (id, "upload.part")
    upload = trainer.client.uploads.complete(id, part_ids=[start.id, end.id])
    assert trainer.client.files.content(upload.file.id).content == CONTENT


def test_what_does_not_arrive_whole_is_no_file(trainer: Trainer) -> None:
    uploads = trainer.client.uploads
    id = begin(trainer)
    part = uploads.parts.create(id, data=CONTENT[:50])
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"part_ids": [part.id]}, "have 50 bytes"),
        ({"part_ids": ["part_x"]}, "no part"),
        ({"part_ids": ["../../trainer.db"]}, "no part"),
    ]
    for settings, sentence in refusals:
        with pytest.raises(openai.BadRequestError, match=sentence):
            uploads.complete(id, **settings)
    with pytest.raises(openai.BadRequestError, match="larger than"):
        uploads.parts.create(id, data=CONTENT)
    rest = uploads.parts.create(id, data=CONTENT[50:])
    with pytest.raises(openai.BadRequestError, match="MD5"):
        uploads.complete(id, part_ids=[part.id, rest.id], md5="0" * 32)
    assert uploads.complete(id, part_ids=[part.id, rest.id]).status == "completed"


def test_an_upload_that_has_ended_is_forgotten_a_day_after_its_time_with_what_a_crash_left_of_it(
    trainer: Trainer,
) -> None:
    store = Store(trainer.data / "trainer.db")
    ended, lately, pending = begin(trainer), begin(trainer), begin(trainer)
    for id in (ended, lately):
        trainer.client.uploads.cancel(id)
    left = trainer.data / "parts" / ended
    left.mkdir()
    with sqlite3.connect(trainer.data / "trainer.db", timeout=30) as rows:
        rows.execute("UPDATE uploads SET expires_at = ? WHERE id = ?", [int(time.time()) - 86_401, ended])
        rows.execute("UPDATE uploads SET expires_at = ? WHERE id = ?", [int(time.time()) - 3600, lately])
    remove_expired(load_settings(trainer.data), store)
    assert [store.upload(id) is not None for id in (ended, lately, pending)] == [False, True, True]
    assert not left.exists()
    store.close()


@pytest.mark.skipif(sys.platform != "linux", reason="a process's limits are set from outside on Linux only")
def test_parts_that_are_named_over_and_over_are_not_put_together(trainer: Trainer) -> None:
    id = begin(trainer, size=1 << 20)
    part = trainer.client.uploads.parts.create(id, data=bytes(1 << 20))
    server = psutil.Process(trainer.process.pid)
    before = server.rlimit(psutil.RLIMIT_FSIZE)
    server.rlimit(psutil.RLIMIT_FSIZE, (64 << 20, before[1]))  # no file can become larger
    try:
        with pytest.raises(openai.BadRequestError, match=f"have {100 << 20} bytes; the upload was to have {1 << 20}"):
            trainer.client.uploads.complete(id, part_ids=[part.id] * 100)
    finally:
        server.rlimit(psutil.RLIMIT_FSIZE, before)


def test_what_is_asked_of_an_upload_at_once_is_done_once(trainer: Trainer) -> None:
    content = CONTENT * (16_000_000 // len(CONTENT))
    id = begin(trainer, size=len(content))
    uploads = trainer.client.uploads

    def told(ask: Callable[..., Any], **arguments: Any) -> Any:
        """What eight who ask at the same time are told, of those that are not refused."""

        def one(_: int) -> Any:
            with contextlib.suppress(openai.BadRequestError):
                return ask(id, **arguments)

        with ThreadPoolExecutor(8) as pool:
            return [answer for answer in pool.map(one, range(8)) if answer is not None]

    (part,) = told(uploads.parts.create, data=content)
    (completed,) = told(uploads.complete, part_ids=[part.id])
    assert completed.file.bytes == len(content)


def test_a_cancelled_or_expired_upload_leaves_nothing_behind(trainer: Trainer) -> None:
    cancelled, expired = begin(trainer), begin(trainer)
    for id in (cancelled, expired):
        trainer.client.uploads.parts.create(id, data=CONTENT)
    assert trainer.client.uploads.cancel(cancelled).status == "cancelled"
    assert not (trainer.data / "parts" / cancelled).exists()
    with sqlite3.connect(trainer.data / "trainer.db", timeout=30) as store:
        store.execute("UPDATE uploads SET expires_at = 1 WHERE id = ?", [expired])
    with pytest.raises(openai.BadRequestError, match="is expired"):
        trainer.client.uploads.parts.create(expired, data=CONTENT)
    remove_expired(load_settings(trainer.data), Store(trainer.data / "trainer.db"))
    assert not (trainer.data / "parts" / expired).exists()
    with pytest.raises(openai.NotFoundError):
        trainer.client.uploads.cancel("upload_none")
    with pytest.raises(openai.BadRequestError, match="purpose"):
        trainer.client.uploads.create(filename="x", purpose="batch", bytes=1, mime_type="text/plain")
