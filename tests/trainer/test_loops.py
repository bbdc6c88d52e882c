"""Nothing in the background ends silently: one thing that goes wrong is told as failed, and all else goes on."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from tests.tiny_model import MODEL_ID
from tests.trainer_process import KEY, jsonl, some_examples, wait_for
from trainer.activity import ChatActivity
from trainer.base_models import read_table
from trainer.catalogue import Catalogue
from trainer.errors import WorkerDied
from trainer.exports.queue import Exports
from trainer.jobs.supervisor import Supervisor
from trainer.loops import Loops
from trainer.objects import Event, Export, File, Job, Model, now
from trainer.server import create_app
from trainer.serving.chats import Chats
from trainer.serving.messages import Generation, Text
from trainer.settings import Settings
from trainer.settings import load as load_settings
from trainer.store import Store
from trainer.tracking import tracker
from trainer.training.runners.mailbox import Tail
from trainer.workers import Worker

HURRIED = 0.01


def in_trouble(code: int = sqlite3.SQLITE_FULL) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = code
    return error


class Failing:
    """Raises what it is told to, as often as it is told, instead of what it stands for."""

    def __init__(self, work: Callable[..., Any], error: Exception, times: int = 1) -> None:
        self.left = times
        self.asked = 0
        self._work = work
        self._error = error

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.asked += 1
        if self.left:
            self.left -= 1
            raise self._error
        return self._work(*args, **kwargs)


@pytest.fixture
def settings(tmp_path: Path, table: Path) -> Settings:
    return load_settings(tmp_path / "data", cache=tmp_path / "cache", base_models=table, key=KEY, org="acme")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    settings.uploads.mkdir(parents=True)
    store = Store(settings.data / "trainer.db")
    yield store
    store.close()


@pytest.fixture
def catalogue(settings: Settings, store: Store) -> Catalogue:
    return Catalogue(settings, store, read_table(settings.base_models))


async def until(what: Callable[..., Any]) -> Any:
    async with asyncio.timeout(60):
        while not (value := what()):
            await asyncio.sleep(HURRIED)
        return value


# The loops themselves


async def test_a_loop_that_breaks_off_is_begun_again_and_named_until_then() -> None:
    loops = Loops(first=HURRIED)
    seen: list[set[str]] = []

    async def breaking() -> None:
        seen.append(set(loops.down))
        if len(seen) < 3:
            raise RuntimeError("a bug")
        await asyncio.Event().wait()

    task = loops.start("exports", breaking)
    await until(lambda: "exports" in loops.down)
    await until(lambda: len(seen) == 3)
    assert seen == [set(), set(), set()]
    task.cancel()


async def test_a_loop_that_ends_by_itself_is_begun_again_too() -> None:
    begun: list[int] = []

    async def ending() -> None:
        begun.append(1)

    task = Loops(first=HURRIED).start("exports", ending)
    await until(lambda: len(begun) > 2)
    task.cancel()


async def test_what_the_store_refuses_for_now_is_written_later_and_wrong_sql_is_raised() -> None:
    loops = Loops(first=HURRIED)
    write = Failing(lambda: None, in_trouble(), 3)
    await loops.until_written(write)
    assert write.asked == 4
    with pytest.raises(sqlite3.OperationalError):
        await loops.until_written(Failing(lambda: None, sqlite3.OperationalError("no such column")))
    with pytest.raises(sqlite3.OperationalError):
        await loops.until_written(Failing(lambda: None, in_trouble()), but=("full",))


def test_whoever_asks_for_the_servers_health_hears_which_loop_is_down(settings: Settings, store: Store) -> None:
    reading = Failing(store.unfinished_exports, in_trouble(sqlite3.SQLITE_IOERR), 1000)
    store.unfinished_exports = reading  # type: ignore[method-assign]
    with TestClient(create_app(settings, store), base_url="http://127.0.0.1") as client:
        sick = wait_for(lambda: said if (said := client.get("/healthz")).status_code == 503 else None)
        assert sick.json() == {"status": "degraded", "down": ["exports"]}
        assert client.get("/livez").status_code == 200, "no new start helps, and all else is answered"
        reading.left = 0
        wait_for(lambda: client.get("/healthz").status_code == 200)


# Exports


@contextmanager
def two_exports(store: Store) -> Iterator[tuple[Export, Export]]:
    made = []
    for name in ("first", "second"):
        id = f"ft:{MODEL_ID}:acme::{name}"
        store.add_model(Model(id=id, base=MODEL_ID, folder=f"job/{name}", created_at=now(), owned_by="acme", job_id=""))
        made.append(Export(id=f"export-{name}", model=id, format="adapter", created_at=now(), owner=None))
        store.add_export(made[-1])
    yield made[0], made[1]


def said_of(store: Store, export: Export) -> str:
    """Why it failed."""
    ended = store.export(export.id)
    assert ended is not None
    return str((ended.error or {})["message"])


async def test_an_export_that_meets_a_bug_has_failed_and_the_next_has_its_turn(
    settings: Settings, store: Store, catalogue: Catalogue
) -> None:
    exports = Exports(settings, store, catalogue, Loops(first=HURRIED))
    with two_exports(store) as (first, second):
        store.checkpoint_of = Failing(store.checkpoint_of, KeyError("odd"))  # type: ignore[method-assign]
        await exports.start()
        await until(lambda: not store.unfinished_exports())
        await exports.stop()
        why = said_of(store, first)
        assert "made a mistake (KeyError)" in why
        other = said_of(store, second)
        assert "made a mistake" not in other, "its turn came: there is no such folder"


async def test_an_export_waits_while_the_store_is_in_trouble_and_is_not_failed_for_it(
    settings: Settings, store: Store, catalogue: Catalogue
) -> None:
    loops = Loops(first=HURRIED)
    exports = Exports(settings, store, catalogue, loops)
    with two_exports(store) as (first, _):
        reading = store.checkpoint_of = Failing(store.checkpoint_of, in_trouble(), 5)  # type: ignore[method-assign]
        await exports.start()
        await until(lambda: not store.unfinished_exports())
        await exports.stop()
        ended = said_of(store, first)
        assert reading.left == 0
        assert not any(word in ended for word in ("mistake", "cut off"))


async def test_how_an_export_ended_is_written_once_the_disk_has_room(
    settings: Settings, store: Store, catalogue: Catalogue
) -> None:
    exports = Exports(settings, store, catalogue, Loops(first=HURRIED))
    with two_exports(store) as (first, second):
        change = store.change_export
        full = Failing(change, in_trouble(), 3)

        def changing(id: str, **changes: Any) -> Any:
            return full(id, **changes) if changes.get("status") == "failed" else change(id, **changes)

        store.change_export = changing  # type: ignore[method-assign]
        await exports.start()
        await until(lambda: not store.unfinished_exports())
        await exports.stop()
        assert full.left == 0
        assert [one.status for one in (store.export(first.id), store.export(second.id)) if one] == ["failed"] * 2


# Jobs


def a_job(settings: Settings, store: Store, id: str, **more: Any) -> Job:
    content = jsonl(some_examples())
    (settings.uploads / f"file-{id}").write_bytes(content)
    store.add_file(File(f"file-{id}", "examples.jsonl", "fine-tune", len(content), now()))
    return Job(
        id=id, created_at=now(), status="validating_files", model=MODEL_ID, base=MODEL_ID,
        training_file=f"file-{id}", seed=1, **more,
    )  # fmt: skip


def ended_job(store: Store, id: str) -> Job | None:
    job = store.job(id)
    return job if job is not None and job.finished else None


class StandInRunner:
    """Where jobs train: nothing can be begun."""

    devices = 1

    def __init__(self, error: Exception = BlockingIOError(errno.EAGAIN, "no more processes")) -> None:  # noqa: B008
        self._error = error

    def prepare(self) -> None: ...

    async def ready(self) -> None: ...

    async def start(self, plan: Any, folder: Path) -> Any:
        raise self._error

    def find(self, folder: Path) -> None:
        return None

    def tidy(self, folder: Path) -> None: ...

    async def stop(self) -> None: ...


async def test_a_job_whose_check_meets_a_bug_has_failed_and_does_not_wait_for_ever(
    settings: Settings, store: Store, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Worker.start
    monkeypatch.setattr(Worker, "start", Failing(start, BlockingIOError(errno.EAGAIN, "no more processes")))
    supervisor = Supervisor(
        settings, store, catalogue, cast(Any, StandInRunner()), ChatActivity(), Loops(first=HURRIED)
    )
    await supervisor.start()
    for id in ("ftjob-1", "ftjob-2"):
        supervisor.submit(a_job(settings, store, id))
    ended = [
        await until(lambda id=id: (job := store.job(id)) and job.finished and job) for id in ("ftjob-1", "ftjob-2")
    ]
    await supervisor.stop()
    assert [job.error["code"] for job in ended] == ["server_error"] * 2
    says = [[event.message for event in store.events(job.id, after=None, limit=50)[0]] for job in ended]
    assert any("Files validated" in said for said in says[1]), "the second came as far as training"
    assert not any("Files validated" in said for said in says[0])


async def test_a_job_waits_while_the_store_is_in_trouble_and_is_not_failed_for_it(
    settings: Settings, store: Store, catalogue: Catalogue
) -> None:
    supervisor = Supervisor(
        settings, store, catalogue, cast(Any, StandInRunner()), ChatActivity(), Loops(first=HURRIED)
    )
    await supervisor.start()
    supervisor.submit(a_job(settings, store, "ftjob-1"))
    locked = store.jobs_with_status = Failing(  # type: ignore[method-assign]
        store.jobs_with_status, in_trouble(sqlite3.SQLITE_BUSY), 4
    )
    job = await until(partial(ended_job, store, "ftjob-1"))
    await supervisor.stop()
    assert locked.left == 0
    assert "BlockingIOError" in job.error["message"], "it came as far as training"


async def test_a_job_that_finds_the_disk_full_as_it_begins_says_which(
    settings: Settings, store: Store, catalogue: Catalogue
) -> None:
    full = StandInRunner(OSError(errno.ENOSPC, "No space left on device", "/mnt/finetune/states/ftjob-1"))
    supervisor = Supervisor(settings, store, catalogue, cast(Any, full), ChatActivity(), Loops(first=HURRIED))
    await supervisor.start()
    supervisor.submit(a_job(settings, store, "ftjob-1"))
    job = await until(partial(ended_job, store, "ftjob-1"))
    await supervisor.stop()
    assert job.error["code"] == "disk_full"
    assert "(/mnt/finetune/states/ftjob-1)" in job.error["message"]


# Reports to Weights & Biases


async def test_a_report_that_meets_a_bug_is_tried_again_and_given_up_in_the_jobs_own_words(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = a_job(settings, store, "ftjob-1", integrations=[{"type": "wandb", "wandb": {"project": "p"}}])
    store.add_job(job)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setattr(tracker, "_AGAIN", (HURRIED, HURRIED))
    reading = store.metrics = Failing(store.metrics, KeyError("odd"), 9)  # type: ignore[method-assign]
    saying = store.add_event = Failing(store.add_event, in_trouble())  # type: ignore[method-assign]
    reports = tracker.Tracker(settings, store, Loops(first=HURRIED))
    reports.track(job)

    def told() -> list[Event]:
        return store.events(job.id, after=None, limit=9)[0]

    (event,) = await until(told)
    assert "could not be reported" in event.message
    assert (reading.asked, saying.asked) == (3, 2)
    await reports.stop()


# Processes


async def test_chats_end_with_an_error_where_what_their_process_says_cannot_be_read(
    settings: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreadable(worker: Worker, kind: Any) -> AsyncIterator[Any]:
        raise ValueError("Separator is found, but chunk is longer than limit")
        yield

    monkeypatch.setattr(Worker, "messages", unreadable)
    chats = Chats(settings, catalogue, ChatActivity())
    found = catalogue.find(MODEL_ID)
    assert found is not None
    with pytest.raises(WorkerDied):
        async for _ in chats.answer(found, Generation(Text("Hello"), 1), "ann"):
            pass
    await chats.stop()


def test_messages_that_cannot_be_read_for_now_are_read_later(tmp_path: Path) -> None:
    said = tmp_path / "said.jsonl"
    said.mkdir()  # an error of the system, and not that it is missing
    tail: Tail[int] = Tail(said, int)
    assert tail.read() == []
    said.rmdir()
    said.write_bytes(b"1\n")
    assert tail.read() == [1]
