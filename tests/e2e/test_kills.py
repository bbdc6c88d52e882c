"""kill -9 at random instants, with real processes: twenty jobs are submitted, trained and told of all the same, once.

FINETUNE_KILLS_SEED plays a run's instants again.
"""

import asyncio
import contextlib
import os
import random
import sqlite3
import sys
from collections import Counter
from pathlib import Path

import httpx
import msgspec
import pytest
from e2e.bot_process import bot_process, kill, launch
from e2e.world import World, examples

from bot.jobs import states
from bot.jobs.job import Job
from bot.notices.notice import Notice
from sandbox.client import SandboxError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

JOBS = 20
# Several, because Slack takes one message a second in each.
CHANNELS = ("#support-model", "#general", "#support-leads")
PATIENCE = 600


@pytest.mark.soak
async def test_a_bot_that_is_killed_again_and_again_does_everything_once(w: World) -> None:
    await _survive(w, kills=20)


@pytest.mark.soak
async def test_a_bot_that_is_killed_very_often_does_everything_once(w: World) -> None:
    await _survive(w, kills=200)


async def _survive(w: World, kills: int) -> None:
    seed = os.environ.get("FINETUNE_KILLS_SEED") or str(random.randrange(10**6))
    print(f"Again: FINETUNE_KILLS_SEED={seed} pytest {Path(__file__).relative_to(Path.cwd())}")
    rng = random.Random(seed)
    async with bot_process(w):
        # A bot that has never lived looks for nothing that it missed, and what stops it three times is given up.
        for channel in CHANNELS:
            dropped = await w.person.drop_bytes("ana", channel, [("train.jsonl", examples(12))])
            await w.person.wait_message(channel, contains="12 examples", thread_ts=dropped["ts"], timeout=PATIENCE)
    people = [asyncio.create_task(_person(w, number)) for number in range(JOBS)]
    training = asyncio.create_task(_train(w, random.Random(seed)))
    try:
        for _ in range(kills):
            await _one_life(w, rng)
        last = await launch(w)
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*people)
                while unrest := _unrest(w):
                    assert last.returncode is None, "the bot ended by itself"
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pytest.fail(f"it does not come to rest: {unrest}")
        finally:
            await kill(w, last)
    finally:
        for task in (*people, training):
            task.cancel()
        await asyncio.gather(*people, training, return_exceptions=True)
    _compare(w)


async def _one_life(w: World, rng: random.Random) -> None:
    """A bot that is killed while it starts, or at work; now and then the provider goes away for a moment as well."""
    while_it_starts, lives = rng.random() < 0.4, rng.uniform(0.3, 2)
    outage = rng.random() < 0.2
    process = await launch(w)
    try:
        if not while_it_starts:
            await _connected(w, process)
        if outage:
            await w.provider.down()
        await asyncio.sleep(lives)
    finally:
        await kill(w, process)
        if outage:
            await w.provider.up()


async def _connected(w: World, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE):
        while w.sandbox.room.deliverer.sockets.count == 0:
            assert process.returncode is None, "the bot ended by itself"
            await asyncio.sleep(0.05)


async def _person(w: World, number: int) -> None:
    """Somebody who types a command until Slack has taken it."""
    channel = CHANNELS[number % len(CHANNELS)]
    while True:
        with contextlib.suppress(SandboxError, httpx.HTTPError):
            typed = f"start train.jsonl suffix=s{number} confirm=yes"
            if (await w.person.command("ana", channel, "/finetune", typed))["acked"] and _stored(w, f"s{number}"):
                return
        await asyncio.sleep(1)


async def _train(w: World, rng: random.Random) -> None:
    """Jobs go their ways whether or not anybody looks."""
    while True:
        for job_id, job in list(w.provider.jobs.items()):
            if job["status"] in states.ENDED or rng.random() < 0.7:
                continue
            steps = sum(event["type"] == "metrics" for event in w.provider.events[job_id])
            if steps < 6:
                w.provider.run(job_id, steps=2, total=6)
            elif rng.random() < 0.2:
                w.provider.fail(job_id, "server_error", "Something broke.")
            else:
                w.provider.succeed(job_id)
        await asyncio.sleep(0.2)


def _rows(w: World, query: str) -> list[tuple[str, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{w.folder / 'bot' / 'bot.db'}?mode=ro", uri=True)) as store:
        return store.execute(query).fetchall()


def _jobs(w: World) -> list[Job]:
    return [msgspec.json.decode(value, type=Job) for (value,) in _rows(w, "SELECT value FROM jobs")]


def _stored(w: World, suffix: str) -> bool:
    """Whether the command was carried out: before its answer was lost, or its file's report was there, it was not."""
    with contextlib.suppress(sqlite3.Error):
        return any(job.suffix == suffix for job in _jobs(w))
    return False


def _unrest(w: World) -> list[tuple[str, ...]]:
    return _rows(
        w,
        "SELECT 'inbox', key FROM inbox WHERE state = 'pending'"
        " UNION ALL SELECT 'job', id || ' ' || state FROM jobs WHERE followed = 1"
        " UNION ALL SELECT 'notice', id FROM notices WHERE state IN ('pending', 'attempting')"
        " UNION ALL SELECT 'card', job_id FROM cards WHERE dirty = 1",
    )


def _compare(w: World) -> None:
    """What the bot, the provider and Slack hold at the end."""
    jobs = _jobs(w)
    assert {job.suffix for job in jobs} == {f"s{number}" for number in range(JOBS)}
    assert len(w.provider.files) == 1
    # Each job of ours is one of theirs, and the other way round.
    theirs = {str(job["id"]): job for job in w.provider.jobs.values()}
    assert sorted(str(job.provider_job_id) for job in jobs) == sorted(theirs)
    for job in jobs:
        remote = theirs[str(job.provider_job_id)]
        assert (job.state, job.fine_tuned_model) == (remote["status"], remote["fine_tuned_model"])
        events = {event for (event,) in _rows(w, f"SELECT id FROM events WHERE job_id = '{job.id}'")}
        assert events == {event["id"] for event in w.provider.events[remote["id"]]}
    said, cards = _said(w)
    for state, value in _rows(w, "SELECT state, value FROM notices"):
        notice = msgspec.json.decode(value, type=Notice)
        assert (notice.id, state, said[notice.id]) == (notice.id, "posted", 1)
    decided = {notice_id for (notice_id,) in _rows(w, "SELECT id FROM notices")}
    assert {f"{job.id}/{what}" for job in jobs for what in ("accepted", "started", job.state)} <= decided
    for job in jobs:
        assert len(cards[job.id]) == 1, job.id
        assert cards[job.id][0].endswith(": Ready" if job.state == states.SUCCEEDED else ": Failed"), cards[job.id]


def _said(w: World) -> tuple[Counter[str], dict[str, list[str]]]:
    """How often each notice stands in Slack, and what each job's cards say."""
    notices: Counter[str] = Counter()
    cards: dict[str, list[str]] = {}
    for messages in w.sandbox.room.workspace._messages.values():
        for message in messages.values():
            mark = str(((message.metadata or {}).get("event_payload") or {}).get("id"))
            notices[mark] += 1
            if mark.startswith("card/"):
                cards.setdefault(mark.removeprefix("card/"), []).append(message.text)
    return notices, cards
