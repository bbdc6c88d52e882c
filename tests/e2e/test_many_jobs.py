"""A bot with 10,000 jobs in its store starts: it takes up those that live, leaves those that ended alone, and says
nothing twice."""

import asyncio
import time
from typing import Any
from unittest.mock import patch

from slack_sdk.web.async_client import AsyncWebClient

from bot.jobs import states
from bot.jobs.apply_update import notice
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Approval, Job, Origin, QueuePlace
from bot.jobs.notice import Accepted, ApprovalAsked, Ended, Notice, Started
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.jobs import write_change
from handlers.web.poster import Poster
from tests.e2e.world import World, until
from tests.parts import a_job

ALL, RUNNING, ENDING = 10_000, 20, 3


class Calls:
    """What the bot asks of Slack while it runs, and what is asked of the provider from now on."""

    def __init__(self, w: World) -> None:
        self.slack: list[str] = []
        self._provider = w.provider
        self._from = len(w.provider.requests)
        original = Poster._once

        async def once(poster: Poster, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
            self.slack.append(method)
            return await original(poster, method, arguments)

        self.watched = patch.object(Poster, "_once", once)

    @property
    def provider(self) -> list[str]:
        return self._provider.requests[self._from :]

    def have_read_events_of(self, jobs: list[str]) -> bool:
        asked = set(self.provider)
        return all(f"GET /fine_tuning/jobs/{job}/events" in asked for job in jobs)


async def test_what_lives_is_taken_up_and_what_ended_is_left_alone(w: World) -> None:
    channel = next(c["id"] for c in await w.person.channels() if c.get("name") == "support-model")
    jobs = _living(w, channel)
    cards = await _cards(w, channel, jobs)
    ended = [_ended(number, channel) for number in range(ALL - len(jobs))]
    await _fill(w, jobs, cards, ended)
    training = [job.provider_job_id for job in jobs if job.state == states.RUNNING and job.provider_job_id]
    for theirs in training[:ENDING]:
        w.provider.succeed(theirs)

    calls = Calls(w)
    with calls.watched:
        async with w.bot(finetune_max_running=RUNNING) as bot:
            # Three have ended while nobody looked, so two that waited in line go on; what may have been created was.
            await until(lambda: len(w.provider.jobs) == RUNNING + 3, 60)
            await until(lambda: calls.have_read_events_of(list(w.provider.jobs)), 60)
            for job in jobs[:ENDING]:
                await w.wait_notice("succeeded", {"channel": channel, "ts": cards[job.id]})
            for job in jobs[RUNNING : RUNNING + 3]:
                await w.wait_notice("accepted", {"channel": channel, "ts": cards[job.id]})
            await w.settled(bot)
            now = {job.id: (await bot.services.jobs.get(job.id) or job).state for job in jobs}
    assert w.provider.requests.count("POST /fine_tuning/jobs") == 2
    assert [now[job.id] for job in jobs] == [
        *[states.SUCCEEDED] * ENDING,
        *[states.RUNNING] * (RUNNING - ENDING),
        *[states.VALIDATING] * 3,
        states.AWAITING_APPROVAL,
    ]
    by_name = {request for request in calls.provider if request.startswith("GET /fine_tuning/jobs/")}
    assert {request.split("/")[3] for request in by_name} == set(w.provider.jobs), "none of those that had ended"
    said = await _said(w, channel, cards)
    assert all(len(texts) == len(set(texts)) for texts in said.values()), "nothing is said twice"
    assert sum(map(len, said.values())) == ENDING * 2 + 3, "three endings with their checkpoints, three taken"

    # And again, with nothing new to tell.
    calls = Calls(w)
    with calls.watched:
        async with w.bot(finetune_max_running=RUNNING) as bot:
            await until(lambda: calls.have_read_events_of(training[ENDING:]), 60)
            unread = bot.services.database
            async with asyncio.timeout(60):
                while await unread.read(lambda db: db.execute("SELECT count(*) FROM unread").fetchone()[0]):
                    await asyncio.sleep(0.05)
            await w.settled(bot)
    assert await _said(w, channel, cards) == said
    asked = sorted(method for method in calls.slack if method != "chat.update")
    assert asked == ["conversations.history"] * 3 + ["conversations.list"], "the channels are read back, and no more"
    assert len([m for m in await w.person.messages(channel) if m["user"] == w.bot_user]) == len(jobs)


def _living(w: World, channel: str) -> list[Job]:
    """Jobs that train; one that may have been created, and was; two in line; one that waits for approval."""
    origin, now = Origin(w.sandbox.state.workspace.TEAM, channel, False), time.time()
    fields: dict[str, Any] = {"requester": "U0ANAREED1", "origin": origin, "dataset_id": None, "seed": 7}
    jobs = []
    for number in range(RUNNING):
        theirs = w.provider.add_job()
        w.provider.run(theirs, steps=2)
        jobs.append(a_job(id=f"job-{number}", state="running", provider_job_id=theirs, started_at=now, **fields))
    fields["training_file"] = "file-elsewhere"
    w.provider.add_job(metadata={"finetune_bot_submission": "job-doubtful"})
    jobs.append(a_job(id="job-doubtful", state=states.SUBMITTING, create_attempted_at=now, **fields))
    jobs += [a_job(id=f"job-line-{n}", state=states.IN_LINE, queue_place=QueuePlace(n, 2), **fields) for n in (1, 2)]
    approval = Approval(now, 25.0, ("U0BENHALL1",))
    return [*jobs, a_job(id="job-asking", state=states.AWAITING_APPROVAL, approval=approval, **fields)]


def _ended(number: int, channel: str) -> Job:
    began = time.time() - 1000 - 100 * number
    return a_job(
        id=f"job-old-{number}",
        state=(states.SUCCEEDED, states.FAILED, states.CANCELLED)[number % 3],
        origin=Origin("T0ACME", channel, False),
        provider_job_id=f"ftjob-old-{number}",
        created_at=began,
        started_at=began + 10,
        finished_at=began + 900,
    )


async def _cards(w: World, channel: str, jobs: list[Job]) -> dict[str, str]:
    """The ts of each job's card, as the bot posted it in its earlier life."""
    slack = AsyncWebClient(w.sandbox.bot_token, base_url=w.sandbox.api_url)
    return {job.id: (await slack.chat_postMessage(channel=channel, text=job.id))["ts"] for job in jobs}


async def _fill(w: World, living: list[Job], cards: dict[str, str], ended: list[Job]) -> None:
    """A store in which all of them stand, and in which everything was said."""

    def work(db: Connection) -> None:
        for job in (*living, *ended):
            write_change(db, JobUpdate(job, notices=_said_already(job), followed=job.state not in states.ENDED))
            # The cards of those that ended are no longer in Slack.
            ts, shown = (cards[job.id], "as it was") if job.id in cards else (f"{job.created_at:.6f}", None)
            db.execute(
                "INSERT INTO cards (job_id, channel, ts, shown, dirty, changed_at) VALUES (?, ?, ?, ?, 0, ?)",
                [job.id, job.origin.channel, ts, shown, job.created_at],
            )
        db.execute("UPDATE notices SET state = 'posted', posted_ts = '1.000001'")
        db.execute("INSERT INTO inbox (key, state, received_at) VALUES ('event/last', 'done', ?)", [time.time()])

    database = await Database.open(w.folder / "bot")
    await database.write(work)
    await database.close()


def _said_already(job: Job) -> list[Notice]:
    if job.provider_job_id is None:
        return [notice(job, "approval", ApprovalAsked())] if job.approval else []
    said = [notice(job, "accepted", Accepted()), notice(job, "started", Started())]
    return [*said, notice(job, job.state, Ended())] if job.state in states.ENDED else said


async def _said(w: World, channel: str, cards: dict[str, str]) -> dict[str, list[str]]:
    """What stands in the thread of each card."""
    return {job: [m["plain"] for m in (await w.person.messages(channel, ts))[1:]] for job, ts in cards.items()}
