"""How long a bot with 10,000 jobs in its store takes to start after a crash, and to stop with work under way.

    python benchmarks/start.py [--jobs 10000] [--running 200] [--rounds 3] [--record]

Each round starts real processes, `python -m app run`, in a workspace with 100 channels and Slack's own rates:

- with a store that knows no jobs: what a start takes anyhow;
- with a store as a bot that was killed has left it: `--jobs` jobs of the last three months, of which `--running` train
  and the others have ended, with 20 events each and all that was said; the running ones' cards show something old, 40
  notices are open, half of them in doubt, 20 requests and 5 submissions are under way;
- with what the bot then leaves of that store.

A bot has started when it has acknowledged a command and has said that it is ready. The stop (SIGTERM) of the second
comes in the middle of 20 commands, that of the third while a call of the provider hangs. The goals: started within 5 s,
stopped within 10 s. Medians of the rounds; of the stops the longest.
"""

import argparse
import asyncio
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from app.processes import Child
from benchmarks import table
from benchmarks.provider import REQUESTER, Json, Running, channel, our_job, running
from benchmarks.team import command, launch, post_cards, workspace
from bot.jobs import states
from bot.jobs.apply_update import notice
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import Accepted, Ended, ProviderSaid, Started
from bot.providers.interface import RemoteEvent
from bot.providers.protocol import Metrics
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.jobs import write_change
from bot.store.outbox import put_notices
from handlers.parsing import key_of
from sandbox.server import Sandbox

DAY = 24 * 3600.0
DAYS, EVENTS, KEYS = 90, 20, 20_000
ENDS = (states.SUCCEEDED, states.SUCCEEDED, states.FAILED, states.CANCELLED)
OPEN_NOTICES, REQUESTS, SUBMISSIONS = 40, 20, 5
COMMANDS = 20
# Seconds; what takes longer fails the run.
LIMIT = 300.0


class Times(msgspec.Struct):
    """Seconds, one for each round: to the first acknowledgement, to readiness, and to the end after SIGTERM."""

    acknowledged: list[float] = []
    ready: list[float] = []
    stopped: list[float] = []


async def measure(
    folder: Path, provider: Running, jobs: int, running_jobs: int, rounds: int
) -> tuple[Times, Times, Times]:
    """Of a bot without jobs, of one with jobs after a crash, and of that one after a stop."""
    empty, crashed, again = Times(), Times(), Times()
    async with workspace(folder / "slack") as sandbox:
        await fill(folder / "empty", 0, [])
        killed = multiprocessing.get_context("spawn").Process(
            target=fill_and_die,
            args=(folder / "killed", jobs, post_cards(sandbox, running_jobs), missed_mentions(sandbox)),
        )
        killed.start()
        await asyncio.to_thread(killed.join)
        if killed.exitcode:
            raise SystemExit("The store could not be filled.")
        for number in range(rounds):
            data = folder / f"empty-{number}"
            shutil.copytree(folder / "empty", data)
            bot = await start(sandbox, provider, data, empty)
            await stop(bot, empty)

            data = folder / f"killed-{number}"
            shutil.copytree(folder / "killed", data)
            bot = await start(sandbox, provider, data, crashed)
            commands = [asyncio.create_task(command(sandbox, number, "help")) for number in range(COMMANDS)]
            await asyncio.wait(commands, return_when=asyncio.FIRST_COMPLETED)
            await stop(bot, crashed)
            for unanswered in commands:
                unanswered.cancel()

            bot = await start(sandbox, provider, data, again)
            await command(sandbox, 0, "files")
            await asyncio.sleep(1)  # by now the provider has been asked
            await stop(bot, again)
    return empty, crashed, again


async def start(sandbox: Sandbox, provider: Running, data: Path, times: Times) -> Child:
    began = time.monotonic()
    bot = launch(sandbox, provider.url, data)

    async def acknowledged() -> None:
        await sandbox.state.deliverer.sockets.wait_connected(LIMIT)
        await command(sandbox, 0, "help")
        times.acknowledged.append(time.monotonic() - began)

    async def ready() -> None:
        await asyncio.to_thread(bot.ready, "bot ready", LIMIT)
        times.ready.append(time.monotonic() - began)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(acknowledged())
            group.create_task(ready())
    except BaseException:
        bot.stop()
        raise
    return bot


async def stop(bot: Child, times: Times) -> None:
    began = time.monotonic()
    await asyncio.to_thread(bot.stop, LIMIT)
    times.stopped.append(time.monotonic() - began)


def missed_mentions(sandbox: Sandbox) -> list[Json]:
    """Requests that came while nobody took them, as Slack sends them."""
    slack = sandbox.state.workspace
    for number in range(REQUESTS):
        slack.post(slack.channels[channel(number)], REQUESTER, f"<@{slack.BOT}> help")
    return [each.payload for each in sandbox.state.deliverer.log if each.name == "app_mention"]


def fill_and_die(data: Path, jobs: int, cards: list[str], requests: list[Json]) -> None:
    """Leave a store behind as a bot that was killed does: nothing is closed."""

    async def live() -> None:
        await fill(data, jobs, cards)
        await set_to_work(await Database.open(data), requests)
        os._exit(0)

    asyncio.run(live())


