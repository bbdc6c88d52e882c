"""Keeping collections in order: examples are removed."""

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.collections.collection import Collection, CollectionStore, Example
from bot.errors import NotFound


class CollectionCuration:
    def __init__(self, store: CollectionStore, authority: Authority) -> None:
        self._store = store
        self._authority = authority

    async def remove(self, caller: Caller, collection_id: str, example_id: str) -> None:
        """Erase an example with its words: whoever added it or speaks in it, the collection's owner or an
        administrator. Raises NotFound where it is gone, Denied."""
        collection, example = await self._example(caller, collection_id, example_id)
        if example is None:
            return
        if not example.is_of(caller.user):
            await self._authority.require(caller, Action.CHANGE_COLLECTION, collection.resource)
        await self._store.erase([example_id], entry(caller, "remove example", collection_id, details=example_id))

    async def _example(self, caller: Caller, collection_id: str, example_id: str) -> tuple[Collection, Example | None]:
        """None where an earlier attempt of the same request may have erased it."""
        collection = await self._store.get(collection_id)
        if collection is None:
            raise NotFound("no_such_thing", kind="collection")
        await self._authority.require(caller, Action.SEE, collection.resource)
        example = await self._store.example(collection_id, example_id)
        if example is None and not caller.is_retry:
            raise NotFound("no_such_thing", kind="example")
        return collection, example
