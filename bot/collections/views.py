"""Collections as people look at them: a list, one of them, and its examples."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, islice
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.audit import AuditLog, Outcome
from bot.authority import Authority
from bot.collections.collection import Collection, CollectionStore, Example, learning_place, usable
from bot.collections.gist import Gist, gist
from bot.collections.learned import Learned, LearnedModels
from bot.errors import NotFound

BY_PAGE: Final = 10
EXAMPLES_BY_PAGE: Final = 5
_LATEST: Final = 5


class CollectionSummary(msgspec.Struct, frozen=True):
    """`usable` of its examples may be trained on where the caller is; `waiting` wait for somebody's agreement,
    `unreviewed` to be accepted."""

    collection: Collection
    usable: int
    waiting: int
    learned: Learned
    unreviewed: int = 0


class CollectionPage(msgspec.Struct, frozen=True):
    """Page `number` of `pages`, from 1; none where there is no collection."""

    found: tuple[CollectionSummary, ...]
    number: int = 1
    pages: int = 0


class Done(msgspec.Struct, frozen=True):
    """What somebody did `times` times in a row, at last at `at`, in seconds since the epoch."""

    actor: str
    action: str
    at: float
    times: int = 1


class CollectionView(msgspec.Struct, frozen=True):
    """One collection. `origins`: how many examples came about in each way. `history`: what was done to it, the latest
    first. `may_change`: whether the caller may."""

    summary: CollectionSummary
    origins: dict[str, int]
    history: tuple[Done, ...]
    may_change: bool


class ExampleView(msgspec.Struct, frozen=True):
    """`waits_for`: whose agreement is missing. `may_remove`, `may_review`: whether the caller may."""

    example: Example
    gist: Gist
    learned: Learned
    waits_for: tuple[str, ...]
    may_remove: bool
    may_review: bool


class ExamplePage(msgspec.Struct, frozen=True):
    """Page `number` of `pages`, from 1, of a collection's examples, the latest first; `count` on all pages.
    `unreviewed`: of those that wait to be accepted."""

    collection: Collection
    found: tuple[ExampleView, ...]
    count: int
    number: int = 1
    pages: int = 0
    unreviewed: bool = False


class CollectionViews:
    def __init__(self, store: CollectionStore, learned: LearnedModels, audit: AuditLog, authority: Authority) -> None:
        self._store = store
        self._learned = learned
        self._audit = audit
        self._authority = authority

    async def overview(self, caller: Caller, number: int = 1) -> CollectionPage:
        """The collections that may be seen where the caller sees the answer, the latest first. A page that is not there
        (any more) gives way to the last."""
        seen = await self._seen(caller)
        number, pages = _page(number, len(seen), BY_PAGE)
        found = [await self._summary(caller, one) for one in seen[(number - 1) * BY_PAGE : number * BY_PAGE]]
        return CollectionPage(tuple(found), number, pages)

    async def named(self, caller: Caller, words: str) -> Sequence[Collection]:
        """Those that `words` may mean: an id, a name, or the beginning of one. Raises NotFound where there is none."""
        seen, meant = await self._seen(caller), words.casefold()
        found = [one for one in seen if one.id == words or one.name.casefold() == meant]
        found = found or [one for one in seen if one.name.casefold().startswith(meant)]
        if not found:
            raise NotFound("no_such_thing", kind="collection")
        return found

    async def summaries(self, caller: Caller, collections: Sequence[Collection]) -> CollectionPage:
        """Some of them, as a page of the list."""
        return CollectionPage(tuple([await self._summary(caller, one) for one in collections[:BY_PAGE]]), 1, 1)

    async def view(self, caller: Caller, collection_id: str) -> CollectionView:
        """Raises NotFound where it may not be seen where the caller sees the answer."""
        collection = await self._get(caller, collection_id)
        examples = await self._store.examples(collection_id)
        return CollectionView(
            await self._summary(caller, collection),
            dict(Counter(example.origin for example in examples)),
            await self._history(collection, examples),
            self._authority.allows(caller, Action.CHANGE_COLLECTION, collection.resource),
        )

    async def examples(
        self, caller: Caller, collection_id: str, number: int = 1, *, unreviewed: bool = False
    ) -> ExamplePage:
        """All, or those that are `unreviewed`. Raises like `view`. A page that is not there (any more) gives way to the
        last."""
        collection = await self._get(caller, collection_id)
        examples = (await self._store.examples(collection_id))[::-1]
        if unreviewed:
            examples = [example for example in examples if example.unreviewed]
        number, pages = _page(number, len(examples), EXAMPLES_BY_PAGE)
        agreed = await self._store.agreed(collection.channel)
        may_change = self._authority.allows(caller, Action.CHANGE_COLLECTION, collection.resource)
        found = [
            ExampleView(
                example,
                gist(example.line),
                await self._learned.from_examples(caller, [example.id]),
                example.waits_for(agreed),
                may_change or example.is_of(caller.user),
                example.unreviewed and self._authority.allows(caller, Action.REVIEW, collection.resource_of(example)),
            )
            for example in examples[(number - 1) * EXAMPLES_BY_PAGE : number * EXAMPLES_BY_PAGE]
        ]
        return ExamplePage(collection, tuple(found), len(examples), number, pages, unreviewed)

    async def _seen(self, caller: Caller) -> list[Collection]:
        await self._authority.require(caller, Action.SEE)
        return [one for one in await self._store.all() if self._authority.allows(caller, Action.SEE, one.resource)]

    async def _get(self, caller: Caller, collection_id: str) -> Collection:
        collection = await self._store.get(collection_id)
        if collection is None:
            raise NotFound("no_such_thing", kind="collection")
        await self._authority.require(caller, Action.SEE, collection.resource)
        return collection

    async def _summary(self, caller: Caller, collection: Collection) -> CollectionSummary:
        examples = await self._store.examples(collection.id)
        agreed = await self._store.agreed(collection.channel)
        good = usable(examples, learning_place(collection, caller.posts_in), agreed)
        learned = await self._learned.from_examples(caller, [example.id for example in examples])
        waiting = sum(1 for example in examples if example.waits_for(agreed))
        unreviewed = sum(1 for example in examples if example.unreviewed)
        return CollectionSummary(collection, len(good), waiting, learned, unreviewed)

    async def _history(self, collection: Collection, examples: Sequence[Example]) -> tuple[Done, ...]:
        """Without those who took back all that they had added."""
        adders = {example.added_by for example in examples}
        done = [
            entry
            for entry in await self._audit.about(collection.id)
            if entry.outcome is Outcome.DONE and (entry.action != Action.ADD_EXAMPLE or entry.actor in adders)
        ]
        alike = groupby(reversed(done), key=lambda entry: (entry.actor, entry.action))
        history = [
            Done(actor, action, latest.at, 1 + sum(1 for _ in earlier))
            for (actor, action), earlier in islice(alike, _LATEST)
            if (latest := next(earlier))
        ]
        return tuple(history)


def _page(number: int, count: int, by_page: int) -> tuple[int, int]:
    """The page that is shown, and how many there are."""
    pages = -(-count // by_page)
    return max(1, min(number, pages)), pages
