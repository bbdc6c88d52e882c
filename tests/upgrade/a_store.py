"""A store as a bot leaves it that was killed in the middle of its work, and what a bot knows from it. Both are run by
the code of an older bot too, whose names for the parts are taken where they differ.

    python a_store.py fill FOLDER JOBS
    python a_store.py tell FOLDER >LINES

It has `JOBS` jobs, of which some train, with events, cards, notices (some of them in doubt) and requests; data sets, a
conversation, an audit log and a budget. A line told is a kind, a key and a value.
"""

import asyncio
import importlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

import bot
from benchmarks import start
from bot.audit import Entry
from bot.conversations.conversation import Conversation, Turn
from bot.providers.chat import Parameters
from bot.spending.budget import Scope
from bot.store.database import Database
from tests.parts import a_dataset

RUNNING, DATASETS = 20, 20


def store(module: str, name: str, database: Database) -> Any:
    """A repository. Until 28 November 2026 the name of its class began with `Sqlite`."""
    found = importlib.import_module(f"bot.store.{module}")
    return (getattr(found, f"Sql{name}", None) or getattr(found, f"Sqlite{name}"))(database)


async def fill(folder: Path, jobs: int) -> None:
    await start.fill(folder, jobs, [f"{1_700_000_000 + number}.000001" for number in range(RUNNING)])
    database = await Database.open(folder)
    for number in range(DATASETS):
        key = f"ds-{number}"
        await store("datasets", "DatasetStore", database).save(a_dataset(id=key, sha256=f"{number:064}"))
        said = Entry(f"key-{number}", float(number), "U0ANA", "delete", key, "C1", details="ünïcode 🙂 ' \\ %s ?")
        await store("audit", "AuditLog", database).add(said)
    conversations = store("conversations", "ConversationStore", database)
    where = ("T0", "C1", "1700000000.1", "U0ANA", 1.5)
    await conversations.open(
        Conversation("conv-1", "ft:model", *where, parameters=Parameters(temperature=0.5)),
        [Turn("1700000000.2", "user", "\u4f60\u597d", user="U0ANA")],
    )
    await conversations.answered("conv-1", Turn("1700000000.3", "assistant", "Hi.", "stop", cost_usd=0.25))
    budget = Entry("budget/1", 1.0, "U0TL", "set", "C1")
    await store("spending", "BudgetStore", database).set_budget(Scope.CHANNEL, "C1", 50.0, budget)
    mention = {"type": "app_mention", "channel": "C1", "user": "U0ANA", "text": "help"}
    requests = [{"type": "event_callback", "event": mention | {"ts": f"17{number}.1"}} for number in range(RUNNING)]
    await start.set_to_work(database, requests)
    os._exit(0)  # nothing is closed


async def told(folder: Path) -> AsyncIterator[tuple[str, str, Any]]:
    database = await Database.open(folder)
    jobs = store("jobs", "JobStore", database)
    for place, job in enumerate(await jobs.latest(1_000_000)):
        yield "job", job.id, job
        if place % 50 == 0:
            yield "events", job.id, await jobs.events(job.id, 1000)
            yield "metrics", job.id, await jobs.metrics(job.id)
    yield "running", "all", sorted(job.id for job in await jobs.not_ended())
    for model, job in (await jobs.models()).items():
        yield "model", model, job.id
    for number in range(DATASETS):
        yield "dataset", str(number), await store("datasets", "DatasetStore", database).get(f"ds-{number}")
    conversations = store("conversations", "ConversationStore", database)
    yield "conversation", "conv-1", await conversations.get("conv-1")
    yield "turns", "conv-1", await conversations.turns("conv-1")
    yield "limits", "all", await store("spending", "BudgetStore", database).limits()
    for place, entry in await store("audit", "AuditLog", database).latest(1_000_000):
        yield "audit", str(place), entry
    outbox, cards = store("outbox", "Outbox", database), store("outbox", "CardStore", database)
    yield "open notices", "all", await outbox.open()
    yield "next notices", "all", [each.notice for each in await outbox.next(time.time())]
    yield "cards to edit", "all", sorted(card.job_id for card in await cards.dirty(1_000_000))
    yield "requests", "all", [(each.key, each.payload) for each in await store("inbox", "Inbox", database).pending()]
    await database.close()


async def tell(folder: Path) -> None:
    async for kind, key, value in told(folder):
        print(json.dumps([kind, key, msgspec.to_builtins(value)]))


if __name__ == "__main__":
    asked = Path(os.environ["PYTHONPATH"].split(os.pathsep)[0])
    assert Path(str(bot.__file__)).is_relative_to(asked), "this is the code of another bot"
    asyncio.run(fill(Path(sys.argv[2]), int(sys.argv[3])) if sys.argv[1] == "fill" else tell(Path(sys.argv[2])))
