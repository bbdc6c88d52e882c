"""A training set that is trained on again and again: when, by whom, and what came of it last."""

import hashlib
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from bot.access import Place, Resource
from bot.audit import Entry
from bot.jobs.notice import Notice

AT_LEAST: Final = 10
"""New examples that a training waits for, where nobody says otherwise."""


class Outcome(StrEnum):
    """What came of a time at which training was due."""

    STARTED = "started"
    TOO_FEW = "too few"
    """Not enough new examples; nothing is said about that."""
    STILL_RUNNING = "still running"
    """The one before has not ended."""
    REFUSED = "refused"


class Latest(msgspec.Struct, frozen=True, omit_defaults=True):
    """`at`: when it was due. `new`: how many new examples there were; `why`: the error, as `str` gives it."""

    at: float
    outcome: Outcome
    new: int = 0
    job: str | None = None
    why: str = ""


class Made(msgspec.Struct, frozen=True):
    """A training file that was made for a job: `content` is that of its plan."""

    dataset_id: str
    content: str


class Schedule(msgspec.Struct, frozen=True, omit_defaults=True):
    """`times` (cron's five fields) are by the clocks of `zone`, its IANA name. `words`: settings of the jobs, as people
    write them. `done_until`: what was due up to then is done; `running`: when what is being done was due, begun at
    `begun_at`. `job`: the latest that it started. `file`: of a job that was refused; the next one may be trained
    on it. `told`: why no job is started, as people have been told (the kind of the error).
    """

    collection_id: str
    owner: str
    team: str
    channel: str
    private: bool
    times: str
    zone: str
    at_least: int
    done_until: float
    words: dict[str, str] = {}
    running: float | None = None
    begun_at: float = 0.0
    job: str | None = None
    file: Made | None = None
    told: str = ""
    latest: Latest | None = None

    @property
    def id(self) -> str:
        return schedule_id(self.collection_id, self.channel)

    @property
    def resource(self) -> Resource:
        return Resource(self.owner, self.channel, self.private, "schedule", self.id)

    @property
    def place(self) -> Place:
        """Where its messages are seen."""
        return Place(self.channel, alone=self.channel.startswith(("D", "U", "W")))

    def following(self, known: "Schedule") -> "Schedule":
        """In the place of `known`, whose jobs and file are its own. Of what keeps it from starting one is told anew."""
        return msgspec.structs.replace(
            self, running=known.running, begun_at=known.begun_at, job=known.job, file=known.file, latest=known.latest
        )


def schedule_id(collection_id: str, channel: str) -> str:
    """One for each training set and channel."""
    return f"sched-{hashlib.sha256(f'{collection_id}/{channel}'.encode()).hexdigest()[:10]}"


Change = Callable[[Schedule], Schedule | None]


class ScheduleStore(Protocol):
    async def all(self) -> list[Schedule]: ...

    async def get(self, schedule_id: str) -> Schedule | None: ...

    async def set(self, schedule: Schedule, entry: Entry) -> None:
        """In the place of the one that is there, and `following` it. Stored together with its line in the audit log."""

    async def change(
        self, schedule_id: str, make: Change, entry: Entry | None = None, notices: Sequence[Notice] = ()
    ) -> bool:
        """Keep what `make` makes of it, with the entry and the notices: one transaction. False, and nothing done, where
        it is gone or `make` says None."""

    async def remove(self, schedule: Schedule, entry: Entry, notices: Sequence[Notice] = ()) -> bool:
        """With the entry and the notices: one transaction. False, and nothing done, where it is gone."""
