"""The next model of a training set: which model it goes on from, and the training file it is trained on."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack

import msgspec
import orjson

from bot.access import Action, Caller
from bot.authority import Authority
from bot.collections.collection import Collection, Example
from bot.collections.export import FEWEST, CollectionFiles, dataset_id, made_of
from bot.collections.learned import LearnedModels
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.datasets.pairs import can_validate
from bot.errors import Conflict
from bot.jobs.interfaces import JobStore
from bot.retraining.merging import merge
from bot.retraining.sources import Sources, TrainingSources
from bot.worker_processes import Pool, WorkerPools
from training_files.example_format import Format, format_of


class Plan(msgspec.Struct, frozen=True):
    """What the next model of a collection shall be trained on: `examples` of it, all of one `format`, and what its
    `parent` was trained on (`old`, of the data set `old_file`). `parent`: the fine-tuned model to go on from, None
    where the collection knows of none. `validation` judges the next model as it judged its parent. `left_out`: so many
    examples have another format."""

    collection: Collection
    examples: tuple[Example, ...]
    format: Format | None
    left_out: int = 0
    parent: str | None = None
    old: Sources = Sources()
    old_file: Dataset | None = None
    validation: Dataset | None = None

    @property
    def content(self) -> str:
        """Another one where its file would hold something else."""
        held = [f"{example.id}/{example.version}" for example in (*self.old.examples, *self.examples)]
        files = [file.id for file in (*self.old.files, *filter(None, [self.validation]))]
        return hashlib.sha256("\n".join([str(self.parent), *files, *held]).encode()).hexdigest()[:12]


class NextModels:
    def __init__(
        self,
        files: CollectionFiles,
        sources: TrainingSources,
        learned: LearnedModels,
        jobs: JobStore,
        datasets: DatasetStore,
        file_store: FileStore,
        pools: WorkerPools,
        authority: Authority,
    ) -> None:
        self._files = files
        self._sources = sources
        self._learned = learned
        self._jobs = jobs
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools
        self._authority = authority

    async def plan(self, caller: Caller, collection_id: str) -> Plan:
        """Raises NotFound; Denied for whoever may start no jobs, and where others would see what they may not; Conflict
        where there are too few examples."""
        await self._authority.require(caller, Action.SUBMIT)
        collection, usable = await self._files.usable(caller, collection_id)
        formats = {example.id: format_of(orjson.loads(example.line)) for example in usable}
        format = next((format for format, _ in Counter(formats.values()).most_common(1)), None)
        examples = tuple(example for example in usable if formats[example.id] == format)
        plan = Plan(collection, examples, format, len(usable) - len(examples), await self._parent(caller, examples))
        if plan.parent is not None:
            plan = await self._with_old(caller, plan)
        if not examples or (plan.old_file is None and len(examples) < FEWEST):
            raise Conflict("too_few_examples", least=FEWEST, count=len(examples))
        return plan

    async def make(self, caller: Caller, plan: Plan, thread_ts: str, *, private: bool) -> Dataset:
        """The training file, as a data set in this thread of a channel that is `private` or not. Made again after a
        crash it is the same. Raises TrainingFileError."""
        known = await self._datasets.get(dataset_id(caller))
        if known is not None:
            return known
        old, held_out = plan.old, plan.validation
        part = self._file_store.part()
        try:
            async with AsyncExitStack() as reading:
                files = [*old.files, *([held_out] if held_out else [])]
                paths = [await reading.enter_async_context(self._file_store.plain(file.sha256)) for file in files]
                await self._pools.run(
                    merge,
                    part,
                    [example.line for example in plan.examples],
                    [example.line for example in old.examples],
                    paths[: len(old.files)],
                    paths[-1] if held_out else None,
                    pool=Pool.of_work(sum(file.bytes for file in old.files)),
                )
            made = made_of(plan.collection, caller, part, thread_ts, private=private)
            dataset = msgspec.structs.replace(
                made,
                channel_private=made.channel_private or bool(plan.old_file and plan.old_file.channel_private),
                derived_from=plan.old_file.id if plan.old_file else None,
                validation=held_out.id if held_out else None,
                parent=plan.parent,
            )
            held = {example.id: example for example in (*old.examples, *plan.examples)}
            return await self._files.keep(caller, plan.collection, dataset, part, list(held.values()))
        finally:
            part.unlink(missing_ok=True)

    async def _parent(self, caller: Caller, examples: Sequence[Example]) -> str | None:
        """The newest of the models that answer in the examples or learned from them, of those that still answer and
        that everybody here may know of."""
        asked = {example.model for example in examples if example.model}
        learned = await self._learned.models_of([example.id for example in examples])
        ended = {model: job for model, job in learned.items() if model == job.fine_tuned_model}
        models = await self._jobs.models(sorted(asked)) | ended
        there = [
            # What a job made in the end counts as newer than its checkpoints.
            (job.created_at, model == job.fine_tuned_model, model)
            for model, job in models.items()
            if model not in job.lost_models
            and self._authority.allows(caller, Action.CHAT, job.resource, caller.posts_in)
        ]
        return max(there)[-1] if there else None

    async def _with_old(self, caller: Caller, plan: Plan) -> Plan:
        """With what the parent was trained on and judged by, as far as that is known and may be seen here."""
        assert plan.parent is not None
        job = (await self._jobs.models([plan.parent]))[plan.parent]
        old = await self._seen(caller, job.dataset_id)
        if old is None or old.format != plan.format:
            return plan
        validation = await self._seen(caller, job.validation_dataset_id or old.validation)
        if validation is not None and not (can_validate(validation) and validation.format == plan.format):
            validation = None
        sources = await self._sources.of(old)
        return msgspec.structs.replace(plan, old=sources, old_file=old, validation=validation)

    async def _seen(self, caller: Caller, dataset_id: str | None) -> Dataset | None:
        dataset = await self._datasets.get(dataset_id) if dataset_id else None
        if dataset is None or dataset.deleted_at is not None or not self._file_store.has(dataset.sha256):
            return None
        allowed = self._authority.allows(caller, Action.SUBMIT, dataset.resource, caller.posts_in)
        return dataset if allowed else None
