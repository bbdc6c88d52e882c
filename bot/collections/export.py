"""Collections as people see them, and as training files."""

import hashlib
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.collections.collection import Collection, CollectionStore, Example, usable
from bot.collections.learned import Learned, LearnedModels
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.errors import Conflict, NotFound

FEWEST: Final = 10
"""Examples that a training file needs (OpenAI's guide to supervised fine-tuning, read 2026-11-21)."""


class CollectionSummary(msgspec.Struct, frozen=True):
    """`usable` of its examples may be trained on where the caller is; `waiting` wait for somebody's agreement."""

    collection: Collection
    usable: int
    waiting: int
    learned: Learned


class CollectionFiles:
    def __init__(
        self,
        store: CollectionStore,
        learned: LearnedModels,
        datasets: DatasetStore,
        file_store: FileStore,
        authority: Authority,
    ) -> None:
        self._store = store
        self._learned = learned
        self._datasets = datasets
        self._file_store = file_store
        self._authority = authority

    async def overview(self, caller: Caller) -> list[CollectionSummary]:
        """The collections that may be seen where the caller sees the answer."""
        await self._authority.require(caller, Action.SEE)
        found = []
        for collection in await self._store.all():
            if self._authority.allows(caller, Action.SEE, collection.resource):
                examples = await self._store.examples(collection.id)
                good = await self._usable(caller, collection, examples)
                learned = await self._learned.from_examples(caller, [example.id for example in examples])
                found.append(CollectionSummary(collection, len(good), len(examples) - len(good), learned))
        return found

    async def begin(self, caller: Caller, collection_id: str) -> tuple[Collection, int]:
        """The collection, and how many examples its training file will have. Raises NotFound, Denied where others would
        see what they may not, Conflict where there are too few."""
        collection = await self._store.get(collection_id)
        if collection is None:
            raise NotFound("no_such_thing", kind="collection")
        await self._authority.require_to_post(caller, Action.ADD_EXAMPLE, collection.resource)
        count = len(await self._usable(caller, collection, await self._store.examples(collection_id)))
        if count < FEWEST:
            raise Conflict("too_few_examples", least=FEWEST, count=count)
        return collection, count

    async def export(self, caller: Caller, collection: Collection, thread_ts: str, *, private: bool) -> Dataset:
        """A training file of what may be used, as a data set in this thread of a channel that is `private` or not. Made
        again after a crash it is the same."""
        dataset_id = f"ds-{hashlib.sha256(caller.key.encode()).hexdigest()[:10]}"
        known = await self._datasets.get(dataset_id)
        if known is not None:
            return known
        examples = await self._usable(caller, collection, await self._store.examples(collection.id))
        content = "".join(f"{example.line}\n" for example in examples).encode()
        part = self._file_store.part()
        try:
            part.write_bytes(content)
            stored = self._file_store.adopt(part, hashlib.sha256(content).hexdigest())
        finally:
            part.unlink(missing_ok=True)
        dataset = Dataset(
            id=dataset_id,
            sha256=stored.sha256,
            name=f"{_file_name(collection.name)}.jsonl",
            bytes=stored.bytes,
            owner=caller.user,
            team=caller.team,
            channel=caller.channel,
            channel_private=private or collection.private,
            thread_ts=thread_ts,
            created_at=caller.at,
        )
        exported = entry(caller, "export collection", collection.id, details=dataset_id)
        await self._store.exported(dataset_id, [example.id for example in examples], exported)
        await self._datasets.save(dataset)
        return dataset

    async def _usable(self, caller: Caller, collection: Collection, examples: list[Example]) -> list[Example]:
        place = caller.posts_in
        if collection.private:
            place = msgspec.structs.replace(place, channel=collection.channel)
        return usable(examples, place, await self._store.agreed(collection.channel))


def _file_name(name: str) -> str:
    """Letters and digits of any script, and hyphens."""
    words = "".join(letter if letter.isalnum() else " " for letter in name).split()
    return "-".join(words)[:80] or "training-set"
