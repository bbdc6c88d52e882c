"""What is running, and what needs a person: for whoever looks, and only what they may see where they look."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.collections.collection import Collection, CollectionStore
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.evaluations.run import Run, RunStore
from bot.jobs import states
from bot.jobs.group import GroupStore, JobGroup
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.personal_settings import PersonalSettings, PersonalSettingsStore

T = TypeVar("T")

# What is older is no news.
_LOOKED_AT: Final = 200
_DAY: Final = 24 * 3600.0
_WEEK: Final = 7 * _DAY


class Review(msgspec.Struct, frozen=True):
    """`count` examples of a collection that the person may accept or reject."""

    collection: Collection
    count: int


class GroupApproval(msgspec.Struct, frozen=True):
    """A group of jobs whose `jobs` wait for approval."""

    group: JobGroup
    jobs: Sequence[Job]


class Dashboard(msgspec.Struct, frozen=True):
    """Each list begins with the latest; `running` with the person's own. `runs`: evaluations and their like.

    What needs the person: `approvals` and `group_approvals` that they may give; `uncertain` jobs about which they may
    decide; their own jobs that `failed` since they last looked, or in the last day; `reviews`; and `ready`: their
    training files of this channel and the last week that no job has used.
    `nothing_yet`: there has never been a job that they may see.
    """

    running: Sequence[Job] = ()
    runs: Sequence[Run] = ()
    approvals: Sequence[Job] = ()
    group_approvals: Sequence[GroupApproval] = ()
    uncertain: Sequence[Job] = ()
    failed: Sequence[Job] = ()
    reviews: Sequence[Review] = ()
    ready: Sequence[Dataset] = ()
    nothing_yet: bool = False


class Dashboards:
    """`runs`: the stores of what asks models much and takes its time."""

    def __init__(
        self,
        jobs: JobStore,
        groups: GroupStore,
        datasets: DatasetStore,
        collections: CollectionStore,
        runs: Sequence[RunStore[Any]],
        people: PersonalSettingsStore,
        authority: Authority,
    ) -> None:
        self._jobs = jobs
        self._groups = groups
        self._datasets = datasets
        self._collections = collections
        self._runs = runs
        self._people = people
        self._authority = authority

    async def look(self, caller: Caller) -> Dashboard:
        """From now on they have seen what failed until then. Raises Denied."""
        await self._authority.require(caller, Action.USE)
        return await self._seen(caller, await self._people.looked(caller.user, caller.at))

    async def glance(self, caller: Caller) -> Dashboard:
        """Like `look`, while they need not have seen it. Raises Denied."""
        await self._authority.require(caller, Action.USE)
        return await self._seen(caller, await self._people.of(caller.user))

    async def _seen(self, caller: Caller, settings: PersonalSettings) -> Dashboard:
        before = settings.looked_at or 0.0
        open_jobs = self._visible(caller, (await self._jobs.not_ended())[::-1], Action.SEE)
        latest = self._visible(caller, await self._jobs.latest(_LOOKED_AT), Action.SEE)
        waiting = [job for job in open_jobs if job.state == states.AWAITING_APPROVAL]
        return Dashboard(
            running=_concerning(caller, open_jobs, lambda job: job.requester, lambda job: job.origin.channel),
            runs=await self._running_runs(caller),
            approvals=self._visible(caller, [job for job in waiting if job.group is None], Action.APPROVE),
            group_approvals=await self._group_approvals(caller, waiting),
            uncertain=self._visible(caller, [job for job in open_jobs if job.state == states.UNCERTAIN], Action.DECIDE),
            failed=[job for job in latest if _failed_for(job, caller, min(before, caller.at - _DAY))],
            reviews=await self._reviews(caller),
            ready=await self._ready(
                caller, {used for job in latest for used in (job.dataset_id, job.validation_dataset_id)}
            ),
            nothing_yet=not latest,
        )

    def _visible(self, caller: Caller, jobs: Sequence[Job], action: Action) -> list[Job]:
        return [job for job in jobs if self._authority.allows(caller, action, job.resource)]

    async def _running_runs(self, caller: Caller) -> list[Run]:
        found = [run for store in self._runs for run_id in await store.due() if (run := await store.get(run_id))]
        seen = [run for run in found[::-1] if self._authority.allows(caller, Action.SEE, run.resource)]
        return _concerning(caller, seen, lambda run: run.owner, lambda run: run.channel)

    async def _group_approvals(self, caller: Caller, waiting: Sequence[Job]) -> list[GroupApproval]:
        return [
            GroupApproval(group, [job for job in waiting if job.group == group.id])
            for group in await self._groups.of_jobs([job for job in waiting if job.group is not None])
            if self._authority.allows(caller, Action.APPROVE, group.resource)
        ]

    async def _reviews(self, caller: Caller) -> list[Review]:
        found = []
        for collection in await self._collections.all():
            if not collection.review or not self._authority.allows(caller, Action.SEE, collection.resource):
                continue
            waiting = [
                example
                for example in await self._collections.examples(collection.id)
                if example.unreviewed and self._authority.allows(caller, Action.REVIEW, collection.resource_of(example))
            ]
            if waiting:
                found.append(Review(collection, len(waiting)))
        return found

    async def _ready(self, caller: Caller, trained: set[str | None]) -> list[Dataset]:
        if not self._authority.allows(caller, Action.SUBMIT):
            return []
        latest = await self._datasets.latest(_LOOKED_AT)
        used = trained | {dataset.validation for dataset in latest} | {dataset.derived_from for dataset in latest}
        return [
            dataset
            for dataset in latest
            if dataset.owner == caller.user
            and dataset.channel == caller.channel
            and dataset.created_at > caller.at - _WEEK
            and dataset.report is not None
            and dataset.report.ok
            and dataset.id not in used
        ]


def _failed_for(job: Job, caller: Caller, since: float) -> bool:
    mine = job.requester == caller.user and job.state == states.FAILED
    return mine and (job.finished_at or job.created_at) > since


def _concerning(caller: Caller, things: Sequence[T], owner: Callable[[T], str], channel: Callable[[T], str]) -> list[T]:
    """The caller's own, then what else is of this channel."""
    mine = [thing for thing in things if owner(thing) == caller.user]
    return mine + [thing for thing in things if owner(thing) != caller.user and channel(thing) == caller.channel]
