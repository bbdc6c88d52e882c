"""What people do about deployments. The provider is asked by `following`, so that nothing is lost with a crash."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.access import Action, Caller, Role
from bot.audit import Entry
from bot.authority import Authority, entry
from bot.errors import Conflict, Denied, NotFound
from bot.jobs import states
from bot.jobs.admission import Rules
from bot.jobs.deployment import Deployment, DeploymentState
from bot.jobs.interfaces import JobStore, JobUpdate
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.providers.registry import Providers

HOURS_OF_MONTH: Final = 730


class Deployments:
    def __init__(
        self, jobs: JobStore, lookup: JobLookup, providers: Providers, rules: Rules, authority: Authority
    ) -> None:
        self._jobs = jobs
        self._lookup = lookup
        self._providers = providers
        self._rules = rules
        self._authority = authority

    async def check(self, caller: Caller, job_id: str) -> tuple[Job, float | None]:
        """The job whose model is to be deployed, and what that costs an hour in US dollars, None where nobody knows.

        Raises NotFound, Denied; Conflict where there is nothing to deploy, or it is deployed.
        """
        job = await self._lookup.get(caller, job_id, Action.DEPLOY)
        hourly = self._price(job)
        await self._require_to_spend(caller, job, hourly)
        _refuse(job, self._providers)
        return job, hourly

    async def deploy(self, caller: Caller, job_id: str) -> Job:
        """Have it deployed; its thread is told when it answers. Raises like `check`."""
        job = await self._lookup.get(caller, job_id, Action.DEPLOY)
        hourly = self._price(job)
        await self._require_to_spend(caller, job, hourly)
        told = f"{hourly:g} USD/h" if hourly is not None else "unknown price"
        asked = entry(caller, Action.DEPLOY, job.id, details=told)

        def ask(stored: Job) -> JobUpdate:
            if caller.is_retry and stored.deployment is not None:
                return _update(stored)
            _refuse(stored, self._providers)
            deployment = Deployment(DeploymentState.ASKED, caller.user, caller.at, hourly)
            return _update(msgspec.structs.replace(stored, deployment=deployment), asked)

        return await self._jobs.update(job.id, ask) or job

    async def remove(self, caller: Caller, job_id: str) -> Job:
        """Have the deployment taken away, so that it costs no more. Raises NotFound, Denied; Conflict where there is
        none."""
        job = await self._lookup.get(caller, job_id, Action.REMOVE_DEPLOYMENT)
        asked = entry(caller, Action.REMOVE_DEPLOYMENT, job.id)

        def ask(stored: Job) -> JobUpdate:
            if stored.deployment is None:
                if caller.is_retry:
                    return _update(stored)
                raise Conflict("not_deployed")
            leaving = msgspec.structs.replace(
                stored.deployment, state=DeploymentState.LEAVING, by=caller.user, asked_at=caller.at
            )
            return _update(msgspec.structs.replace(stored, deployment=leaving), asked)

        return await self._jobs.update(job.id, ask) or job

    async def of(self, caller: Caller) -> Sequence[Job]:
        """The jobs whose models are deployed, or about to be, as far as the caller may see them. Raises Denied."""
        await self._authority.require(caller, Action.SEE)
        return [job for job in await self._jobs.deployed() if self._authority.allows(caller, Action.SEE, job.resource)]

    def _price(self, job: Job) -> float | None:
        return self._providers.hosting_price(job.fine_tuned_model or job.base_model, job.base_model, job.provider)

    async def _require_to_spend(self, caller: Caller, job: Job, hourly: float | None) -> None:
        """Where jobs above an amount want approval, what costs as much in a month is for those who approve."""
        above = self._rules.approval_above
        if above is None or caller.actor.role >= Role.APPROVER:
            return
        if self._rules.approve_unknown if hourly is None else hourly * HOURS_OF_MONTH > above:
            error = Denied("deployment_for_approvers")
            await self._authority.refuse(caller, Action.DEPLOY, job.id, error)


def together(jobs: Sequence[Job]) -> tuple[float | None, int]:
    """What these deployments cost an hour in US dollars, None where nobody knows the price of any; and of how many
    nobody knows it."""
    prices = [job.deployment.hourly for job in jobs if job.deployment is not None]
    known = [price for price in prices if price is not None]
    return sum(known) if known else None, len(prices) - len(known)


def _refuse(job: Job, providers: Providers) -> None:
    """Raises Conflict where there is nothing to deploy."""
    if job.state != states.SUCCEEDED or not job.fine_tuned_model:
        raise Conflict("no_model_yet")
    if job.model_lost:
        raise NotFound("model_lost", loss=job.model_lost)
    if not providers.abilities(job.provider).deploys:
        raise Conflict("deployment_not_offered", provider=job.provider)
    if job.deployment is not None:
        raise Conflict("deployed_already")


def _update(job: Job, *audit: Entry) -> JobUpdate:
    return JobUpdate(job, audit=audit, followed=None)
