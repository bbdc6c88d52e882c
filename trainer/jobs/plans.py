"""Makes the plan of a job whose turn has come: what its worker is told."""

from __future__ import annotations

import msgspec

from telemetry import traces
from trainer.catalogue import Catalogue
from trainer.errors import ModelUnavailable, TrainingFailed
from trainer.jobs.journal import Journal
from trainer.objects import Job
from trainer.settings import Settings
from trainer.training.plan import Plan, Reinforcement, check_devices, requested_rank


class Plans:
    def __init__(self, settings: Settings, journal: Journal, catalogue: Catalogue) -> None:
        self._settings = settings
        self._journal = journal
        self._catalogue = catalogue

    async def plan(self, job: Job) -> Plan | None:
        """Fetches the base model if need be; None if the job had to be failed."""
        found = self._catalogue.find(job.model)
        if found is None:
            self._journal.failed(
                job.id, "model_not_found", f"The model {job.model} was deleted before training began.", "model"
            )
            return None
        for param, file in (("training_file", job.training_file), ("validation_file", job.validation_file)):
            if file and not (self._settings.uploads / file).is_file():
                what = param.replace("_", " ")
                self._journal.failed(
                    job.id,
                    "file_deleted",
                    f"The {what} was deleted before training began. Upload it again and start a new job.",
                    param,
                )
                return None
        base = found.base
        try:
            check_devices(job.devices, job.method)
            # What is whole already is trained whole: an adapter would lie over weights that are not the base's.
            rank = 0 if found.whole else requested_rank(job.metadata, base.lora_rank)
        except TrainingFailed as failure:
            self._journal.failed(job.id, failure.code, str(failure), failure.param)
            return None
        if self._catalogue.fetched(base) is None:
            self._journal.say(job.id, f"Fetching the base model {base.id}, which is not on this machine yet")
        try:
            weights = found.whole or await self._catalogue.weights(base)
        except ModelUnavailable as error:
            self._journal.failed(job.id, "model_unavailable", str(error), "model")
            return None
        return Plan(
            job_id=job.id,
            base=base.id,
            weights=str(weights),
            chat_template=base.template(),
            context_length=base.context_length,
            learning_rate=base.learning_rate,
            lora_rank=rank,
            # The ratio is what decides how strongly an adapter acts.
            lora_alpha=round(rank * base.lora_alpha / base.lora_rank) if base.lora_rank else 2 * rank,
            training_file=str(self._settings.uploads / job.training_file),
            validation_file=str(self._settings.uploads / job.validation_file) if job.validation_file else None,
            output=str(self._settings.models / job.id),
            state=str(self._settings.states / job.id),
            seed=job.seed,
            method=job.method,
            adapter=str(found.adapter) if found.adapter else None,
            n_epochs=job.n_epochs,
            batch_size=job.batch_size,
            learning_rate_multiplier=job.learning_rate_multiplier,
            beta=job.beta,
            reinforcement=msgspec.convert(job.reinforcement, Reinforcement | None),
            save_seconds=self._settings.save_seconds,
            metadata=job.metadata or {},
            devices=job.devices,
            traceparent=traces.traceparent(),
        )
