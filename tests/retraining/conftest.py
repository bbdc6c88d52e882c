"""Training sets, files, models and jobs on a real store."""

from pathlib import Path

import msgspec
import pytest

from bot.access import Policy
from bot.audit import Entry
from bot.authority import Authority
from bot.collections.collection import Collection, Example
from bot.collections.export import CollectionFiles
from bot.collections.learned import LearnedModels
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.retraining.next_model import NextModels
from bot.retraining.sources import TrainingSources
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.worker_processes import WorkerPools
from tests.compare.conftest import (
    arenas,
    asking,
    authority,
    budgets,
    catalogue,
    channel_models,
    chat_models,
    datasets,
    file_store,
    lost_models,
    pools,
    spending,
    store,
)
from tests.parts import MODEL, a_job, a_report
from tests.slack_requests import ANA, a_caller

__all__ = [
    "arenas",
    "asking",
    "authority",
    "budgets",
    "catalogue",
    "channel_models",
    "chat_models",
    "datasets",
    "file_store",
    "lost_models",
    "pools",
    "spending",
    "store",
]

PUBLIC, PRIVATE = "C0TRAINING", "C0SECRET"
PARENT = f"ft:{MODEL}:acme:voice:1"


def chat(question: str, answer: str) -> str:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return msgspec.json.encode({"messages": messages}).decode()


def pair(question: str, chosen: str, rejected: str) -> str:
    value = {
        "input": {"messages": [{"role": "user", "content": question}]},
        "preferred_output": [{"role": "assistant", "content": chosen}],
        "non_preferred_output": [{"role": "assistant", "content": rejected}],
    }
    return msgspec.json.encode(value).decode()


class World:
    def __init__(self, database: Database, folder: Path, pools: WorkerPools) -> None:
        self.collections, self.datasets = SqlCollectionStore(database), SqlDatasetStore(database)
        self.jobs, self.audit = SqlJobStore(database), SqlAuditLog(database)
        self.file_store = FileStore(folder, 1_000_000)
        self.authority = Authority(Policy(), self.audit)
        self.learned = LearnedModels(self.collections, self.datasets, self.jobs, self.authority)
        self.files = CollectionFiles(self.collections, self.datasets, self.file_store, self.authority)
        self.sources = TrainingSources(self.collections, self.datasets)
        self.next_models = NextModels(
            self.files,
            self.sources,
            self.learned,
            self.jobs,
            self.datasets,
            self.file_store,
            pools,
            self.authority,
        )

    async def collection(self, *lines: str, id: str = "col-1", model: str | None = None, channel: str = PUBLIC) -> str:
        made = Collection(id, "House voice", ANA.user, "T0ACME", channel, channel != PUBLIC, 1.0)
        await self.collections.create(made, Entry(f"make/{id}", 1.0, ANA.user, "create collection", id))
        for number, line in enumerate(lines):
            await self.example(f"{id}-{number}", line, id, model=model, channel=channel)
        return id

    async def example(
        self,
        id: str,
        line: str,
        collection: str = "col-1",
        *,
        model: str | None = None,
        channel: str = PUBLIC,
        contributor: str = ANA.user,
    ) -> None:
        new = Example(
            id, collection, line, "thread", channel, "1.0", channel != PUBLIC, (contributor,), ANA.user, 1.0, model
        )
        await self.collections.add(new, Entry(f"add/{id}", 1.0, ANA.user, "add example", collection))

    async def file(
        self, id: str, *lines: str, channel: str = PUBLIC, format: str = "chat", **fields: object
    ) -> Dataset:
        path = self.file_store.path(id)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        dataset = Dataset(
            id,
            id,
            f"{id}.jsonl",
            path.stat().st_size,
            ANA.user,
            "T0ACME",
            channel,
            channel != PUBLIC,
            "1.0",
            1.0,
            report=a_report(format=format),
        )
        dataset = msgspec.structs.replace(dataset, **fields)
        await self.datasets.save(dataset)
        return dataset

    async def trained(self, model: str, dataset: str | None, base: str = MODEL, **fields: object) -> Job:
        number = len(await self.jobs.latest(99)) + 1
        channel = fields.pop("channel", PUBLIC)
        job = a_job(
            **{
                "id": f"job-{number}",
                "state": "succeeded",
                "base_model": base,
                "dataset_id": dataset,
                "fine_tuned_model": model,
                "origin": Origin("T0ACME", str(channel), channel != PUBLIC),
                "created_at": float(number),
                **fields,
            }
        )
        assert await self.jobs.insert(job, JobUpdate(job, followed=False))
        return job

    async def made(self, collection: str = "col-1", key: str = "press/1") -> tuple[Dataset, list[str]]:
        """The next model's training file, and its lines."""
        caller = a_caller(key=key)
        plan = await self.next_models.plan(caller, collection)
        dataset = await self.next_models.make(caller, plan, "5.0", private=False)
        return dataset, self.file_store.path(dataset.sha256).read_text(encoding="utf-8").splitlines()


@pytest.fixture
def world(database: Database, tmp_path: Path, pools: WorkerPools) -> World:
    return World(database, tmp_path / "files", pools)
