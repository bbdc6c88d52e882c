"""What a key sees: its own files, jobs and models, and the base models; an admin key sees everything."""

import datetime
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from sqlite_utils import Database

from tests.trainer_process import Trainer, jsonl, some_examples
from trainer.objects import Key, Model, Permission
from trainer.store import Store
from trainer.store.schema import migrations

HELLO: Any = [{"role": "user", "content": "What comes after 3?"}]


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
        lambda: bob.post("/x/exports", body={"model": model}, cast_to=object),
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


def test_a_model_shared_with_a_key_can_be_used_by_it_and_no_more(
    trainer: Trainer, finished: Any, client: Callable[..., openai.OpenAI]
) -> None:
    root, dan, eve = client("root", admin=True), client("dan"), client("eve")
    model = finished.fine_tuned_model
    permissions = root.fine_tuning.checkpoints.permissions
    (permission,) = permissions.create(model, project_ids=["dan"])
    assert (permission.object, permission.project_id) == ("checkpoint.permission", "dan")

    assert model in [one.id for one in dan.models.list()]
    assert dan.models.retrieve(model).id == model
    assert dan.chat.completions.create(model=model, messages=HELLO, max_tokens=1).choices
    file = dan.files.create(file=("d.jsonl", jsonl(some_examples())), purpose="fine-tune")
    job = dan.fine_tuning.jobs.create(model=model, training_file=file.id, hyperparameters={"n_epochs": 1})
    assert dan.fine_tuning.jobs.cancel(job.id).model == model
    withheld: list[Callable[[], Any]] = [
        lambda: dan.models.delete(model),
        lambda: dan.post("/x/exports", body={"model": model}, cast_to=object),
        lambda: dan.fine_tuning.checkpoints.permissions.create(model, project_ids=["eve"]),
        lambda: list(dan.fine_tuning.checkpoints.permissions.list(model)),
        lambda: dan.fine_tuning.checkpoints.permissions.delete(permission.id, fine_tuned_model_checkpoint=model),
        lambda: list(eve.fine_tuning.checkpoints.permissions.list("ft:no:such::model")),
    ]
    for ask in withheld:
        with pytest.raises(openai.PermissionDeniedError):
            ask()
    with pytest.raises(openai.NotFoundError):
        dan.fine_tuning.jobs.retrieve(finished.id)
    with pytest.raises(openai.NotFoundError):
        eve.models.retrieve(model)

    deleted = permissions.delete(permission.id, fine_tuned_model_checkpoint=model)
    assert (deleted.id, deleted.deleted) == (permission.id, True)
    with pytest.raises(openai.NotFoundError):
        dan.chat.completions.create(model=model, messages=HELLO, max_tokens=1)
    with pytest.raises(openai.NotFoundError):
        permissions.delete(permission.id, fine_tuned_model_checkpoint=model)


def test_permissions_are_listed_page_by_page_and_granted_once(
    trainer: Trainer, finished: Any, client: Callable[..., openai.OpenAI]
) -> None:
    names = ["fay", "gus", "hal"]
    for name in names:
        client(name)
    model, permissions = finished.fine_tuned_model, client("root", admin=True).fine_tuning.checkpoints.permissions
    for left in permissions.list(model):  # by another test
        permissions.delete(left.id, fine_tuned_model_checkpoint=model)
    made = list(permissions.create(model, project_ids=[*names, "fay"]))
    assert [one.project_id for one in made] == names
    assert list(permissions.create(model, project_ids=["gus"])) == [made[1]]
    page = permissions.list(model, limit=2, order="ascending")
    assert [one.id for one in page] == [one.id for one in made]  # asks for the second page by itself
    whole = permissions.with_raw_response.list(model, limit=2).http_response.json()
    assert (whole["first_id"], whole["last_id"], whole["has_more"]) == (made[2].id, made[1].id, True)
    assert [one.id for one in permissions.list(model, project_id="hal")] == [made[2].id]
    with pytest.raises(openai.BadRequestError) as caught:
        permissions.create(model, project_ids=["fay", "nobody"])
    assert (caught.value.code, caught.value.param) == ("project_not_found", "project_ids[1]")
    with pytest.raises(openai.BadRequestError, match="everybody's"):
        permissions.create("tiny-random", project_ids=["fay"])
    with pytest.raises(openai.NotFoundError):
        permissions.create("ft:no:such::model", project_ids=["fay"])
    for one in made:
        permissions.delete(one.id, fine_tuned_model_checkpoint=model)
    assert list(permissions.list(model)) == []


def test_what_was_granted_goes_with_the_model(tmp_path: Path) -> None:
    store = Store(tmp_path / "trainer.db")
    store.add_model(Model(id="ft:m", base="b", folder="f", created_at=1, owned_by="o", job_id="j"))
    store.grant(Permission(id="cp_1", model="ft:m", project="dan", created_at=1))
    assert store.granted("ft:m", "dan")
    store.delete_model("ft:m")
    assert not store.granted("ft:m", "dan")
    store.close()


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
