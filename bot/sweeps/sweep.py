"""A sweep: configurations of one training file."""

import hashlib

import msgspec

from bot.jobs.group import JobGroup

PREFIX = "sweep-"


def sweep_id_for(request: str) -> str:
    """The id of the sweep for this request: the same however often it is delivered. See `bot.jobs.job.id_for`."""
    return PREFIX + hashlib.sha256(request.encode()).hexdigest()[:12]


class Member(msgspec.Struct, frozen=True):
    """One job of a sweep. `words`: its values of the settings that differ, as they were typed."""

    job_id: str
    words: dict[str, str]


class Sweep(JobGroup, frozen=True, kw_only=True, tag="sweep"):
    """`file`: the name of the training file, or its id at the provider. `validated`: whether there is a validation
    file."""

    members: tuple[Member, ...]
    file: str
    dataset_id: str | None = None
    validated: bool = False

    @property
    def job_ids(self) -> tuple[str, ...]:
        return tuple(member.job_id for member in self.members)

    @property
    def varied(self) -> tuple[str, ...]:
        """The names of the settings that differ."""
        return tuple(self.members[0].words)
