import http.client
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
from trainer_process import KEY, Trainer, jsonl, some_examples


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


def test_the_results_file_is_listed_and_is_no_training_file(trainer: Trainer, finished: Any) -> None:
    results = finished.result_files[0]
    assert trainer.client.files.retrieve(results).purpose == "fine-tune-results"
    with pytest.raises(openai.BadRequestError, match="purpose"):
        trainer.client.fine_tuning.jobs.create(model="tiny-random", training_file=results)
