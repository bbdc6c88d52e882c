"""What people do to rehearsals: start one, and stop what is left of it."""

import msgspec

from bot.access import Action, Caller
from bot.audit import AuditLog, Outcome
from bot.authority import Authority, entry, so_many_jobs
from bot.datasets.dataset import Dataset
from bot.datasets.trainable import TrainableDatasets, refuse_errors
from bot.errors import BotError, Conflict, NotFound
from bot.job_requests import JobRequest, JobRequests
from bot.jobs.controls import JobControls
from bot.jobs.job import Job, Origin
from bot.jobs.settings import JobSettings
from bot.jobs.submit import Submitter
from bot.models.catalogue import Catalogue
from bot.models.names import LONGEST_SUFFIX, suffix_from_file
from bot.models.trainable import TrainableModel, TrainableModels
from bot.providers.protocol import REINFORCEMENT
from bot.rehearsals.data import MOST_HELD_OUT, Parts, RehearsalData
from bot.rehearsals.rehearsal import CURVE, WHOLE, Point, Rehearsal, RehearsalStore, rehearsal_id_for
from bot.spending.budget import NotAdmitted
from training_files import Report

_SEED = 42


class Rehearsals:
    def __init__(
        self,
        rehearsals: RehearsalStore,
        data: RehearsalData,
        files: TrainableDatasets,
        models: TrainableModels,
        catalogue: Catalogue,
        requests: JobRequests,
        submitter: Submitter,
        controls: JobControls,
        authority: Authority,
        audit: AuditLog,
    ) -> None:
        self._rehearsals = rehearsals
        self._data = data
        self._files = files
        self._models = models
        self._catalogue = catalogue
        self._requests = requests
        self._submitter = submitter
        self._controls = controls
        self._authority = authority
        self._audit = audit

    async def start(
        self, caller: Caller, word: str | None, origin: Origin, identity: str, *, curve: bool = False
    ) -> Rehearsal:
        """All its jobs, stored and under way. `word` names the file, by default that of the thread, or the latest;
        `identity` the person's act: the same act makes the same rehearsal.

        Raises Denied, NotFound, Ambiguous, Invalid; Conflict where no model here costs nothing, or the same is being
        rehearsed; NotAdmitted, ProviderError, TrainingFileError.
        """
        await self._authority.require(caller, Action.SUBMIT)
        known = await self._rehearsals.get(rehearsal_id_for(identity))
        if isinstance(known, Rehearsal):
            return known
        dataset = await self._files.find(caller, word, origin.thread_ts)
        refuse_errors(dataset)
        base = await self.model_for(caller.channel, dataset.report)
        if base is None:
            raise Conflict("nothing_to_rehearse_with")
        if dataset.report is not None and dataset.report.method == REINFORCEMENT:
            raise Conflict("reinforcement_not_rehearsed")
        shares = CURVE if curve else WHOLE
        parts = await self._data.of(caller, dataset, shares)
        if dataset.channel == caller.channel:
            origin = msgspec.structs.replace(origin, thread_ts=origin.thread_ts or dataset.thread_ts or None)
        jobs = [
            await self._job(caller, dataset, base, parts, number, share, origin, identity)
            for number, share in enumerate(shares)
        ]
        held_out = parts.held_out or dataset
        rehearsal = Rehearsal(
            id=rehearsal_id_for(identity),
            requester=caller.user,
            origin=origin,
            created_at=caller.at,
            asker=caller,
            provider=base.provider,
            base_model=base.id,
            dataset_id=dataset.id,
            file=dataset.name,
            points=tuple(
                Point(job.id, share, _examples(part))
                for job, share, part in zip(jobs, shares, parts.trained, strict=True)
            ),
            held_out=held_out.id,
            examples_held_out=min(_examples(held_out), MOST_HELD_OUT),
            cause=caller.key,
        )
        asked = entry(caller, Action.SUBMIT, rehearsal.id, details=so_many_jobs(len(jobs)))
        try:
            await self._submitter.submit_together(
                jobs, lambda seeded, decide: self._rehearsals.admit(rehearsal, seeded, decide, asked)
            )
        except NotAdmitted as error:
            await self._audit.add(entry(caller, Action.SUBMIT, rehearsal.id, Outcome.REFUSED, str(error)))
            raise
        return rehearsal

    async def model_for(self, channel: str, report: Report | None) -> TrainableModel | None:
        """The smallest base model that costs nothing to train on such a file here; None where there is none. Raises
        ProviderError."""
        free = [model for model in await self._models.base(channel, report) if model.price_per_million == 0]

        def size(model: TrainableModel) -> float:
            return self._catalogue.parameters(model.provider, model.id) or float("inf")

        return min(free, key=size, default=None)

    async def get(self, caller: Caller, rehearsal_id: str, action: Action = Action.SEE) -> Rehearsal:
        """Raises NotFound, Denied."""
        rehearsal = await self._rehearsals.get(rehearsal_id)
        if not isinstance(rehearsal, Rehearsal):
            raise NotFound("no_such_thing", kind="rehearsal")
        await self._authority.require(caller, action, rehearsal.resource)
        return rehearsal

    async def stop(self, caller: Caller, rehearsal_id: str) -> tuple[int, list[BotError]]:
        """Cancel what has not ended; how many jobs were, and why others could not be. Raises NotFound, Denied."""
        rehearsal = await self.get(caller, rehearsal_id, Action.CANCEL)
        return await self._controls.cancel_all(caller, await self._rehearsals.jobs(rehearsal))

    async def _job(
        self,
        caller: Caller,
        dataset: Dataset,
        base: TrainableModel,
        parts: Parts,
        number: int,
        share: float,
        origin: Origin,
        identity: str,
    ) -> Job:
        curve = len(parts.trained) > 1
        word = f"curve-{100 * share:.0f}" if curve else "rehearsal"
        name = suffix_from_file(dataset.name) or "model"
        settings = JobSettings(
            provider=base.provider,
            model=base.id,
            suffix=f"{name[: LONGEST_SUFFIX - len(word) - 1]}-{word}",
            seed=_SEED,
            validation=parts.held_out.id if parts.held_out else None,
        )
        request = JobRequest(settings, parts.trained[number].id)
        job = await self._requests.drafted(caller, request, origin, f"{identity}/{number}")
        file = job.file_name if curve else dataset.name
        return msgspec.structs.replace(job, group=rehearsal_id_for(identity), parent=None, file_name=file)


def _examples(dataset: Dataset) -> int:
    return dataset.report.examples if dataset.report else 0
