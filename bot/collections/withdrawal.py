"""Taking back what one contributed, and agreeing to what others added of one's words in private."""

from collections.abc import Sequence

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.collections.collection import CollectionStore, Example
from bot.datasets.interfaces import DatasetStore
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job


class Contribution(msgspec.Struct, frozen=True):
    """What somebody contributed. `collections`: name and number of their examples. `files` were made of these, `models`
    learned from them: names that the caller may see, and how many more there are."""

    user: str
    examples: int
    collections: tuple[tuple[str, int], ...] = ()
    files: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    more_files: int = 0
    more_models: int = 0


class Withdrawal:
    def __init__(self, store: CollectionStore, datasets: DatasetStore, jobs: JobStore, authority: Authority) -> None:
        self._store = store
        self._datasets = datasets
        self._jobs = jobs
        self._authority = authority

    async def look(self, caller: Caller, user: str) -> Contribution:
        """Raises Denied where somebody else's is asked for by no administrator."""
        await self._require(caller, user)
        return await self._contribution(caller, user, await self._store.of_contributor(user))

    async def withdraw(self, caller: Caller, user: str) -> Contribution:
        """Erase all examples that hold this person's words, or were added by them, wherever they were said; what
        there was. Raises like `look`."""
        action = await self._require(caller, user)
        return await self._erase(caller, user, await self._store.of_contributor(user), action)

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

    async def _erase(self, caller: Caller, user: str, examples: Sequence[Example], action: Action) -> Contribution:
        contribution = await self._contribution(caller, user, examples)
        if examples:
            ids = [example.id for example in examples]
            await self._store.erase(ids, entry(caller, action, user, details=str(len(ids))))
        return contribution

    async def _contribution(self, caller: Caller, user: str, examples: Sequence[Example]) -> Contribution:
        counts: dict[str, int] = {}
        for example in examples:
            counts[example.collection_id] = counts.get(example.collection_id, 0) + 1
        named = []
        for collection_id, count in counts.items():
            collection = await self._store.get(collection_id)
            seen = collection is not None and self._authority.allows(caller, Action.SEE, collection.resource)
            named.append((collection.name if collection is not None and seen else "", count))
        exported = await self._store.datasets_with([example.id for example in examples])
        files = [one for id in exported if (one := await self._datasets.get(id)) is not None and one.deleted_at is None]
        shown_files = [one.name for one in files if self._authority.allows(caller, Action.SEE, one.resource)]
        learned = await self._learned(set(exported))
        shown = [model for model, job in learned.items() if self._authority.allows(caller, Action.SEE, job.resource)]
        return Contribution(
            user,
            len(examples),
            tuple(named),
            tuple(shown_files),
            tuple(shown),
            len(files) - len(shown_files),
            len(learned) - len(shown),
        )

    async def _learned(self, exported: set[str]) -> dict[str, Job]:
        """The models that were trained on these data sets or on what was repaired or split from them, and those that
        went on from such a model."""
        models = await self._jobs.models()
        learned = {model: job for model, job in models.items() if await self._stems_from(job.dataset_id, exported)}
        while more := {
            model: job for model, job in models.items() if model not in learned and job.base_model in learned
        }:
            learned |= more
        return learned

    async def _stems_from(self, dataset_id: str | None, exported: set[str]) -> bool:
        while dataset_id is not None and dataset_id not in exported:
            dataset = await self._datasets.get(dataset_id)
            dataset_id = dataset.derived_from if dataset is not None else None
        return dataset_id is not None
