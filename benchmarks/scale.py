"""A thousand workspaces with a hundred thousand jobs a day, on virtual time, against the bot's real code.

    python benchmarks/scale.py [--workspaces 1000] [--jobs 100000] [--from 10 --to 12] [--account own|shared] [--record]

Every workspace has what its bot has: submitter, queue, follower, outbox, cards, the SDKs of Slack and of the provider,
and SQL on a store of its own, here in memory. Slack and the provider are `scale_world.py`. Jobs come by a day's curve,
most of them in a few of the workspaces (Zipf); a training takes ten minutes in the middle (log-normal, 2 to 120). Jobs
that were asked for on that day before `--from` are in the stores already, ended.

What is virtual is the waiting; the processor's work is real, and measured. Left out: charts, and ticks of workspaces in
which nothing goes on (`workspaces.py` measures those). Every job must be told once, or the run fails.
"""

import argparse
import asyncio
import contextlib
import math
import random
import resource
import time
from bisect import bisect
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import httpx2
import structlog
from openai import AsyncOpenAI
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks import table
from benchmarks.scale_world import EPOCH, HOURS, Calm, Loop, NoCharts, Provider, Seen, Slack, Transport
from bot.changes import CHANGES, Changes
from bot.jobs import states
from bot.jobs.admission import Rules
from bot.jobs.apply_update import notice
from bot.jobs.follow import Follower
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.jobs.notice import Accepted, Ended, Started
from bot.jobs.queue import JobQueue
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.notices.deliver import Delivery
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.database import Database
from bot.store.jobs import SqlJobStore, write_change
from bot.store.outbox import SqlCardStore, SqlOutbox
from bot.store.sqlite import SqliteConnection
from bot.timing import Timing
from bot.worker_processes import WorkerPools
from handlers.outgoing.cards import CardKeeper
from handlers.outgoing.digest_messages import DigestMessages
from handlers.outgoing.notice_poster import SlackNoticePoster
from handlers.web.poster import Poster
from tests.groups import group_messages
from tests.simulation.loop import Timeline
from tests.simulation.slack import Session
from tests.simulation.store import new_store

PROVIDER, MODEL = "acme", "gpt-4.1-mini-2025-04-14"
_SKEW = 0.8
_PATIENCE = 4 * 3600.0


