"""Brings deployments to where people want them, and says in the job's thread what came of it.

What was asked for is asked of the provider again and again until it is so: a deployment has its model's name, so that
asking twice makes no second one.
"""

import time
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from bot.errors import BotError
from bot.jobs.apply_update import notice
from bot.jobs.deployment import Deployment, DeploymentState
from bot.jobs.interfaces import JobStore, JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import (
    Deployed,
    DeploymentBody,
    DeploymentFailed,
    DeploymentGone,
    DeploymentRemoved,
    DeploymentStays,
    DeploymentUnused,
)
from bot.models.uses import ModelUses
from bot.providers.hosting import Hosted, HostedState, Hosting
from bot.providers.interface import ProviderError, RateLimited, Refused
from bot.providers.registry import Providers

log = structlog.get_logger()

UNUSED_DAYS: Final = 7
"""Azure removes what nobody has asked for 15 days."""
_DAY: Final = 24 * 3600.0
_READY_EVERY: Final = 600.0
_TROUBLE: Final = 30.0
_PATIENCE: Final = 3600.0
"""Seconds for which a deployment is tried to be removed before people are told that it stays."""


class DeploymentFollower:
    """`clock` gives the times that are stored; `steady`, a monotonic clock, the pauses."""

    def __init__(
        self,
        jobs: JobStore,
        providers: Providers,
        uses: ModelUses,
        *,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self._providers = providers
        self._uses = uses
        self._clock = clock
        self._steady = steady
        self._next: dict[str, float] = {}
        self._in_trouble_since: dict[str, float] = {}

    async def tick(self) -> None:
        for job in await self._jobs.deployed():
            hosting = self._providers.hosting(job.provider)
            if hosting is None or job.deployment is None:
                continue
            # What somebody has just asked for does not wait.
            key = f"{job.id} {job.deployment.state}"
            if self._steady() < self._next.get(key, float("-inf")):
                continue
            ready = job.deployment.state is DeploymentState.READY
            self._next[key] = self._steady() + (_READY_EVERY if ready else 0.0)
            try:
                await self._see_to(job, job.deployment, hosting)
                self._in_trouble_since.pop(key, None)
            except ProviderError as error:
                pause = error.retry_after if isinstance(error, RateLimited) else _TROUBLE
                self._next[key] = self._steady() + pause
                log.warning("deployment later", job=job.id, why=str(error))
                since = self._in_trouble_since.setdefault(key, self._steady())
                if job.deployment.state is DeploymentState.LEAVING and self._steady() - since >= _PATIENCE:
                    del self._in_trouble_since[key]
                    await self._stay(job, job.deployment, error)
            except BotError as error:
                log.warning("deployment later", job=job.id, why=str(error))

    async def _see_to(self, job: Job, deployment: Deployment, hosting: Hosting) -> None:
        model = str(job.fine_tuned_model)
        match deployment.state:
            case DeploymentState.ASKED:
                try:
                    hosted: Hosted | None = await hosting.deploy(model)
                except Refused as error:
                    await self._end(job, deployment, DeploymentFailed(error.as_job_error()))
                    return
                await self._under_way(job, deployment, hosted)
            case DeploymentState.CREATING:
                await self._under_way(job, deployment, await hosting.look(model))
            case DeploymentState.READY:
                hosted = await hosting.look(model)
                if hosted is None:
                    await self._end(job, deployment, DeploymentGone())
                else:
                    await self._remind(job, deployment)
            case DeploymentState.LEAVING:
                await self._leave(job, deployment, hosting)

    async def _under_way(self, job: Job, deployment: Deployment, hosted: Hosted | None) -> None:
        if hosted is None:
            await self._end(job, deployment, DeploymentGone())
        elif hosted.state is HostedState.FAILED:
            await self._end(job, deployment, DeploymentFailed(hosted.error))
        elif hosted.state is HostedState.READY:
            ready = msgspec.structs.replace(deployment, state=DeploymentState.READY, ready_at=self._clock())
            await self._store(job, deployment, ready, Deployed())
        elif deployment.state is DeploymentState.ASKED:
            await self._store(job, deployment, msgspec.structs.replace(deployment, state=DeploymentState.CREATING))

    async def _leave(self, job: Job, deployment: Deployment, hosting: Hosting) -> None:
        model = str(job.fine_tuned_model)
        try:
            hosted = await hosting.look(model)
            if hosted is not None and hosted.state is not HostedState.REMOVING:
                await hosting.remove(model)
                hosted = await hosting.look(model)
        except Refused as error:
            await self._stay(job, deployment, error)
            return
        if hosted is None:
            await self._end(job, deployment, DeploymentRemoved(deployment.by))

    async def _stay(self, job: Job, deployment: Deployment, error: ProviderError) -> None:
        """It could not be removed; somebody may try again."""
        was = DeploymentState.READY if deployment.ready_at is not None else DeploymentState.CREATING
        stays = msgspec.structs.replace(deployment, state=was)
        await self._store(job, deployment, stays, DeploymentStays(error.as_job_error()))

    async def _remind(self, job: Job, deployment: Deployment) -> None:
        """Once for each time without use: what is asked again may be forgotten again."""
        used = [use.last_used_at or 0.0 for use in await self._uses.of([str(job.fine_tuned_model)])]
        since = max([deployment.ready_at or 0.0, *used])
        now = self._clock()
        if now - since < UNUSED_DAYS * _DAY or (deployment.reminded_at or 0.0) > since:
            return
        reminded = msgspec.structs.replace(deployment, reminded_at=now)
        await self._store(job, deployment, reminded, DeploymentUnused(UNUSED_DAYS))

    async def _end(self, job: Job, deployment: Deployment, body: DeploymentBody) -> None:
        await self._store(job, deployment, None, body)

    async def _store(
        self, job: Job, known: Deployment, deployment: Deployment | None, body: DeploymentBody | None = None
    ) -> None:
        """Nothing where somebody has asked for something else meanwhile: the next round sees to that."""

        def change(stored: Job) -> JobUpdate | None:
            if stored.deployment != known:
                return None
            changed = msgspec.structs.replace(stored, deployment=deployment)
            # Of what somebody asked for each is said once; of being unused each time.
            what = f"deployment/{known.asked_at}/{type(body).__name__}/{deployment.reminded_at if deployment else ''}"
            told = [notice(changed, what, body)] if body is not None else []
            return JobUpdate(changed, notices=told, followed=None)

        await self._jobs.update(job.id, change)
