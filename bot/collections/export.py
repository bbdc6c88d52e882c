"""Training files made of collections."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.collections.collection import Collection, CollectionStore, Example, learning_place, usable
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.errors import Conflict, NotFound

FEWEST: Final = 10
"""Examples that a training file needs (OpenAI's guide to supervised fine-tuning, read 2026-11-21)."""


class CollectionFiles:
    def __init__(
        self,
        store: CollectionStore,
        datasets: DatasetStore,
        file_store: FileStore,
        authority: Authority,
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._file_store = file_store
        self._authority = authority

    async def begin(self, caller: Caller, collection_id: str) -> tuple[Collection, int]:
        """The collection, and how many examples its training file will have. Raises NotFound, Denied where others would
        see what they may not, Conflict where there are too few."""
        collection, examples = await self.usable(caller, collection_id)
        if len(examples) < FEWEST:
            raise Conflict("too_few_examples", least=FEWEST, count=len(examples))
        return collection, len(examples)

    async def usable(self, caller: Caller, collection_id: str) -> tuple[Collection, list[Example]]:
        """The collection, and its examples that may be trained on where the caller is. Raises NotFound, Denied where
        others would see what they may not."""
        collection = await self._store.get(collection_id)
        if collection is None:
            raise NotFound("no_such_thing", kind="collection")
        await self._authority.require_to_post(caller, Action.ADD_EXAMPLE, collection.resource)
        return collection, await self._usable(caller, collection, await self._store.examples(collection_id))

    async def export(self, caller: Caller, collection: Collection, thread_ts: str, *, private: bool) -> Dataset:
        """A training file of what may be used, as a data set in this thread of a channel that is `private` or not. Made
        again after a crash it is the same."""
        known = await self._datasets.get(dataset_id(caller))
        if known is not None:
            return known
        examples = await self._usable(caller, collection, await self._store.examples(collection.id))
        part = self._file_store.part()
        try:
            part.write_bytes("".join(f"{example.line}\n" for example in examples).encode())
            dataset = made_of(collection, caller, part, thread_ts, private=private)
            return await self.keep(caller, collection, dataset, part, examples)
        finally:
            part.unlink(missing_ok=True)

    async def keep(
        self, caller: Caller, collection: Collection, dataset: Dataset, part: Path, examples: Sequence[Example]
    ) -> Dataset:
        """Store what was made of the collection: `part` becomes our copy. `examples`: all that it holds."""
        await self._file_store.adopt(part, dataset.sha256)
        exported = entry(caller, "export collection", collection.id, details=dataset.id)
        await self._store.exported(dataset.id, [example.id for example in examples], exported)
        await self._datasets.save(dataset)
        return dataset

    async def _usable(self, caller: Caller, collection: Collection, examples: list[Example]) -> list[Example]:
        place = learning_place(collection, caller.posts_in)
        return usable(examples, place, await self._store.agreed(collection.channel))


def dataset_id(caller: Caller) -> str:
    """Of what the caller's request makes: the same after a crash."""
    return f"ds-{hashlib.sha256(caller.key.encode()).hexdigest()[:10]}"


def made_of(collection: Collection, caller: Caller, content: Path, thread_ts: str, *, private: bool) -> Dataset:
    """The data set of a training file made of the collection, in this thread of a channel that is `private` or not."""
    with content.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Dataset(
        id=dataset_id(caller),
        sha256=sha256,
        name=f"{_file_name(collection.name)}.jsonl",
        bytes=content.stat().st_size,
        owner=caller.user,
        team=caller.team,
        channel=caller.channel,
        channel_private=private or collection.private,
        thread_ts=thread_ts,
        created_at=caller.at,
    )


def _file_name(name: str) -> str:
    """Letters and digits of any script, and hyphens."""
    words = "".join(letter if letter.isalnum() else " " for letter in name).split()
    return "-".join(words)[:80] or "training-set"