class Store(Database):
    """In memory, and without threads: nothing is waited for."""

    def __init__(self, seen: Seen) -> None:
        self._db = SqliteConnection(new_store())
        self._seen = seen
        self.changes = Changes()

    async def write(self, work: Any) -> Any:
        with self._db.atomic():
            result = work(self._db)
        self._seen.writes += 1
        self._seen.write_minutes[int(time.time() // 60)] += 1
        self.changes.tell()
        return result

    async def read(self, work: Any) -> Any:
        return work(self._db)


class Workspace:
    """One workspace's bot, and its people, who ask for jobs `at` these seconds of the day."""

    def __init__(
        self, number: int, at: list[float], provider: Provider, network: Calm, seen: Seen, timeline: Timeline
    ) -> None:
        self.team, self.at = f"T{number:05}", at
        self.timeline = timeline
        self.store = Store(seen)
        self.jobs = SqlJobStore(self.store)
        client = AsyncOpenAI(
            api_key="x",
            base_url="http://provider/v1",
            http_client=httpx2.AsyncClient(transport=Transport(network, provider)),
        )
        protocol = OpenAIProtocol(PROVIDER, client)
        protocol._client._platform = "Linux"  # the SDK would ask for it in a thread
        session: Any = Session(cast(Any, network), cast(Any, Slack(time.time, seen)))
        poster = Poster(AsyncWebClient(token="xoxb-x", session=session, retry_handlers=[]))
        cards = SqlCardStore(self.store)
        charts = NoCharts(self.jobs, cards, poster, WorkerPools())
        providers = Providers(protocol)
        self.submitter = Submitter(self.jobs, providers, self._locate)
        self.queue = JobQueue(self.jobs, [PROVIDER], self.submitter.release, most_running=Rules().most)
        self.follower = Follower(JobSync(self.jobs, providers), protocol, poll_seconds=OPTIONS.poll)
        groups = group_messages(self.store)
        notices = SlackNoticePoster(self.jobs, groups, poster, charts, cast(DigestMessages, None))
        self.delivery = Delivery(SqlOutbox(self.store), notices)
        self.cards = CardKeeper(self.jobs, groups, cards, poster, charts)

    async def _locate(self, dataset_id: str) -> tuple[Path, str]:
        return Path(__file__), f"sha-of-{dataset_id}"

    def job(self, number: int, **fields: Any) -> Job:
        channel = f"C{number % max(1, len(self.at) // 20)}"
        return Job(
            **{
                "id": f"{self.team}-job{number}",
                "state": states.SUBMITTING,
                "provider": PROVIDER,
                "base_model": MODEL,
                "requester": f"U{number % 10}",
                "origin": Origin(self.team, channel, False),
                "created_at": time.time(),
                "dataset_id": f"ds-{number // 3}",
                "suffix": f"s{number}",
                "file_name": "train.jsonl",
                "estimated_cost": 1.0,
                **fields,
            }
        )

    def put_ended(self, number: int) -> None:
        """One of those from before."""
        at = EPOCH + self.at[number]
        made = {"provider_job_id": f"before-{self.team}-{number}", "fine_tuned_model": f"ft:{MODEL}:x::{number}"}
        times = {"created_at": at, "started_at": at + 15, "finished_at": at + 600}
        over = self.job(number, state=states.SUCCEEDED, **times, **made)
        said = [notice(over, "accepted", Accepted()), notice(over, "started", Started())]
        said.append(notice(over, over.state, Ended()))
        db = self.store._db
        with db.atomic():
            write_change(db, JobUpdate(over, notices=said, followed=False))
            db.execute("UPDATE notices SET state = 'posted', posted_ts = '1.000001' WHERE state = 'pending'")
            db.execute(
                "INSERT INTO cards (job_id, channel, ts, shown, dirty, changed_at) VALUES (?, ?, '1.000001', '', 0, ?)",
                [over.id, over.origin.channel, at],
            )

    async def run(self) -> None:
        CHANGES.set(self.store.changes)
        own = [self.delivery.run(), self.cards.run(), self._by_the_clock()]
        tasks = [asyncio.create_task(one) for one in own]
        for number, at in enumerate(self.at):
            if at >= OPTIONS.begin:
                await asyncio.sleep(at - OPTIONS.begin - self.timeline.now)
                await self.submitter.submit(self.job(number))
        await asyncio.gather(*tasks)

    async def _by_the_clock(self) -> None:
        while True:
            count = self.store.changes.count
            await self.follower.tick()
            await self.queue.tick()
            if self.follower._rest.goes_on() and self.queue._rest.goes_on():
                await self.store.changes.after(count, math.inf)
            await asyncio.sleep(OPTIONS.tick)


def crowd(workspaces: int, jobs: int, rng: random.Random) -> list[list[float]]:
    """When jobs are asked for in each workspace, in seconds of the day."""
    sizes = [1 / (rank + 1) ** _SKEW for rank in range(workspaces)]
    bounds = [sum(HOURS[: hour + 1]) for hour in range(24)]
    asked: list[list[float]] = [[] for _ in range(workspaces)]
    for where in rng.choices(range(workspaces), sizes, k=jobs):
        hour = bisect(bounds, rng.uniform(0, bounds[-1] - 1e-9))
        asked[where].append(3600 * (hour + rng.random()))
    return [sorted(one) for one in asked]


async def live(timeline: Timeline, seen: Seen, rng: random.Random) -> dict[str, float]:
    def duration() -> float:
        return min(max(rng.lognormvariate(math.log(600), 0.8), 120.0), 7200.0)

    network = Calm(rng)
    asked = crowd(OPTIONS.workspaces, OPTIONS.jobs, rng)
    shared = Provider(time.time, duration, seen) if OPTIONS.account == "shared" else None
    built = time.perf_counter()
    workspaces = []
    for number, at in enumerate(asked):
        own = shared or Provider(time.time, duration, seen)
        upto = [one for one in at if one < OPTIONS.end]
        workspaces.append(Workspace(number, upto, own, network, seen, timeline))
        for job, when in enumerate(upto):
            if when < OPTIONS.begin:
                workspaces[-1].put_ended(job)
    wanted = sum(1 for at in asked for when in at if OPTIONS.begin <= when < OPTIONS.end)
    print(f"filled in {time.perf_counter() - built:.0f} s; {wanted:,} jobs to come", flush=True)
    processor, memory = _processor(), _memory()
    tasks = [asyncio.create_task(workspace.run(), name=workspace.team) for workspace in workspaces]
    told_at = -1
    last = (OPTIONS.end - OPTIONS.begin) + _PATIENCE
    samples = [memory]
    while len(seen.told) < wanted and timeline.now < last:
        await asyncio.sleep(60)
        samples.append(_memory())
        if int(timeline.now // 900) != told_at:
            told_at = int(timeline.now // 900)
            used = _processor() - processor
            print(f"{timeline.now / 60:.0f} min: {len(seen.told):,} told, {used:.0f} s of processor", flush=True)
        for task in tasks:
            if task.done():
                task.result()
                raise SystemExit("a workspace came to an end")
    await asyncio.sleep(120)  # the last cards
    used = _processor() - processor
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if len(seen.told) != wanted or set(seen.told) != set(seen.ends):
        raise SystemExit(f"{wanted - len(seen.told)} jobs were never told of")
    stale = sum(one.store._db.execute("SELECT count(*) FROM cards WHERE dirty = 1").fetchone()[0] for one in workspaces)
    return {"processor": used, "memory": max(samples), "seconds": timeline.now, "jobs": wanted, "stale": stale}


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _memory() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@contextlib.contextmanager
def virtual(timeline: Timeline) -> Iterator[None]:
    """Time as the bot sees it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    clock = partial(getattr, timeline, "now")
    with (
        patch.object(time, "time", lambda: EPOCH + OPTIONS.begin + timeline.now),
        patch.object(time, "monotonic", clock),
        patch.object(JsonObject, "validate_json", lambda block: None),  # tests of the blocks have it done
        patch("handlers.web.rate_limits.Budgets.__init__.__defaults__", (Timing.pace, clock)),
        patch("bot.jobs.follow.Follower.__init__.__kwdefaults__", {"steady": clock}),
        patch("bot.jobs.queue.JobQueue.__init__.__kwdefaults__", _with_steady(JobQueue, clock)),
        patch("handlers.outgoing.cards.CardKeeper.__init__.__kwdefaults__", _with_steady(CardKeeper, clock)),
    ):
        yield


def _with_steady(kind: Any, clock: Any) -> dict[str, Any]:
    return {**kind.__init__.__kwdefaults__, "steady": clock}


def figures(seen: Seen, lived: dict[str, float]) -> dict[str, str]:
    late, jobs = seen.late(), lived["jobs"]
    hours = lived["seconds"] / 3600
    return {
        "workspaces": f"{OPTIONS.workspaces:,}",
        "jobs in the stores, told": f"{OPTIONS.jobs:,}, {int(jobs):,}",
        "account, poll": f"{OPTIONS.account}, {OPTIONS.poll:g} s",
        "end to told, p50 / p99 / last": f"{_at(late, 0.5):.1f} / {_at(late, 0.99):.1f} / {late[-1]:.1f} s",
        "provider, requests a job": f"{sum(seen.provider.values()) / jobs:.0f}",
        "provider, busiest minute": f"{max(seen.provider_minutes.values()) / 60:.1f}/s",
        "Slack, calls a job": f"{sum(seen.slack.values()) / jobs:.0f}",
        "Slack, edits in the busiest minute of a workspace": f"{seen.slack_busiest['chat.update']} of 50",
        "Slack, refused": f"{seen.slack_refused}",
        "writes a job": f"{seen.writes / jobs:.0f}",
        "writes, busiest minute": f"{max(seen.write_minutes.values()) / 60:.0f}/s",
        "processor a job": f"{1000 * lived['processor'] / jobs:.0f} ms",
        "processor of a core": f"{lived['processor'] / lived['seconds']:.0%} over {hours:.1f} h",
        "memory": f"{lived['memory'] / 1e6:,.0f} MB",
    }


def _at(ordered: Any, share: float) -> float:
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspaces", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=100_000, help="of the whole day")
    parser.add_argument("--from", dest="begin", type=float, default=10, help="hour of the day (default: 10)")
    parser.add_argument("--to", dest="end", type=float, default=12)
    parser.add_argument("--account", choices=["own", "shared"], default="own", help="at the provider")
    parser.add_argument("--poll", type=float, default=5.0, help="FINETUNE_POLL_SECONDS (default: 5)")
    parser.add_argument("--tick", type=float, default=1.0, help="seconds between two ticks (the bot's: 1)")
    parser.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    parser.parse_args(namespace=OPTIONS)
    OPTIONS.begin, OPTIONS.end = 3600 * OPTIONS.begin, 3600 * OPTIONS.end
    timeline, seen = Timeline(), Seen()
    loop = Loop(timeline)
    with virtual(timeline):
        random.seed(1)
        lived = loop.run_until_complete(loop.create_task(live(timeline, seen, random.Random(1))))
    found = figures(seen, lived)
    for name, figure in found.items():
        print(f"{name}: {figure}")
    print("provider:", dict(seen.provider), "Slack:", dict(seen.slack), "cards behind:", lived["stale"])
    if OPTIONS.record:
        table.record("scale", found)


OPTIONS = argparse.Namespace()

if __name__ == "__main__":
    main()
