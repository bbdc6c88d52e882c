"""A sweep: configurations of one training file whose jobs are asked for, approved and paid for as one."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from bot.access import Resource
from bot.audit import Entry
from bot.jobs.interfaces import JobUpdate, LedgerSnapshot
from bot.jobs.job import Job, Origin
from bot.jobs.notice import Notice, SweepBody

PREFIX = "sweep-"


def sweep_id_for(request: str) -> str:
    """The id of the sweep for this request: the same however often it is delivered. See `bot.jobs.job.id_for`."""
    return PREFIX + hashlib.sha256(request.encode()).hexdigest()[:12]


class Member(msgspec.Struct, frozen=True):
    """One job of a sweep. `words`: its values of the settings that differ, as they were typed."""

    job_id: str
    words: dict[str, str]


class Sweep(msgspec.Struct, frozen=True):
    """`cause` is the inbox's key of what was done in Slack to start it. `file`: the name of the training file, or its
    id at the provider. `validated`: whether there is a validation file."""

    id: str
    members: tuple[Member, ...]
    requester: str
    origin: Origin
    created_at: float
    file: str
    dataset_id: str | None = None
    validated: bool = False
    cause: str | None = None
    reminded: bool = False

    @property
    def resource(self) -> Resource:
        """The sweep, as `authorize` takes it."""
        return Resource(self.requester, self.origin.channel, self.origin.private, "sweep", self.id)

    @property
    def varied(self) -> tuple[str, ...]:
        """The names of the settings that differ."""
        return tuple(self.members[0].words)

    def notice(self, what: str, body: SweepBody) -> Notice:
        """For the thread under the sweep's card. Its id is unique for ever."""
        return Notice(
            f"{self.id}/{what}", body, self.origin.channel, self.resource, self.created_at, under_card=self.id
        )


Decide = Callable[[LedgerSnapshot], Sequence[JobUpdate]]


class SweepStore(Protocol):
    async def admit(self, sweep: Sweep, jobs: Sequence[Job], decide: Decide, entry: Entry) -> Sequence[Job]:
        """Store a sweep, its jobs and the cards of all as `decide` says, together with what is asked and entered, in
        one transaction; `decide` is pure and quick, and may raise: then nothing is stored. The jobs as they were
        stored; none, and nothing done, if the sweep is there.
        """

    async def get(self, sweep_id: str) -> Sweep | None: ...

    async def jobs(self, sweep: Sweep) -> list[Job]:
        """In the order of its configurations."""

    async def of_jobs(self, jobs: Sequence[Job]) -> list[Sweep]:
        """The sweeps that these jobs belong to."""

    async def update_jobs(
        self,
        sweep: Sweep,
        make: Callable[[Job], JobUpdate | None],
        notices: Sequence[Notice] = (),
        entry: Entry | None = None,
    ) -> list[Job]:
        """Like `JobStore.update` for all jobs of a sweep, in one transaction with `notices` and `entry`, which are
        stored where any job changes. Those that changed."""

    async def set_reminded(self, sweep: Sweep, notice: Notice) -> None:
        """Its approval is asked for once more."""

    async def tell(self, notices: Sequence[Notice]) -> None:
        """Unless the first of them is known: then all are."""
