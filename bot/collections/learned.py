"""Which training files were made of examples, and which models learned from these."""

from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.collections.collection import CollectionStore, Example
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job


class Learned(msgspec.Struct, frozen=True):
    """Names that the caller may see, and how many more there are."""

    files: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    more_files: int = 0
    more_models: int = 0


class LearnedModels:
    def __init__(self, store: CollectionStore, datasets: DatasetStore, jobs: JobStore, authority: Authority) -> None:
        self._store = store
        self._datasets = datasets
        self._jobs = jobs
        self._authority = authority

    async def from_examples(self, caller: Caller, example_ids: Sequence[str]) -> Learned:
        """The files hold, or held, any of these examples, those that were erased since too."""
        exported = await self._store.datasets_with(example_ids)
        files = [one for id in exported if (one := await self._datasets.get(id)) is not None and one.deleted_at is None]
        models = await self._models(set(exported))
        seen_files = [one.name for one in files if self._may_see(caller, one)]
        seen_models = [model for model, job in models.items() if self._may_see(caller, job)]
        return Learned(
            tuple(seen_files), tuple(seen_models), len(files) - len(seen_files), len(models) - len(seen_models)
        )

    async def models_of(self, example_ids: Sequence[str]) -> dict[str, Job]:
        """The models that learned from any of these examples, whoever may see them, with the jobs that made them."""
        return await self._models(set(await self._store.datasets_with(example_ids)))

    async def unlearned(self, examples: Sequence[Example]) -> list[Example]:
        """Those of them that no model has learned from as they are now: one that was corrected since is among them."""
        exported = set(await self._store.datasets_with([example.id for example in examples]))
        jobs = await self._jobs.models() if exported else {}
        trained_on = {id for model in jobs async for id in self._datasets_of(model, jobs)} & exported
        learned: set[str] = set()
        for id in trained_on:
            dataset, held = await self._datasets.get(id), (await self._store.made_into(id))[1]
            learned |= {one.id for one in held if dataset is None or one.added_at <= dataset.created_at}
        return [example for example in examples if example.id not in learned]

    async def collections_of(self, caller: Caller, models: Sequence[str]) -> dict[str, list[str]]:
        """The names of the collections that each of these models, or one that it went on from, learned from, as far as
        the caller may see them; the latest first."""
        jobs = await self._jobs.models()
        found = {}
        for model in models:
            taught = await self._store.collections_in([id async for id in self._datasets_of(model, jobs)])
            found[model] = [one.name for one in taught if self._authority.allows(caller, Action.SEE, one.resource)]
        return found

    async def _datasets_of(self, model: str, jobs: Mapping[str, Job]) -> AsyncIterator[str]:
        """Ids of what the model, and those that it went on from, were trained on, and of what that was made of."""
        went_on = set()
        while (job := jobs.get(model)) is not None and model not in went_on:
            went_on.add(model)
            model, dataset_id = job.base_model, job.dataset_id
            while dataset_id is not None:
                yield dataset_id
                dataset = await self._datasets.get(dataset_id)
                dataset_id = dataset.derived_from if dataset is not None else None

    def _may_see(self, caller: Caller, thing: Dataset | Job) -> bool:
        return self._authority.allows(caller, Action.SEE, thing.resource)

    async def _models(self, exported: set[str]) -> dict[str, Job]:
        """The models that were trained on these data sets or on what was repaired or split from them, and those that
        went on from such a model."""
        if not exported:
            return {}
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
