"""kill -9 at random instants, with real processes: the bot, and the trainer with its workers, which really trains.

Twenty jobs are asked for, and some of them cancelled, while the processes die. What Slack, the trainer and the store
hold at the end must agree. FINETUNE_KILLS_SEED draws a run's instants again.
"""

import asyncio
import contextlib
import json
import os
import random
import socket
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from typing import Any

import httpx
import msgspec
import psutil
import pytest

from bot.jobs import states
from bot.jobs.job import Job
from bot.jobs.notice import Notice
from handlers.blocks.card import card as render
from sandbox.client import SandboxError
from sandbox.model import Message
from tests.e2e.bot_process import kill, launch
from tests.e2e.world import World, examples
from tests.store_reading import assessment_in
from tests.tiny_model import MODEL_ID, build_tiny_model
from tests.trainer_process import KEY, Trainer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

JOBS = 20
# Several, because Slack takes one message a second in each.
CHANNELS = ("#support-model", "#general", "#support-leads")
PATIENCE = 600


@pytest.mark.timeout(1800)
async def test_what_is_killed_again_and_again_does_everything_once(w: World) -> None:
    await _survive(w, kills=20, cancelled=14, epochs=1, save_seconds=60)


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_what_is_killed_very_often_does_everything_once(w: World) -> None:
    await _survive(w, kills=200, cancelled=5, epochs=10, save_seconds=0)


async def _survive(w: World, *, kills: int, cancelled: int, epochs: int, save_seconds: int) -> None:
    """A training that is killed goes on from its last saved state, or fails where there is none yet."""
    seed = os.environ.get("FINETUNE_KILLS_SEED") or str(random.randrange(10**6))
    print(f"Again: FINETUNE_KILLS_SEED={seed} pytest tests/e2e/test_kills.py")
    rng = random.Random(seed)
    trainer = await asyncio.to_thread(
        Trainer,
        *(w.folder / "trainer", build_tiny_model(w.folder / "model"), w.folder / "cache"),
        port=_port(rng),
        TRAINER_SAVE_SECONDS=str(save_seconds),
    )
    scene = Scene(w, trainer, rng)
    try:
        # A bot that has never lived looks for nothing that it missed.
        await scene.begin()
        impatient = set(rng.sample(range(JOBS), cancelled))
        async with scene.people(impatient, kills, epochs):
            while scene.killed < kills:
                await scene.strike()
            await scene.comes_to_rest()
        await asyncio.to_thread(scene.compare)
        print(scene.summary())
    finally:
        await scene.end()


