"""What a key sees: its own files, jobs and models, and the base models; an admin key sees everything."""

import datetime
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from sqlite_utils import Database
from trainer_process import Trainer, jsonl, some_examples

from trainer.objects import Key
from trainer.store import Store, migrations

HELLO: Any = [{"role": "user", "content": "What comes after 3?"}]


@pytest.fixture
def client(trainer: Trainer) -> Callable[..., openai.OpenAI]:
    """A client with a new key of this name."""

    def make(name: str, *, admin: bool = False) -> openai.OpenAI:
        key = f"sk-{name}"
        store = Store(trainer.data / "trainer.db")
        store.delete_key(name)
        store.add_key(name, key, admin=admin)
        store.close()
        return openai.OpenAI(base_url=trainer.url, api_key=key, max_retries=0)

    return make


def test_what_one_key_made_does_not_exist_for_another(trainer: Trainer, client: Callable[..., openai.OpenAI]) -> None:
    ann, bob, root = client("ann"), client("bob"), client("root", admin=True)
    content = jsonl(some_examples())
    file = ann.files.create(file=("a.jsonl", content), purpose="fine-tune")
    job = ann.fine_tuning.jobs.create(model="tiny-random", training_file=file.id, hyperparameters={"n_epochs": 1})
    ended = trainer.ended(job.id)
    model, results = ended.fine_tuned_model, ended.result_files[0]

    for sees in (ann, root):
        assert {file.id, results} <= {one.id for one in sees.files.list()}
        assert job.id in [one.id for one in sees.fine_tuning.jobs.list()]
        assert model in [one.id for one in sees.models.list()]
        assert sees.files.content(file.id).content == content
        assert sees.fine_tuning.jobs.list_events(job.id).data
    assert list(bob.files.list()) == list(bob.fine_tuning.jobs.list()) == []
    assert model not in [one.id for one in bob.models.list()]
    assert "tiny-random" in [one.id for one in bob.models.list()]
    hidden: list[Callable[[], Any]] = [
        lambda: bob.files.retrieve(file.id),
        lambda: bob.files.content(results),
        lambda: bob.files.delete(file.id),
        lambda: bob.files.list(after=file.id),
        lambda: bob.fine_tuning.jobs.retrieve(job.id),
        lambda: bob.fine_tuning.jobs.cancel(job.id),
        lambda: bob.fine_tuning.jobs.list(after=job.id),
        lambda: bob.fine_tuning.jobs.list_events(job.id),
        lambda: bob.fine_tuning.jobs.checkpoints.list(job.id),
        lambda: bob.models.retrieve(model),
        lambda: bob.models.delete(model),
        lambda: bob.chat.completions.create(model=model, messages=HELLO),
        lambda: bob.completions.create(model=model, prompt="3"),
        lambda: bob.get(f"/x/models/{model}/export", cast_to=object),
    ]
    for ask in hidden:
        with pytest.raises(openai.NotFoundError):
            ask()
    with pytest.raises(openai.BadRequestError) as caught:
        bob.fine_tuning.jobs.create(model="tiny-random", training_file=file.id)
    assert caught.value.code == "file_not_found"
    own = bob.files.create(file=("b.jsonl", content), purpose="fine-tune")
    with pytest.raises(openai.BadRequestError) as caught:
        bob.fine_tuning.jobs.create(model=model, training_file=own.id)
    assert caught.value.code == "model_not_found"


def test_a_new_key_of_the_same_name_owns_what_the_old_one_made(client: Callable[..., openai.OpenAI]) -> None:
    file = client("cleo").files.create(file=("c.jsonl", jsonl(some_examples(1))), purpose="fine-tune")
    assert client("cleo").files.retrieve(file.id) == file


def test_keys_older_than_owners_are_admins_and_see_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "trainer.db"
    database = Database(sqlite3.connect(path))
    migrations.apply(database, stop_before="m003_owners")
    database.execute("INSERT INTO files (id, filename, purpose, bytes) VALUES ('file-1', 'a.jsonl', 'fine-tune', 3)")
    database.execute("INSERT INTO keys (name, sha256, created_at) VALUES ('first', 'abc', 1)")
    database.conn.commit()
    database.close()

    store = Store(path)
    assert store.all_keys() == [Key("first", admin=True)]
    seen, _ = store.files(key=Key("first", admin=True), after=None, limit=5, purpose=None, ascending=False)
    assert [file.id for file in seen] == ["file-1"]
    assert store.files(key=Key("new"), after=None, limit=5, purpose=None, ascending=False) == ([], False)
    store.close()


def test_a_model_answers_until_its_shutdown_date_and_then_no_more(trainer: Trainer, finished: Any) -> None:
    store = Store(trainer.data / "trainer.db")
    today = datetime.datetime.now(datetime.UTC).date()
    model = finished.fine_tuned_model

    def date(days: int | None) -> None:
        store.set_shutdown(model, None if days is None else str(today + datetime.timedelta(days=days)))

    def ask() -> Any:
        return trainer.client.chat.completions.create(model=model, messages=HELLO, max_tokens=1)

    try:
        date(2)
        shown: Any = trainer.client.models.retrieve(model)
        assert shown.shutdown_date == str(today + datetime.timedelta(days=2))
        assert ask().choices
        date(-2)
        with pytest.raises(openai.NotFoundError, match="has been shut down"):
            ask()
        with pytest.raises(openai.BadRequestError, match="has been shut down"):
            trainer.client.fine_tuning.jobs.create(model=model, training_file=finished.training_file)
        assert model in [one.id for one in trainer.client.models.list()]  # to be taken away or deleted
        date(None)
        assert ask().choices
    finally:
        date(None)
        store.close()
