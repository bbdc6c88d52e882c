"""Fine-tuned models that answer no more: deleted here, gone at the provider, or past their shutdown date.

Their jobs' cards say so. Providers forget and remember: a model that is listed again is no longer lost.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime

import msgspec
import structlog

from bot.jobs import states
from bot.jobs.interfaces import JobStore, JobUpdate
from bot.jobs.job import Job, Loss
from bot.models.retirement import retirement, told_dates
from bot.providers.interface import Provider, ProviderError
from bot.providers.registry import Providers

log = structlog.get_logger()


class LostModels:
    def __init__(self, jobs: JobStore, providers: Providers) -> None:
        self._jobs = jobs
        self._providers = providers

    async def look(self) -> None:
        """Compare the finished models of our jobs with what their providers list. Never raises."""
        await asyncio.gather(*map(self._look_at, self._providers))

    async def _look_at(self, provider: Provider) -> None:
        try:
            listed = {model.id: model for model in await provider.models()}
        except ProviderError as error:
            log.info("models not looked for", provider=provider.name, why=str(error))
            return
        today, made, told = datetime.now(UTC).date(), await self._jobs.models(), told_dates([*listed.values()])

        def seen_now(job: Job) -> Job | None:
            model = job.fine_tuned_model
            return seen(job, listed, shut_down=not retirement(model or "", provider.name, told, made).answers(today))

        for job in await self._jobs.in_states([states.SUCCEEDED]):
            if job.provider == provider.name and seen_now(job) is not None:
                await self._jobs.update(job.id, _change(seen_now))

    async def deleted(self, model: str) -> None:
        """Somebody deleted it here."""
        await self._lose(model, Loss.DELETED)

    async def missing(self, model: str) -> None:
        """Somebody wanted to talk to it, and the provider does not know it."""
        await self._lose(model, Loss.MISSING)

    async def _lose(self, model: str, why: Loss) -> None:
        job = (await self._jobs.models()).get(model)
        if job is not None:
            await self._jobs.update(job.id, _change(lambda stored: _lost(stored, model, why)))


def seen(job: Job, listed: Collection[str], *, shut_down: bool) -> Job | None:
    """The job as it is by its provider's listing of today; None if nothing changed. `shut_down`: its model's day has
    come.

    Not every provider lists every model: one that was never listed is not missed.
    """
    model = job.fine_tuned_model
    if model is None:
        return None
    if job.model_lost is Loss.DELETED:
        return None
    if shut_down:
        return _lost(job, model, Loss.SHUT_DOWN)
    if model in listed:
        found = {name: why for name, why in job.lost_models.items() if name != model}
        changed = msgspec.structs.replace(job, model_listed=True, lost_models=found)
        return changed if changed != job else None
    return _lost(job, model, Loss.MISSING) if job.model_listed else None


def _lost(job: Job, model: str, why: Loss) -> Job | None:
    if job.lost_models.get(model) == why:
        return None
    return msgspec.structs.replace(job, lost_models={**job.lost_models, model: why})


def _change(make: Callable[[Job], Job | None]) -> Callable[[Job], JobUpdate | None]:
    def change(stored: Job) -> JobUpdate | None:
        job = make(stored)
        if job is None:
            return None
        # Thousands of cards are not looked through because their models are there.
        return JobUpdate(job, followed=None, shown=job.lost_models != stored.lost_models)

    return change
