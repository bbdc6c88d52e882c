"""Jobs that are asked for, approved and paid for as one, such as a sweep. Their cards stand in the thread
of one that shows them all."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from bot.access import Place, Resource, is_shown_in
from bot.audit import Entry
from bot.jobs.interfaces import JobUpdate, LedgerSnapshot
from bot.jobs.job import Job, Origin
from bot.jobs.notice import GroupBody, GroupEnded, Notice, ended_elsewhere


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    cause: str | None = None
    reminded: bool = False


class JobGroup(_Options, frozen=True, tag_field="kind"):
    """`cause` is the inbox's key of what was done in Slack to start it; `reminded`: its approval was asked for once
    more."""

    id: str
    requester: str
    origin: Origin
    created_at: float

    @property
    def job_ids(self) -> tuple[str, ...]:
        """In their order."""
        raise NotImplementedError

    @property
    def resource(self) -> Resource:
        """The group, as `authorize` takes it."""
        kind = str(type(self).__struct_config__.tag)
        return Resource(self.requester, self.origin.channel, self.origin.private, kind, self.id)

    def notice(self, what: str, body: GroupBody) -> Notice:
        """For the thread under the group's card. Its id is unique for ever."""
        return Notice(
            f"{self.id}/{what}", body, self.origin.channel, self.resource, self.created_at, under_card=self.id
        )


Decide = Callable[[LedgerSnapshot], Sequence[JobUpdate]]


class GroupStore(Protocol):
    async def admit(self, group: JobGroup, jobs: Sequence[Job], decide: Decide, entry: Entry) -> Sequence[Job]:
        """Store a group, its jobs and the cards of all as `decide` says, together with what is asked and entered, in
        one transaction; `decide` is pure and quick, and may raise: then nothing is stored. The jobs as they were
        stored; none, and nothing done, if the group is there.
        """

    async def get(self, group_id: str) -> JobGroup | None: ...

    async def change(self, group_id: str, make: Callable[[JobGroup], JobGroup | None]) -> JobGroup | None:
        """Read it, let `make` say what becomes of it, and store that: one transaction, after which its card is to be
        looked at. None, and nothing done, where there is none or `make` says None."""

    async def jobs(self, group: JobGroup) -> list[Job]:
        """In the group's order."""

    async def of_jobs(self, jobs: Sequence[Job]) -> list[JobGroup]:
        """The groups that these jobs belong to."""

    async def update_jobs(
        self,
        group: JobGroup,
        make: Callable[[Job], JobUpdate | None],
        notices: Sequence[Notice] = (),
        entry: Entry | None = None,
    ) -> list[Job]:
        """Like `JobStore.update` for all jobs of a group, in one transaction with `notices` and `entry`, which are
        stored where any job changes. Those that changed."""

    async def set_reminded(self, group: JobGroup, notice: Notice) -> None:
        """Its approval is asked for once more."""

    async def tell(self, notices: Sequence[Notice]) -> None:
        """Unless the first of them is known: then all are."""


def endings(group: JobGroup, notices_channel: str | None) -> list[Notice]:
    """What is told at its end: in its thread, and in the channel that is told how all jobs end that were started in
    public."""
    told = [group.notice("ended", GroupEnded())]
    if notices_channel in (None, "", group.origin.channel):
        return told
    if is_shown_in(Place(notices_channel), group.resource):
        told.append(ended_elsewhere(told[0], f"{told[0].id}/elsewhere", notices_channel))
    return told
