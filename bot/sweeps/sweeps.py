"""Starting a sweep, looking at it, and stopping what is left of it."""

import time
from collections.abc import Sequence
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.audit import AuditLog, Outcome
from bot.authority import Authority, entry, so_many_jobs
from bot.datasets.dataset import Dataset
from bot.errors import BotError, Invalid, NotFound
from bot.job_requests import JobRequest, JobRequests
from bot.jobs.admission import price_of
from bot.jobs.controls import JobControls
from bot.jobs.group import GroupStore
from bot.jobs.job import Job, Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.submit import Submitter
from bot.models.names import suffix_from_file
from bot.spending.budget import NotAdmitted
from bot.sweeps.grid import Configuration
from bot.sweeps.sweep import Member, Sweep, sweep_id_for

# With a number of up to three digits a suffix still holds 64 characters.
_LONGEST_SUFFIX: Final = 60
_DIGITS: Final = 3


class SweepRequest(msgspec.Struct, frozen=True):
    """What to train on (`dataset`, or `file_id` for a file that the provider has), and each way how."""

    configurations: Sequence[Configuration]
    dataset: Dataset | None = None
    file_id: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """What would become of a sweep, if it were started now. `usd` and `seconds` (of training, one job after the other)
    are None where nobody knows those of one. `refused`: why it cannot be started."""

    jobs: Sequence[Job]
    usd: float | None
    seconds: float | None
    refused: NotAdmitted | None = None


class Sweeps:
    def __init__(
        self,
        sweeps: GroupStore,
        requests: JobRequests,
        submitter: Submitter,
        controls: JobControls,
        authority: Authority,
        audit: AuditLog,
        jobs: JobLookup,
    ) -> None:
        self._sweeps = sweeps
        self._jobs = jobs
        self._requests = requests
        self._submitter = submitter
        self._controls = controls
        self._authority = authority
        self._audit = audit

    async def plan(self, caller: Caller, request: SweepRequest) -> Plan:
        """Nothing is stored. Raises Denied, NotFound, Invalid."""
        origin = Origin(caller.team, caller.channel, False)
        jobs = await self._drafted(caller, request, origin, caller.key)
        seconds = 0.0
        known = True
        for configuration in request.configurations:
            settings, dataset = configuration.settings, request.dataset
            told = await self._requests.estimate(caller, settings, dataset) if dataset else None
            known = known and told is not None and told.time is not None
            seconds += told.time.seconds if told and told.time else 0.0
        usd, needed = price_of(jobs), seconds if known else None
        try:
            return Plan(await self._submitter.preview_together(jobs), usd, needed)
        except NotAdmitted as error:
            return Plan(jobs, usd, needed, error)

    async def start(self, caller: Caller, request: SweepRequest, origin: Origin, identity: str) -> Sweep:
        """All its jobs, stored and under way. `identity` names the person's act: the same act makes the same sweep.

        Raises Denied, NotFound, Invalid; Conflict while one of its configurations is being trained; NotAdmitted.
        """
        sweep_id = sweep_id_for(identity)
        before = await self._sweeps.get(sweep_id)
        if isinstance(before, Sweep):
            return before
        jobs = [
            msgspec.structs.replace(job, group=sweep_id)
            for job in await self._drafted(caller, request, origin, identity)
        ]
        sweep = Sweep(
            id=sweep_id,
            members=tuple(Member(job.id, one.words) for job, one in zip(jobs, request.configurations, strict=True)),
            requester=caller.user,
            origin=origin,
            created_at=time.time(),
            file=request.dataset.name if request.dataset else request.file_id or "",
            dataset_id=request.dataset.id if request.dataset else None,
            validated=request.configurations[0].settings.validation is not None,
            cause=caller.key,
        )
        usd = price_of(jobs)
        details = so_many_jobs(len(jobs)) + ("" if usd is None else f", ${usd:.2f}")
        asked = entry(caller, Action.SUBMIT, sweep_id, details=details)
        try:
            await self._submitter.submit_together(
                jobs, lambda seeded, decide: self._sweeps.admit(sweep, seeded, decide, asked)
            )
        except NotAdmitted as error:
            await self._audit.add(entry(caller, Action.SUBMIT, sweep_id, Outcome.REFUSED, str(error)))
            raise
        return sweep

    async def get(self, caller: Caller, sweep_id: str, action: Action = Action.SEE) -> Sweep:
        """Raises NotFound, Denied."""
        unknown = NotFound("no_such_thing", kind="sweep")
        sweep = await self._sweeps.get(sweep_id)
        if not isinstance(sweep, Sweep):
            raise unknown
        await self._authority.require(caller, action, sweep.resource)
        return sweep

    async def stop(self, caller: Caller, sweep_id: str) -> tuple[int, list[BotError]]:
        """Cancel what has not ended; how many jobs were, and why others could not be. Raises NotFound, Denied."""
        sweep = await self.get(caller, sweep_id, Action.CANCEL)
        return await self._controls.cancel_all(caller, await self._sweeps.jobs(sweep))

    async def _drafted(self, caller: Caller, request: SweepRequest, origin: Origin, identity: str) -> list[Job]:
        made = []
        taken = [job.suffix or "" for job in await self._jobs.allowed(caller, Action.SEE) if job.group]
        for place, configuration in enumerate(request.configurations, start=1):
            settings = configuration.settings
            suffix = settings.suffix or (suffix_from_file(request.dataset.name) if request.dataset else None) or "sweep"
            suffix = suffix[:_LONGEST_SUFFIX]
            # Goes on where an earlier sweep of this name ended, so that each job has a name of its own.
            number = place + max((_number(name, suffix) for name in taken), default=0)
            settings = msgspec.structs.replace(settings, suffix=f"{suffix}-{number}")
            one = JobRequest(settings, request.dataset.id if request.dataset else None, request.file_id)
            made.append(await self._requests.drafted(caller, one, origin, f"{identity}/{place}"))
        if len(providers := {job.provider for job in made}) > 1:
            raise Invalid("sweep_of_several_providers", "model", providers=tuple(sorted(providers)))
        return made


def _number(name: str, suffix: str) -> int:
    """4 for "support-4", if the suffix is "support"; else 0."""
    number = name.removeprefix(f"{suffix}-")
    return int(number) if number != name and number.isdecimal() and len(number) <= _DIGITS else 0