async def fill(data: Path, jobs: int, cards: list[str]) -> None:
    """The jobs of the first numbers run, and have cards (their ts); the others have ended."""
    database = await Database.open(data)
    now = time.time()

    def some(numbers: range) -> Callable[[Connection], None]:
        def work(db: Connection) -> None:
            for number in numbers:
                if number < len(cards):
                    put_running(db, number, cards[number])
                else:
                    put_ended(db, number, now - DAYS * DAY * number / jobs)
            db.execute("UPDATE notices SET state = 'posted', posted_ts = '1.000001' WHERE state = 'pending'")

        return work

    # A few at a time, or the journal that a crash leaves would be larger than a bot's ever is.
    for first in range(0, jobs, 100):
        await database.write(some(range(first, min(first + 100, jobs))))
    await database.write(
        lambda db: db.executemany(
            "INSERT INTO inbox (key, state, attempts, received_at) VALUES (?, 'done', 1, ?)",
            [(f"command/{number}", now - 60 - 30 * number) for number in range(KEYS)],
        )
    )
    await database.close()


def put_running(db: Connection, number: int, card: str) -> None:
    job = our_job(number, latest=Metrics(EVENTS, EVENTS, train_loss=1.0))
    told = [notice(job, "accepted", Accepted()), notice(job, "started", Started())]
    write_change(db, JobUpdate(job, events=events_of(job), notices=told))
    put_card(db, job, card, dirty=True)


def put_ended(db: Connection, number: int, created_at: float) -> None:
    job = our_job(number, created_at=created_at, started_at=created_at + 60)
    told = [notice(job, "accepted", Accepted()), notice(job, "started", Started())]
    job = msgspec.structs.replace(job, state=ENDS[number % len(ENDS)], finished_at=created_at + 3600)
    if job.state == states.SUCCEEDED:
        job = msgspec.structs.replace(job, fine_tuned_model=f"ft:{job.base_model}:x::{number}", trained_tokens=99)
    told.append(notice(job, job.state, Ended()))
    write_change(db, JobUpdate(job, events=events_of(job), notices=told, followed=False))
    put_card(db, job, f"{created_at:.6f}", dirty=False)


def events_of(job: Job) -> list[RemoteEvent]:
    """As the provider tells them."""
    return [
        RemoteEvent(
            f"ftevent-{job.provider_job_id}-{step}",
            job.created_at + 60 * step,
            "info",
            "metrics",
            f"Step {step}/{EVENTS}",
            Metrics(step, EVENTS, train_loss=1.0),
            f'{{"step": {step}, "total_steps": {EVENTS}, "train_loss": 1.0}}',
        )
        for step in range(1, EVENTS + 1)
    ]


def put_card(db: Connection, job: Job, ts: str | None, *, dirty: bool) -> None:
    db.execute(
        "INSERT INTO cards (job_id, channel, ts, dirty, changed_at) VALUES (?, ?, ?, ?, ?)",
        [job.id, job.origin.channel, ts, int(dirty), job.created_at],
    )


async def set_to_work(database: Database, requests: list[Json]) -> None:
    """What a crash cuts off: notices that are being said, submissions whose answer is not known, requests."""
    now = time.time()

    def work(db: Connection) -> None:
        for number in range(OPEN_NOTICES):
            job = our_job(number)
            put_notices(db, [notice(job, "event/warning", ProviderSaid("warn", "The loss went up."))])
        db.execute(
            "UPDATE notices SET state = 'attempting', attempts = 1, attempted_at = ?"
            " WHERE state = 'pending' AND seq % 2 = 0",
            [now],
        )
        for number in range(SUBMISSIONS):
            changes = {"state": states.SUBMITTING, "provider_job_id": None, "create_attempted_at": now}
            job = our_job(number, id=f"submitting-{number}", **changes)
            write_change(db, JobUpdate(job))
            put_card(db, job, None, dirty=True)

    await database.write(work)
    inbox = SqlInbox(database)
    for request in requests:
        await inbox.accept(str(key_of(request)), request)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--running", type=int, default=200, help="how many of them run (default: 200)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(options.running) as provider:
        empty, crashed, again = asyncio.run(
            measure(Path(folder), provider, options.jobs, options.running, options.rounds)
        )
        store = sum(file.stat().st_size for file in (Path(folder) / "killed").glob("bot.db*"))
    ready = {name: statistics.median(times.ready) for name, times in (("empty", empty), ("crashed", crashed))}
    figures = {
        "jobs": f"{options.jobs:,}",
        "store": f"{store / 1e6:.0f} MB",
        "cores": str(os.cpu_count()),
        "acknowledges, after a crash": f"{statistics.median(crashed.acknowledged):.1f} s",
        "ready, after a crash": f"{ready['crashed']:.1f} s",
        "ready, no jobs": f"{ready['empty']:.1f} s",
        "of it the store": f"{ready['crashed'] - ready['empty']:.1f} s",
        "ready, after a stop": f"{statistics.median(again.ready):.1f} s",
        "stop, among commands": f"{max(crashed.stopped):.1f} s",
        "stop, a call hangs": f"{max(again.stopped):.1f} s",
    }
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    if options.record:
        table.record("start", figures)


if __name__ == "__main__":
    main()
