"""Litestream, with the configuration of deploy/litestream.yml, copies the store of a bot at work; the machine is lost,
and the bot goes on from the copy."""

import asyncio
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import pytest

from bot.store.backup import restore
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.jobs import SqlJobStore
from tests import migrated_store
from tests.parts import a_job

_LITESTREAM = Path(sysconfig.get_path("scripts")) / "litestream"
_SOME = 50
WORDS = "peppermint zeppelin"


async def _take_requests(folder: Path, stored: "Synchronized[int]") -> None:
    """Without end, five at a time; `stored` counts those that Slack would have been told of."""
    database = await Database.open(folder)
    await SqlJobStore(database).insert(a_job(training_file="file-1", seed=7))
    inbox = SqlInbox(database)
    while True:
        first = stored.value
        await asyncio.gather(*(inbox.accept(f"m/{first + one}", {"text": "x" * 1000}) for one in range(5)))
        stored.value += 5


def _bot(folder: Path, stored: "Synchronized[int]") -> None:
    asyncio.run(_take_requests(folder, stored))


@contextmanager
def bot_at_work(folder: Path) -> Iterator["Synchronized[int]"]:
    """Killed at the end."""
    context = multiprocessing.get_context("forkserver")
    stored = context.Value("q", 0)
    bot = context.Process(target=_bot, args=(folder, stored))
    bot.start()
    try:
        yield stored
    finally:
        bot.kill()
        bot.join()


class Litestream:
    def __init__(self, folder: Path, replica: Path) -> None:
        self._config = Path(__file__).parents[2] / "deploy/litestream.yml"
        self._environment = os.environ | {"FINETUNE_DATA": str(folder), "LITESTREAM_REPLICA": f"file://{replica}"}
        self._store, self.replica = folder / "bot.db", replica

    def run(self, command: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [_LITESTREAM, command, "-config", self._config, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def replicating(self) -> Iterator[None]:
        """Killed at the end."""
        arguments = [str(_LITESTREAM), "replicate", "-config", str(self._config)]
        process = subprocess.Popen(arguments, env=self._environment, stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def replicate_once(self) -> None:
        done = self.run("replicate", "-once")
        assert done.returncode == 0, done.stdout + done.stderr

    def restored(self, file: Path) -> bool:
        """Whether there is anything to restore yet."""
        done = self.run("restore", "-integrity-check", "full", "-force", "-o", str(file), str(self._store))
        return done.returncode == 0

    def reset(self) -> None:
        done = self.run("reset", str(self._store))
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return migrated_store.place(tmp_path / "data")


@pytest.fixture
def litestream(folder: Path, tmp_path: Path) -> Litestream:
    return Litestream(folder, tmp_path / "replica")


def requests(file: Path) -> int:
    """How many the copy has; none is missing between two that it has."""
    with sqlite3.connect(file) as copy:
        keys = {int(key.removeprefix("m/")) for (key,) in copy.execute("SELECT key FROM inbox")}
    assert keys == set(range(len(keys)))
    return len(keys)


def wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)


async def test_a_lost_machine_costs_the_last_seconds_and_the_bot_looks_up_what_was_under_way(
    folder: Path, litestream: Litestream, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    with bot_at_work(folder) as stored, litestream.replicating():
        wait_until(lambda: stored.value >= _SOME)
        seen = stored.value
        wait_until(lambda: litestream.restored(copy) and requests(copy) >= seen)
    # Both were killed in the middle of their work.
    assert litestream.restored(copy)
    assert seen <= requests(copy) <= stored.value + 5
    restore(folder, copy)
    litestream.reset()
    database = await Database.open(folder)
    job = await SqlJobStore(database).get("job-1")
    assert job is not None
    assert job.create_attempted_at == job.created_at, "it is looked up before it is created"
    assert await SqlInbox(database).pending() == []
    await SqlInbox(database).accept("after", {})
    litestream.replicate_once()
    await database.close()
    assert litestream.restored(copy)
    assert sqlite3.connect(copy).execute("SELECT key FROM inbox WHERE state = 'pending'").fetchall() == [("after",)]


async def test_what_was_erased_is_gone_from_log_and_replica_after_the_steps_of_the_documentation(
    folder: Path, litestream: Litestream
) -> None:
    database = await Database.open(folder)
    with litestream.replicating():
        await SqlInbox(database).accept("m/0", {"text": WORDS})
        wait_until(lambda: any(WORDS.encode() in file.read_bytes() for file in litestream.replica.rglob("*.ltx")))
        await database.write(lambda db: db.execute("DELETE FROM inbox"))
        assert not await database.sweep(), "Litestream holds the log"
    assert await database.sweep()
    litestream.reset()
    shutil.rmtree(litestream.replica)
    litestream.replicate_once()
    await database.close()
    for place in (folder, litestream.replica):
        left = [file for file in place.rglob("*") if file.is_file() and WORDS.encode() in file.read_bytes()]
        assert left == []
