"""Uploads in parts, as the official client makes them."""

import hashlib
import sqlite3
from typing import Any

import openai
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
