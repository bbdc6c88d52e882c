"""Keeping collections in order: examples are removed, accepted and rejected."""

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.collections.collection import Collection, CollectionStore, Example
from bot.errors import Conflict, NotFound


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

    async def require_review(self, caller: Caller, collection_id: str, review: bool) -> None:
        """Whether examples that are added from now on wait until somebody else accepts them. What waits goes on
        waiting. Raises NotFound, Denied."""
        await self._collection(caller, collection_id, Action.CHANGE_COLLECTION)
        done = entry(caller, "require review" if review else "end review", collection_id)
        await self._store.require_review(collection_id, review, done)

    async def accept(self, caller: Caller, collection_id: str, example_id: str, seen: str) -> None:
        """Nobody accepts what they added themselves, administrators aside. `seen`: the version that the caller has
        seen. Raises NotFound where it is gone, Denied, Conflict where it was changed since."""
        example = await self._unreviewed(caller, collection_id, example_id)
        if example is None:
            return
        done = entry(caller, "accept example", collection_id, details=example_id)
        if example.version != seen or not await self._store.accept(example, caller.user, done):
            raise Conflict("example_changed")

    async def reject(self, caller: Caller, collection_id: str, example_id: str) -> None:
        """Erase it with its words. Raises like `accept`; Conflict where it was accepted."""
        example = await self._unreviewed(caller, collection_id, example_id)
        if example is not None:
            await self._store.erase([example_id], entry(caller, "reject example", collection_id, details=example_id))

    async def _unreviewed(self, caller: Caller, collection_id: str, example_id: str) -> Example | None:
        """None where an earlier attempt of the same request may have done it."""
        collection, example = await self._example(caller, collection_id, example_id)
        if example is None:
            return None
        await self._authority.require(caller, Action.REVIEW, collection.resource_of(example))
        if example.unreviewed:
            return example
        if not caller.is_retry:
            raise Conflict("example_accepted")
        return None

    async def _collection(self, caller: Caller, collection_id: str, action: Action) -> Collection:
        collection = await self._store.get(collection_id)
        if collection is None:
            raise NotFound("no_such_thing", kind="collection")
        await self._authority.require(caller, action, collection.resource)
        return collection

    async def _example(self, caller: Caller, collection_id: str, example_id: str) -> tuple[Collection, Example | None]:
        """None where an earlier attempt of the same request may have erased it."""
        collection = await self._collection(caller, collection_id, Action.SEE)
        example = await self._store.example(example_id)
        if example is not None and example.collection_id == collection_id:
            return collection, example
        if not caller.is_retry:
            raise NotFound("no_such_thing", kind="example")
        return collection, None
