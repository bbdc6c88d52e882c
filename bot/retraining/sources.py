"""What a training file holds that may still be learned from: examples of collections as they are now, and files that
people dropped."""

from collections.abc import Iterable

import msgspec

from bot.access import Place
from bot.collections.collection import CollectionStore, Example, usable
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore


class Sources(msgspec.Struct, frozen=True):
    """`examples` that were erased since, or wait for somebody's agreement again, are not among them. `files` hold no
    example of a collection."""

    examples: tuple[Example, ...] = ()
    files: tuple[Dataset, ...] = ()


class TrainingSources:
    def __init__(self, collections: CollectionStore, datasets: DatasetStore) -> None:
        self._collections = collections
        self._datasets = datasets

    async def of(self, dataset: Dataset | None) -> Sources:
        """What the data set, and those that it was derived from, were made of."""
        examples: dict[str, Example] = {}
        origin: Dataset | None = dataset
        while origin is not None and origin.deleted_at is None:
            made, kept = await self._collections.made_into(origin.id)
            examples |= {example.id: example for example in await self._usable(kept)}
            if not made and not await self._stems_from_examples(origin):
                return Sources(tuple(examples.values()), (origin,))
            origin = await self._datasets.get(origin.derived_from) if origin.derived_from else None
        return Sources(tuple(examples.values()))

    async def _stems_from_examples(self, dataset: Dataset) -> bool:
        origin: Dataset | None = dataset
        while origin is not None:
            if (await self._collections.made_into(origin.id))[0]:
                return True
            origin = await self._datasets.get(origin.derived_from) if origin.derived_from else None
        return False

    async def _usable(self, examples: Iterable[Example]) -> list[Example]:
        by_channel: dict[str, list[Example]] = {}
        for example in examples:
            by_channel.setdefault(example.channel, []).append(example)
        return [
            example
            for channel, said in by_channel.items()
            for example in usable(said, Place(channel), await self._collections.agreed(channel))
        ]
