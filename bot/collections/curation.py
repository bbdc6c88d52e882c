"""Keeping collections in order: what they are called, which examples are in them, and who has looked at these."""

from collections.abc import Sequence

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.collections.collection import Collection, CollectionStore, Example, new_id
from bot.collections.selection import Filter, Selection
from bot.errors import Conflict, Invalid, NotFound
from training_files.example_format import Format, format_of


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

    async def changeable(self, caller: Caller, collection_id: str) -> Collection:
        """The collection, if the caller may change it. Raises NotFound, Denied."""
        return await self._collection(caller, collection_id, Action.CHANGE_COLLECTION)

    async def describe(self, caller: Caller, collection_id: str, name: str, licence: str) -> None:
        """Give it another name and note about its licence. Raises like `changeable`; Invalid where the name is
        taken."""
        collection = await self.changeable(caller, collection_id)
        await self._require_free(name, collection.audience, collection)

        def described(one: Collection) -> Collection:
            return msgspec.structs.replace(one, name=name, licence=licence)

        await self._store.change(collection_id, described, entry(caller, "describe collection", collection_id))

    async def merge_targets(self, caller: Caller, collection_id: str) -> Sequence[Collection]:
        """What it can be merged into: seen by the same people, of the same format, and the caller may add to it. Raises
        like `changeable`; Conflict where there is none."""
        collection = await self.changeable(caller, collection_id)
        formats = await self._formats(collection)
        found = [
            one
            for one in await self._store.all()
            if one.id != collection.id
            and one.audience == collection.audience
            and self._authority.allows(caller, Action.ADD_EXAMPLE, one.resource)
            and len(formats | await self._formats(one)) < 2
        ]
        if not found:
            raise Conflict("nothing_to_merge_into")
        return found

    async def merge(self, caller: Caller, collection_id: str, into: str) -> None:
        """All of its examples go into another collection, and it is gone. Raises like `merge_targets`."""
        if caller.is_retry and await self._store.get(collection_id) is None:
            return
        if into not in [one.id for one in await self.merge_targets(caller, collection_id)]:
            raise NotFound("no_such_thing", kind="collection")
        merged = entry(caller, "merge collection", collection_id, details=into)
        await self._store.merge(collection_id, into, [merged, entry(caller, "absorb collection", into)])

    async def all_of(self, caller: Caller, collection_id: str) -> tuple[Collection, Sequence[Example]]:
        """The collection and its examples, for whoever is to say which of them. Raises like `changeable`."""
        return await self.changeable(caller, collection_id), await self._store.examples(collection_id)

    async def select(self, caller: Caller, collection_id: str, by: Filter) -> Selection:
        """The examples that a filter lets through. Raises like `changeable`; Invalid where it lets all through."""
        collection = await self.changeable(caller, collection_id)
        if by == Filter():
            raise Invalid("nothing_to_filter_by", "text")
        examples = await self._store.examples(collection_id)
        return Selection(collection, tuple(by.chosen(examples)), len(examples))

    async def remove_selected(self, caller: Caller, collection_id: str, by: Filter, seen: str) -> None:
        """Erase those with their words. `seen`: the version of the selection that the caller has seen. Raises like
        `select`; Conflict where it is another by now."""
        selected = await self._selected(caller, collection_id, by, seen)
        if selected is not None:
            ids = [example.id for example in selected.examples]
            await self._store.erase(ids, entry(caller, "remove examples", collection_id, details=str(len(ids))))

    async def split_off(self, caller: Caller, collection_id: str, by: Filter, seen: str, name: str) -> str:
        """Move those into a new collection, which is seen where the old one is; its id. Raises like `remove_selected`;
        Invalid where the name is taken."""
        id = new_id(caller.key, name)
        if caller.is_retry and await self._store.get(id) is not None:
            return id
        selected = await self._selected(caller, collection_id, by, seen)
        if selected is None:
            return collection_id
        await self._require_free(name, selected.collection.audience)
        new = msgspec.structs.replace(selected.collection, id=id, name=name, owner=caller.user, created_at=caller.at)
        ids = [example.id for example in selected.examples]
        done = entry(caller, "split collection", collection_id, details=f"{len(ids)} {id}")
        await self._store.split_off(collection_id, ids, new, [done, entry(caller, "create collection", id)])
        return id

    async def _selected(self, caller: Caller, collection_id: str, by: Filter, seen: str) -> Selection | None:
        """None where an earlier attempt of the same request may have taken them away."""
        selection = await self.select(caller, collection_id, by)
        if selection.version == seen and selection.examples:
            return selection
        if not caller.is_retry:
            raise Conflict("selection_changed")
        return None

    async def _formats(self, collection: Collection) -> set[Format | None]:
        examples = await self._store.examples(collection.id)
        return {format_of(msgspec.json.decode(example.line)) for example in examples}

    async def _require_free(self, name: str, audience: str | None, but: Collection | None = None) -> None:
        """Of two that are seen by the same people, a name has to tell which is meant."""
        for one in await self._store.all():
            if one != but and one.audience == audience and one.name.casefold() == name.casefold():
                raise Invalid("name_taken", "name")

    async def require_review(self, caller: Caller, collection_id: str, review: bool) -> None:
        """Whether examples that are added from now on wait until somebody else accepts them. What waits goes on
        waiting. Raises NotFound, Denied."""
        await self.changeable(caller, collection_id)
        done = entry(caller, "require review" if review else "end review", collection_id)
        await self._store.change(collection_id, lambda one: msgspec.structs.replace(one, review=review), done)

    async def accept(self, caller: Caller, collection_id: str, example_id: str, seen: str) -> None:
        """Nobody accepts what they added themselves, administrators aside. `seen`: the version that the caller has
        seen. Raises NotFound where it is gone, Denied, Conflict where it was changed since or accepted already."""
        example = await self._unreviewed(caller, collection_id, example_id, seen)
        accepted = entry(caller, "accept example", collection_id, details=example_id)
        if example is not None and not await self._store.accept(example, caller.user, accepted):
            raise Conflict("example_changed")

    async def reject(self, caller: Caller, collection_id: str, example_id: str, seen: str) -> None:
        """Erase it with its words. Raises like `accept`."""
        example = await self._unreviewed(caller, collection_id, example_id, seen)
        rejected = entry(caller, "reject example", collection_id, details=example_id)
        if example is not None and not await self._store.reject(example, rejected):
            raise Conflict("example_changed")

    async def _unreviewed(self, caller: Caller, collection_id: str, example_id: str, seen: str) -> Example | None:
        """None where an earlier attempt of the same request may have done it."""
        collection, example = await self._example(caller, collection_id, example_id)
        if example is None:
            return None
        await self._authority.require(caller, Action.REVIEW, collection.resource_of(example))
        if not example.unreviewed:
            if caller.is_retry:
                return None
            raise Conflict("example_accepted")
        if example.version != seen:
            raise Conflict("example_changed")
        return example

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
