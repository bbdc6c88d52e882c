"""Erasing a person: their words go, and wherever their id stands a pseudonym takes its place, which nothing leads back
from.

It is done in steps, each a transaction, and each does nothing where it was done before: after a crash it is simply
asked for again. What models have learned nobody can take out of them: they are named.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from bot.access import Action, Caller
from bot.audit import Entry
from bot.authority import Authority, entry
from bot.collections.collection import CollectionStore
from bot.collections.learned import LearnedModels
from bot.collections.withdrawal import Withdrawal
from bot.datasets.dataset import Dataset
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.interfaces import DatasetStore
from bot.errors import Conflict
from bot.jobs.interfaces import JobStore

ERASE_PERSON: Final = "erase person"
"""What the audit log calls it."""


class Erased(msgspec.Struct, frozen=True):
    """What was erased: how many of each kind. `mentions`: places in which the `pseudonym` stands for the person now.
    What stays: `models` learned from what they wrote or uploaded, and `more_models` that the caller may not see; copies
    of training files at the providers `left`, which are asked again; and, not `swept`, bytes in the store's log, which
    another program holds."""

    pseudonym: str
    counts: Mapping[str, int]
    mentions: int
    models: tuple[str, ...] = ()
    more_models: int = 0
    left: tuple[str, ...] = ()
    swept: bool = True


class Begun(msgspec.Struct, frozen=True):
    """An erasure that is not finished."""

    pseudonym: str
    models: tuple[str, ...]


class ErasureStore(Protocol):
    async def begin(self, user: str, at: float, models: Sequence[str]) -> Begun:
        """The one that was begun for this person and not finished, else a new one, which keeps these models."""

    async def uploads(self, user: str) -> list[str]:
        """Ids of the data sets that this person brought in, of what was made of these, and of those that hold examples
        with their words; deleted ones, too."""

    async def erase_words(self, user: str, pseudonym: str) -> Counter[str]:
        """Delete what they wrote, and what was set up for them alone; how many of each kind."""

    async def put_pseudonym(self, user: str, pseudonym: str, besides: str) -> int:
        """Put it wherever the id stands, in every table, except for the request with the key `besides`, which is being
        worked on; in how many rows."""

    async def finish(self, pseudonym: str, entry: Entry) -> bool:
        """Forget whose pseudonym it is, and let nothing of what was erased be found in the store's files. False where
        another program keeps it from that."""


class PersonErasure:
    """`take_down` makes the report of a file say that our copy was deleted; `roles`: ids that the settings name."""

    def __init__(
        self,
        store: ErasureStore,
        datasets: DatasetStore,
        deletion: DatasetDeletion,
        take_down: Callable[[Dataset], Awaitable[None]],
        withdrawal: Withdrawal,
        collections: CollectionStore,
        learned: LearnedModels,
        jobs: JobStore,
        roles: Collection[str],
        authority: Authority,
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._deletion = deletion
        self._take_down = take_down
        self._withdrawal = withdrawal
        self._collections = collections
        self._learned = learned
        self._jobs = jobs
        self._roles = roles
        self._authority = authority

    async def require(self, caller: Caller) -> None:
        """Raises Denied for whoever may not erase people."""
        await self._authority.require(caller, Action.ERASE)

    async def check(self, caller: Caller, user: str) -> None:
        """Raises Denied; Conflict while the settings give the person a role, which would bring their id back, or a job
        trains on what they uploaded."""
        await self.require(caller)
        if user in self._roles:
            raise Conflict("erase_with_role", person=user)
        for dataset in await self._uploads(user):
            if dataset.deleted_at is None and await self._deletion.is_in_training(dataset):
                raise Conflict("file_in_training")

    async def erase(self, caller: Caller, user: str) -> Erased:
        """Raises as `check`."""
        await self.check(caller, user)
        begun = await self._store.begin(user, caller.at, await self._models(user))
        done: Counter[str] = Counter()
        left: set[str] = set()
        for dataset in await self._uploads(user):
            left.update((await self._deletion.remove(caller, dataset)).left)
            if dataset.deleted_at is None:
                await self._take_down(dataset)
                done["files"] += 1
        gone = await self._withdrawal.withdraw(caller, user)
        done.update({"examples": gone.examples, "ratings": gone.ratings, "votes": gone.votes, "threads": gone.threads})
        done += await self._store.erase_words(user, begun.pseudonym)
        mentions = await self._store.put_pseudonym(user, begun.pseudonym, caller.key)
        counts = {kind: count for kind, count in sorted(done.items()) if count}
        details = ", ".join(f"{kind}={count}" for kind, count in counts.items())
        recorded = entry(caller, ERASE_PERSON, begun.pseudonym, details=details)
        swept = await self._store.finish(begun.pseudonym, recorded)
        jobs = await self._jobs.models(begun.models)
        seen = [model for model, job in jobs.items() if self._authority.allows(caller, Action.SEE, job.resource)]
        more = len(begun.models) - len(seen)
        return Erased(begun.pseudonym, counts, mentions, tuple(seen), more, tuple(sorted(left)), swept)

    async def _uploads(self, user: str) -> list[Dataset]:
        found = [await self._datasets.get(dataset_id) for dataset_id in await self._store.uploads(user)]
        return [dataset for dataset in found if dataset is not None]

    async def _models(self, user: str) -> tuple[str, ...]:
        """Those that learned from their examples, or from what they uploaded."""
        examples = await self._collections.of_contributor(user)
        learned = await self._learned.models_of([example.id for example in examples])
        uploaded = set(await self._store.uploads(user))
        trained = [model for model, job in (await self._jobs.models()).items() if job.dataset_id in uploaded]
        return tuple(dict.fromkeys([*learned, *trained]))
