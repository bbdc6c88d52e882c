"""Adding to collections: which ones a person may add to, and what of private talk waits for agreement."""

from collections.abc import Sequence

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.collections.collection import Collection, CollectionStore, Example, new_id
from bot.errors import Invalid, NotFound
from bot.thread_examples.adding import Added, Choice, NewExample


class ThreadCollections:
    """Implements `bot.thread_examples.adding.Collections`."""

    def __init__(self, store: CollectionStore, authority: Authority) -> None:
        self._store = store
        self._authority = authority

    async def choices(self, caller: Caller, *, private: bool) -> Sequence[Choice]:
        """What was said in private may go only where it can be seen by the same people."""
        return [Choice(one.id, one.name) for one in await self._fitting(caller, private=private)]

    async def add(self, caller: Caller, collection: str | None, name: str, example: NewExample) -> Added:
        """Raises NotFound where there is no such collection here, Invalid where private words would leave their
        place."""
        await self._authority.require(caller, Action.ADD_EXAMPLE)
        where = await self._of_known(caller, example.id) if collection is None else None
        where = where or await self._into(caller, collection, name, private=example.private)
        if example.private and not (where.private and where.channel == example.channel):
            raise Invalid("private_words_stay", "collection")
        new = Example(
            example.id,
            where.id,
            example.line,
            example.origin,
            example.channel,
            example.thread_ts,
            example.private,
            example.contributors,
            caller.user,
            caller.at,
            example.model,
            example.masked,
        )
        size = await self._store.add(new, entry(caller, Action.ADD_EXAMPLE, where.id))
        waits_for = new.waits_for(await self._store.agreed(example.channel))
        return Added(Choice(where.id, where.name), size, waits_for, where.review)

    async def _of_known(self, caller: Caller, example_id: str) -> Collection | None:
        """Where an example that is changed is by now, however the collection is called."""
        known = await self._store.example(example_id)
        where = await self._store.get(known.collection_id) if known else None
        allowed = where is not None and self._authority.allows(caller, Action.ADD_EXAMPLE, where.resource)
        return where if allowed else None

    async def _into(self, caller: Caller, collection: str | None, name: str, *, private: bool) -> Collection:
        if collection is not None:
            known = await self._store.get(collection)
            if known is None:
                raise NotFound("no_such_thing", kind="collection")
            await self._authority.require(caller, Action.ADD_EXAMPLE, known.resource)
            return known
        fitting = await self._fitting(caller, private=private)
        same = [one for one in fitting if one.private == private and one.name.casefold() == name.casefold()]
        if same:
            return same[0]
        id = new_id(caller.key, name)
        new = Collection(id, name, caller.user, caller.team, caller.channel, private, caller.at)
        return await self._store.create(new, entry(caller, "create collection", id))

    async def _fitting(self, caller: Caller, *, private: bool) -> list[Collection]:
        return [
            one
            for one in await self._store.all()
            if self._authority.allows(caller, Action.ADD_EXAMPLE, one.resource)
            and (not private or (one.private and one.channel == caller.channel))
        ]
