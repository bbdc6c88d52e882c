"""Collections on a real store, with the use cases about them."""

import json
from pathlib import Path

from bot.access import Actor, Policy, Role
from bot.audit import Entry
from bot.authority import Authority
from bot.collections.adding import ThreadCollections
from bot.collections.collection import Collection, Example
from bot.collections.curation import CollectionCuration
from bot.collections.export import CollectionFiles
from bot.collections.learned import LearnedModels
from bot.collections.views import CollectionViews
from bot.collections.withdrawal import Withdrawal
from bot.datasets.file_store import FileStore
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.feedback import SqlRatingStore
from bot.store.generations import SqlGenerationStore
from bot.store.jobs import SqlJobStore
from tests.slack_requests import ANA

BEN, CAI = Actor("U0BEN", "T0ACME"), Actor("U0CAI", "T0ACME")
ADMIN = Actor("U0ADMIN", "T0ACME", Role.ADMIN)
PUBLIC, PRIVATE = "C0TRAINING", "C0SECRET"


def chat_line(question: str = "Hi", answer: str = "Hello") -> str:
    said = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": said}, separators=(",", ":"))


def pair_line(question: str = "Hi", preferred: str = "Hello", rejected: str = "What") -> str:
    pair = {
        "input": {"messages": [{"role": "user", "content": question}]},
        "preferred_output": [{"role": "assistant", "content": preferred}],
        "non_preferred_output": [{"role": "assistant", "content": rejected}],
    }
    return json.dumps(pair, separators=(",", ":"))


class Collecting:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.store, self.datasets = SqlCollectionStore(database), SqlDatasetStore(database)
        self.jobs, self.audit = SqlJobStore(database), SqlAuditLog(database)
        self.file_store = FileStore(folder, 1_000_000)
        self.authority = Authority(Policy(), self.audit)
        learned = LearnedModels(self.store, self.datasets, self.jobs, self.authority)
        self.adding = ThreadCollections(self.store, self.authority)
        self.views = CollectionViews(self.store, learned, self.audit, self.authority)
        self.curation = CollectionCuration(self.store, self.authority)
        self.withdrawal = Withdrawal(
            self.store, SqlRatingStore(database), SqlGenerationStore(database), learned, self.authority
        )
        self.files = CollectionFiles(self.store, self.datasets, self.file_store, self.authority)

    async def collection(
        self, id: str = "col-1", name: str = "", *, private: bool = False, licence: str = "", review: bool = False
    ) -> str:
        """Of Ana's."""
        made = Collection(
            id, name or f"Set {id}", ANA.user, "T0ACME", PRIVATE if private else PUBLIC, private, 1.0, licence, review
        )
        await self.store.create(made, Entry(f"make/{id}", 1.0, ANA.user, "create collection", id))
        return id

    async def example(
        self,
        id: str,
        into: str = "col-1",
        *,
        line: str = "",
        by: str = ANA.user,
        people: tuple[str, ...] = (),
        private: bool = False,
        origin: str = "thread",
        at: float = 1.0,
        model: str | None = None,
    ) -> Example:
        """Added by `by`, whose words it holds where no other people's are said to be in it."""
        line = line or chat_line(f"What is {id}?", f"It is {id}.")
        channel = PRIVATE if private else PUBLIC
        example = Example(id, into, line, origin, channel, "1.0", private, people or (by,), by, at, model)
        await self.store.add(example, Entry(f"add/{id}", at, by, "add example", into))
        return example

    async def ids(self, collection_id: str = "col-1") -> list[str]:
        return [example.id for example in await self.store.examples(collection_id)]

    async def acts(self, collection_id: str = "col-1") -> list[str]:
        """What the audit log knows was done to it."""
        return [entry.action for entry in await self.audit.about(collection_id)]