class Scene:
    """What is killed, who uses it, and what is to be seen of it."""

    def __init__(self, w: World, trainer: Trainer, rng: random.Random) -> None:
        self.w = w
        self.trainer = trainer
        self.rng = rng
        self.bot: BaseProcess | None = None
        self.struck: Counter[str] = Counter()
        self.in_doubt: list[str] = []
        self._began = time.monotonic()
        self.settings = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": trainer.url,
            "FINETUNE_PROVIDER": "trainer",
            "FINETUNE_DEFAULT_MODEL": MODEL_ID,
            # Some jobs wait in line.
            "FINETUNE_MAX_RUNNING": "6",
            "FINETUNE_POLL_SECONDS": "0.5",
        }

    @property
    def killed(self) -> int:
        return self.struck.total()

    async def begin(self) -> None:
        """The bot lives, and the file to train on is known in each channel."""
        self.bot = await launch(self.w, **self.settings)
        await self._connected()
        await asyncio.gather(*map(self._drop, CHANNELS))

    async def end(self) -> None:
        if self.bot is not None:
            await kill(self.w, self.bot)
        workers = self._workers()
        await asyncio.to_thread(self.trainer.kill)
        for worker in workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()

    # What dies

    async def strike(self) -> None:
        """Kill the bot, the trainer's server, one of its workers, or both, at work or while the bot starts."""
        if self.bot is None or self.bot.exitcode is not None:
            self.bot = await launch(self.w, **self.settings)
        if self.rng.random() < 0.6:
            await self._connected()
        await asyncio.sleep(self.rng.uniform(0.2, 2))
        what = self.rng.choices(["bot", "worker", "server", "trainer"], weights=[14, 2, 3, 1])[0]
        workers = self._workers()
        if what == "worker" and not workers:
            what = "bot"
        self.struck[what] += 1
        if what == "bot":
            await kill(self.w, self.bot)
        if what in ("server", "trainer"):
            await asyncio.to_thread(self.trainer.kill)
        for worker in {"worker": self.rng.sample(workers, min(1, len(workers))), "trainer": workers}.get(what, []):
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()
        if what in ("server", "trainer"):
            await asyncio.to_thread(self.trainer.start)

    def _workers(self) -> list[psutil.Process]:
        """All that the trainer's servers have started, and the trainings that an earlier one left behind."""
        found = []
        with contextlib.suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.trainer.process.pid).children(recursive=True)
        for note in (self.trainer.data / "states").glob("*/worker.json"):
            with contextlib.suppress(psutil.NoSuchProcess, OSError, ValueError):
                found.append(psutil.Process(json.loads(note.read_bytes())["pid"]))
        # By their order, not by what the system calls them.
        return sorted({worker.pid: worker for worker in found}.values(), key=lambda worker: worker.pid)

    async def _connected(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.w.sandbox.state.deliverer.sockets.count == 0:
                assert self.bot is not None
                assert self.bot.exitcode is None, "the bot ended by itself"
                await asyncio.sleep(0.05)

    # Who uses it

    async def _drop(self, channel: str) -> None:
        dropped = await self.w.person.drop_bytes("ana", channel, [("train.jsonl", examples(12))])
        await self.w.wait_report(dropped, timeout=PATIENCE)

    @asynccontextmanager
    async def people(self, impatient: set[int], kills: int, epochs: int) -> AsyncIterator[None]:
        """They come one after another while things die; the `impatient` ones cancel what they have asked for."""
        async with asyncio.TaskGroup() as group:
            for number in range(JOBS):
                after = number * kills * 9 // (10 * JOBS)
                group.create_task(self._person(number, after, epochs, number in impatient))
            deciding = group.create_task(self._decide())
            yield
            deciding.cancel()

    async def _person(self, number: int, after: int, epochs: int, impatient: bool) -> None:
        rng = random.Random(f"{number} of {self.rng.random()}")
        channel, suffix = CHANNELS[number % len(CHANNELS)], f"s{number}"
        while self.killed < after:
            await asyncio.sleep(0.1)
        while (job := self._job(suffix)) is None:
            await self._type(channel, f"start train.jsonl suffix={suffix} epochs={epochs} confirm=yes")
            await asyncio.sleep(rng.uniform(0, 1))  # people are no faster
        await asyncio.sleep(rng.uniform(0, 5))
        while impatient and job.state not in states.ENDED:
            await self._type(channel, f"cancel {job.id} confirm=yes")
            await asyncio.sleep(rng.uniform(0, 1))
            job = self._job(suffix) or job

    async def _type(self, channel: str, words: str) -> None:
        """Type a command, and wait until the bot has done with it. A bot that lives and is slow may have taken what it
        did not acknowledge."""
        life, doubtful = self.struck["bot"], True
        with contextlib.suppress(SandboxError, httpx.HTTPError):
            reply = await self.w.person.command("ana", channel, "/finetune", words)
            doubtful = not reply["acked"] and reply["reason"] == "timeout"
        if doubtful and self.struck["bot"] == life:
            self.in_doubt.append(words)
        while self._rows("SELECT key FROM inbox WHERE state = 'pending' AND payload LIKE ?", f"%{words}%"):
            await asyncio.sleep(0.1)

    async def _decide(self) -> None:
        """Where nobody can know whether the trainer has a job, somebody has it looked for and submitted again."""
        while True:
            for job in self._jobs():
                cards = self._cards_of(job)
                if job.state == states.UNCERTAIN and cards:
                    with contextlib.suppress(SandboxError, httpx.HTTPError):
                        await self.w.person.click("ana", job.origin.channel, cards[0].ts, "job_resubmit")
            await asyncio.sleep(1)

    async def comes_to_rest(self) -> None:
        unrest: list[Any] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while unrest := self._unrest():
                    if self.bot is None or self.bot.exitcode is not None:
                        self.bot = await launch(self.w, **self.settings)
                    await self._connected()
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pytest.fail(f"it does not come to rest: {unrest}")

    # What is to be seen of it

    def _rows(self, query: str, *arguments: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(f"file:{self.w.folder / 'bot' / 'bot.db'}?mode=ro", uri=True)) as store:
            store.execute("PRAGMA busy_timeout = 30000")
            return store.execute(query, arguments).fetchall()

    def _jobs(self) -> list[Job]:
        return [msgspec.json.decode(value, type=Job) for (value,) in self._rows("SELECT value FROM jobs")]

    def _job(self, suffix: str) -> Job | None:
        return next((job for job in self._jobs() if job.suffix == suffix), None)

    def _unrest(self) -> list[tuple[Any, ...]]:
        missing = JOBS - len({job.suffix for job in self._jobs()})
        return [("to be asked for", missing)] * bool(missing) + self._rows(
            "SELECT 'inbox', key FROM inbox WHERE state = 'pending'"
            " UNION ALL SELECT 'job', id || ' ' || state FROM jobs"
            " WHERE followed = 1 OR state NOT IN ('succeeded', 'failed', 'cancelled')"
            " UNION ALL SELECT 'notice', id FROM notices WHERE state IN ('pending', 'attempting')"
            " UNION ALL SELECT 'card', job_id FROM cards WHERE dirty = 1",
        )

    def _said(self) -> list[Message]:
        """What the bot has posted, in Slack's order."""
        workspace = self.w.sandbox.state.workspace
        return [message for channel in workspace._messages.values() for message in channel.values()]

    def _cards_of(self, job: Job) -> list[Message]:
        return [message for message in self._said() if _mark(message) == f"card/{job.id}"]

    def compare(self) -> None:
        """What the bot's store, the trainer and Slack hold."""
        jobs = self._jobs()
        asked_for = Counter(job.suffix for job in jobs)
        assert asked_for.keys() == {f"s{number}" for number in range(JOBS)}
        for suffix, times in asked_for.items():
            assert times == 1 or any(f"suffix={suffix} " in words for words in self.in_doubt), suffix
        self._compare_with_trainer(jobs)
        self._compare_with_slack(jobs)

    def _compare_with_trainer(self, jobs: list[Job]) -> None:
        client = self.trainer.client
        assert len(list(client.files.list(purpose="fine-tune"))) == 1
        # Each job of ours is one of theirs, those aside that were cancelled before; and the other way round.
        theirs = {job.id: job for job in client.fine_tuning.jobs.list(limit=100)}
        assert Counter(job.provider_job_id for job in jobs if job.provider_job_id) == Counter(theirs.keys())
        models = {model.id for model in client.models.list()}
        for job in jobs:
            if job.provider_job_id is None:
                assert job.state == states.CANCELLED
                continue
            remote = theirs[job.provider_job_id]
            assert (job.state, job.fine_tuned_model) == (remote.status, remote.fine_tuned_model)
            events = self.trainer.events(remote.id)
            stored = {event for (event,) in self._rows("SELECT id FROM events WHERE job_id = ?", job.id)}
            assert stored == {event.id for event in events}
            steps = [event.data["step"] for event in events if event.type == "metrics"]
            assert steps == list(range(1, len(steps) + 1))
            assert [step for (step,) in self._rows("SELECT step FROM metrics WHERE job_id = ?", job.id)] == steps
            if job.state == states.SUCCEEDED:
                assert job.fine_tuned_model in models
                assert steps

    def _compare_with_slack(self, jobs: list[Job]) -> None:
        times = Counter(map(_mark, self._said()))
        threads = defaultdict(list)
        decided = set()
        for state, thread, value in self._rows("SELECT state, thread, value FROM notices ORDER BY seq"):
            notice = msgspec.json.decode(value, type=Notice)
            assert (notice.id, state, times[notice.id]) == (notice.id, "posted", 1)
            threads[thread].append(notice.id)
            decided.add(notice.id)
        order = {_mark(message): message.ts for message in self._said()}
        for notices in threads.values():
            assert sorted(notices, key=order.__getitem__) == notices
        for job in jobs:
            expected = [job.state, *(["accepted"] if job.provider_job_id else [])]
            assert {f"{job.id}/{what}" for what in expected} <= decided
            (shown,) = self._cards_of(job)
            wanted = render(job, assessment_in(self._rows, job), now=time.time())
            assert _words(shown.blocks or []) == _words(wanted.as_arguments()["blocks"])

    def summary(self) -> str:
        ended = Counter(job.state for job in self._jobs())
        return f"{self.killed} kills {dict(self.struck)}, {dict(ended)}, {time.monotonic() - self._began:.0f} s"


def _mark(message: Message) -> str:
    return str(((message.metadata or {}).get("event_payload") or {}).get("id"))


def _words(blocks: list[Any]) -> list[Any]:
    """What a card says, its picture and Slack's own ids of blocks aside."""
    return [
        {key: value for key, value in block.items() if key != "block_id"}
        for block in blocks
        if block["type"] not in ("image", "actions")
    ]


def _port(rng: random.Random) -> int:
    """A free one that the system gives to nobody else while the server is away."""
    while True:
        port = rng.randrange(20_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
