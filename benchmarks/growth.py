"""What a store costs, and each thing that is done with it, as the jobs in it grow.

    python benchmarks/growth.py [--jobs 1000,10000,100000] [--live 200] [--record]

A store as `start.py` fills it: `--live` jobs train, the others have ended, with 20 events each and all that was said.
The acts are the bot's own code: what it does again and again, and what people ask for. Each is timed from the event
loop, five times, and the median counts; `held` is for how long the loop was held up at most. An act that grows with
jobs that have ended is a fault, unless it shows all of them.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from openai import AsyncOpenAI

from benchmarks import table
from benchmarks.provider import MODEL, NAME, REQUESTER, TEAM, channel, our_job
from benchmarks.start import fill
from bot.access import Actor, Caller, Place, Policy, Role
from bot.authority import Authority
from bot.dashboard import Dashboards
from bot.digest.digest import Digests
from bot.jobs import states
from bot.jobs.admission import Rules, decide_admission
from bot.jobs.apply_update import notice
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import Started
from bot.jobs.queue import JobQueue
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.retirement_calendar import RetirementCalendar
from bot.models.retirement_warnings import RetirementWarnings
from bot.providers.interface import RemoteModel
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.backlog import SqlBacklog
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import SqlJobStore
from bot.store.model_uses import SqlModelUses
from bot.store.outbox import SqlCardStore, SqlOutbox
from bot.store.personal_settings import SqlPersonalSettings
from bot.store.spending import SqlBudgetStore

ROUNDS = 5
_TICK = 0.001

Act = Callable[[], Awaitable[object]]


class Held:
    """For how long the loop was held up at most, in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_TICK)
            self.longest = max(self.longest, time.perf_counter() - before - _TICK)

    def end(self) -> float:
        self._task.cancel()
        return self.longest


class _Lists(OpenAIProtocol):
    """Its models are the last thousand of those that `start.py` has made."""

    async def models(self) -> list[RemoteModel]:
        made = [RemoteModel(f"ft:{MODEL}:x::{number}", 1.0 + number, "acme") for number in range(1000)]
        return [RemoteModel(MODEL, 1.0, "system"), *made]


def acts(database: Database) -> dict[str, Act]:
    """What is done again and again, then what people ask for."""
    jobs, outbox, cards = SqlJobStore(database), SqlOutbox(database), SqlCardStore(database)
    authority, datasets = Authority(Policy(), SqlAuditLog(database)), SqlDatasetStore(database)
    evaluations = SqlEvaluationStore(database)
    providers = Providers(_Lists(NAME, AsyncOpenAI(api_key="x")))
    dashboards = Dashboards(
        *(jobs, SqlGroupStore(database), datasets, SqlCollectionStore(database), (evaluations,)),
        *(SqlPersonalSettings(database), authority),
    )
    place = Place(channel(0))
    caller = Caller(Actor(REQUESTER, TEAM, Role.MEMBER), TEAM, channel(0), place, place, "key", time.time())
    catalogue = Catalogue(providers, jobs)
    lookup, uses = ModelLookup(catalogue, evaluations, authority), SqlModelUses(database)
    calendar = RetirementCalendar(uses, catalogue, lookup, authority)
    digests = Digests(jobs, uses, catalogue, SqlBudgetStore(database), jobs)

    async def nothing(_job: str) -> bool:
        return False

    queue = JobQueue(jobs, [NAME], nothing, most_running=lambda _: 0)
    numbers = iter(range(10**9, 2 * 10**9))

    async def admit() -> None:
        number = next(numbers)
        job = our_job(number, state=states.SUBMITTING, provider_job_id=None, training_file=f"file-{number}")
        await jobs.admit(job, lambda ledger: decide_admission(job, ledger, Rules()))
        await jobs.update(job.id, lambda stored: JobUpdate(_cancelled(stored), followed=False))

    async def news() -> None:
        at = time.time()
        await jobs.update("job-00000", lambda job: JobUpdate(job, notices=[notice(job, f"{at}", Started())]))
        for pending in await outbox.next(at):
            await outbox.posted(pending.notice.id, "1.000001")

    return {
        "what is followed": lambda: jobs.followed(NAME),
        "outbox, a look": lambda: outbox.next(time.time()),
        "cards, a look": lambda: cards.dirty(50),
        "queue, a tick with one in line": queue.tick,
        "a job asked for": admit,
        "news of a job, told": news,
        "a modal opened": lambda: jobs.training_refused_since(NAME),
        "metrics, a scrape": SqlBacklog(database).read,
        "a person's jobs": lambda: dashboards.glance(caller),
        "the latest jobs": lambda: jobs.latest(200),
        "a model named": lambda: jobs.models(["ft:gpt-4.1-mini-2025-04-14:x::300"]),
        "the team's models": lambda: lookup.visible(caller, place, fresh=False),
        "spending of the month": lambda: jobs.spends_of_month(time.time()),
        "when ten models were used": lambda: uses.of([f"ft:{MODEL}:x::{one}" for one in range(10)]),
        "what ends next, on Home": lambda: calendar.next(caller, 5),
        "the calendar of ends": lambda: calendar.page(caller, 1),
        "warnings of ends, a day's first look": lambda: RetirementWarnings(uses, catalogue, outbox).look(),
        "a channel's digest": lambda: digests.of(channel(0), time.time() - 86400, time.time()),
    }


def _cancelled(job: Job) -> Job:
    return msgspec.structs.replace(job, state=states.CANCELLED)


async def measure(folder: Path, jobs: int, live: int) -> tuple[float, dict[str, tuple[float, float]]]:
    """Bytes a job; by act, its seconds and for how long the loop was held up."""
    await fill(folder, jobs, [f"1700000000.{number:06}" for number in range(live)])
    size = sum(file.stat().st_size for file in folder.glob("bot.db*")) / jobs
    database = await Database.open(folder)
    store = SqlJobStore(database)
    await store.insert(our_job(10**8, state=states.IN_LINE, provider_job_id=None))
    found = {}
    for name, act in acts(database).items():
        seconds = []
        held = Held()
        for _ in range(ROUNDS):
            await asyncio.sleep(2 * _TICK)
            began = time.perf_counter()
            await act()
            seconds.append(time.perf_counter() - began)
        await asyncio.sleep(2 * _TICK)
        found[name] = statistics.median(seconds), held.end()
    await database.close()
    return size, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", default="1000,10000,100000")
    parser.add_argument("--live", type=int, default=200, help="how many of them train (default: 200)")
    parser.add_argument("--record", action="store_true", help="write rows into benchmarks/README.md")
    options = parser.parse_args()
    sizes = [int(word) for word in options.jobs.split(",")]
    found = {}
    for jobs in sizes:
        with tempfile.TemporaryDirectory() as folder:
            found[jobs] = asyncio.run(measure(Path(folder), jobs, options.live))
    print("bytes a job:", {jobs: round(size) for jobs, (size, _) in found.items()})
    names = list(found[sizes[0]][1])
    words = {
        name: [
            f"{1000 * seconds:.1f} ms, held {1000 * held:.0f} ms"
            for seconds, held in (found[jobs][1][name] for jobs in sizes)
        ]
        for name in names
    }
    for name, told in words.items():
        print(f"{name:32}", *(f"{one:28}" for one in told))
    if options.record:
        table.record("growth", {name: " / ".join(told) for name, told in words.items()})


if __name__ == "__main__":
    main()
