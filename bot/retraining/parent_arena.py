"""A new model against the one it went on from: people compare their answers blind."""

from collections.abc import AsyncIterator

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.compare.arenas import Arenas
from bot.compare.comparison import Comparison
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.errors import Conflict, Invalid
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job, Origin
from bot.jobs.lookup import JobLookup


class ParentArenas:
    def __init__(
        self, jobs: JobStore, lookup: JobLookup, datasets: DatasetStore, arenas: Arenas, authority: Authority
    ) -> None:
        self._jobs = jobs
        self._lookup = lookup
        self._datasets = datasets
        self._arenas = arenas
        self._authority = authority

    async def open(self, caller: Caller, origin: Origin, job_id: str) -> Comparison:
        """An arena of the job's model and its parent, one in each channel, whoever asks for it and however often. Its
        prompts come from what validates the job, else from what its parent or itself was trained on.

        Raises NotFound, Denied; Conflict where there is no parent or no file for prompts; OverBudget, ProviderError.
        """
        job = await self._lookup.get(caller, job_id, Action.COMPARE, to_post=True)
        if job.fine_tuned_model is None or job.parent is None:
            raise Conflict("no_parent")
        once = msgspec.structs.replace(caller, key=f"parent-arena/{job.id}/{caller.channel}")
        async for dataset in self._files(caller, job):
            try:
                return await self._arenas.open(once, origin, [job.fine_tuned_model, job.parent], dataset.id)
            except Invalid as error:
                if error.kind != "no_prompts":
                    raise
        raise Conflict("no_prompts_for_parent")

    async def _files(self, caller: Caller, job: Job) -> AsyncIterator[Dataset]:
        """Files that prompts may come from, that with held-out ones first."""
        made = (await self._jobs.models([job.parent])).get(job.parent) if job.parent else None
        trained = [one.dataset_id for one in (made, job) if one is not None]
        validating = [one.validation_dataset_id for one in (job, made) if one is not None]
        for dataset_id in dict.fromkeys(filter(None, [*validating, *trained])):
            dataset = await self._datasets.get(dataset_id)
            if dataset is None or dataset.deleted_at is not None:
                continue
            if self._authority.allows(caller, Action.SEE, dataset.resource, caller.posts_in):
                yield dataset
