"""Taking back what one contributed, and agreeing to what others added of one's words in private."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from bot.access import Action, Caller
from bot.audit import Entry
from bot.authority import Authority, entry
from bot.collections.collection import CollectionStore, Example
from bot.collections.learned import Learned, LearnedModels


class Contribution(msgspec.Struct, frozen=True):
    """What somebody contributed. `collections`: name ("" where the caller may not see it) and number of their examples;
    `learned`: what was made of these. `ratings` of answers, and `votes` in arenas; `threads`
    from which a model writes examples."""

    user: str
    examples: int
    collections: tuple[tuple[str, int], ...] = ()
    learned: Learned = Learned()
    ratings: int = 0
    votes: int = 0
    threads: int = 0

    def __bool__(self) -> bool:
        return bool(self.examples or self.ratings or self.votes or self.threads)


class Opinions(Protocol):
    """What people think of answers."""

    async def count(self, user: str) -> tuple[int, int]:
        """How many ratings and votes of this person are kept."""

    async def forget(self, user: str, entry: Entry) -> None:
        """Delete their ratings, and their votes in arenas that are open. In arenas that were revealed votes stay, and
        nobody's name is beside them."""


class Passages(Protocol):
    """Threads from which a model writes examples."""

    async def threads_of(self, user: str) -> int:
        """In how many of them this person speaks."""

    async def forget_words(self, user: str) -> None:
        """Erase those in which this person speaks, and what was written from them."""


class Withdrawal:
    def __init__(
        self,
        store: CollectionStore,
        opinions: Opinions,
        passages: Passages,
        learned: LearnedModels,
        authority: Authority,
    ) -> None:
        self._store = store
        self._passages = passages
        self._opinions = opinions
        self._learned = learned
        self._authority = authority

    async def look(self, caller: Caller, user: str) -> Contribution:
        """Raises Denied where somebody else's is asked for by no administrator."""
        await self._require(caller, user)
        return await self._whole(caller, user, await self._store.of_contributor(user))

    async def withdraw(self, caller: Caller, user: str) -> Contribution:
        """Erase all examples that hold this person's words, or were added by them, wherever they were said, and forget
        what they think of answers; what there was. Raises like `look`."""
        action = await self._require(caller, user)
        examples = await self._store.of_contributor(user)
        contribution = await self._whole(caller, user, examples)
        await self._opinions.forget(user, entry(caller, "forget opinions", user))
        await self._passages.forget_words(user)
        # Read again: what a model wrote from their words may have been kept as a training set meanwhile.
        await self._erase(caller, user, await self._store.of_contributor(user), action)
        return contribution

    async def answer(self, caller: Caller, channel: str, *, yes: bool) -> None:
        """Whether the caller agrees that what they say in this private channel is used there. Where they do not, the
        examples with their words from there are erased."""
        await self._authority.require(caller, Action.AGREE)
        await self._store.agree(
            channel, caller.user, yes, caller.at, entry(caller, Action.AGREE if yes else "disagree", channel)
        )
        if not yes:
            examples = await self._store.of_contributor(caller.user, channel)
            await self._erase(caller, caller.user, examples, Action.WITHDRAW)

    async def answered(self, channel: str) -> dict[str, bool]:
        """Who said whether they agree."""
        return await self._store.answered(channel)

    async def _require(self, caller: Caller, user: str) -> Action:
        action = Action.WITHDRAW if user == caller.user else Action.ERASE
        await self._authority.require(caller, action)
        return action

    async def _erase(self, caller: Caller, user: str, examples: Sequence[Example], action: Action) -> None:
        if examples:
            ids = [example.id for example in examples]
            await self._store.erase(ids, entry(caller, action, user, details=str(len(ids))))

    async def _whole(self, caller: Caller, user: str, examples: Sequence[Example]) -> Contribution:
        ratings, votes = await self._opinions.count(user)
        contribution = await self._contribution(caller, user, examples)
        threads = await self._passages.threads_of(user)
        return msgspec.structs.replace(contribution, ratings=ratings, votes=votes, threads=threads)

    async def _contribution(self, caller: Caller, user: str, examples: Sequence[Example]) -> Contribution:
        counts: dict[str, int] = {}
        for example in examples:
            counts[example.collection_id] = counts.get(example.collection_id, 0) + 1
        named = []
        for collection_id, count in counts.items():
            collection = await self._store.get(collection_id)
            seen = collection is not None and self._authority.allows(caller, Action.SEE, collection.resource)
            named.append((collection.name if collection is not None and seen else "", count))
        learned = await self._learned.from_examples(caller, [example.id for example in examples])
        return Contribution(user, len(examples), tuple(named), learned)
