"""A move: fine-tuned models whose successors are trained at another provider, as one plan."""

import hashlib
from typing import Protocol

import msgspec

from bot.access import Caller
from bot.evaluations.run import Reason
from bot.jobs.group import GroupStore, JobGroup
from bot.jobs.settings import JobSettings

PREFIX = "move-"
MOST = 50
"""Models of one move. What is left over comes with the next."""


def move_id_for(request: str) -> str:
    """The id of the move for this request: the same however often it is delivered. See `bot.jobs.job.id_for`."""
    return PREFIX + hashlib.sha256(request.encode()).hexdigest()[:12]


class MovedModel(msgspec.Struct, frozen=True, omit_defaults=True):
    """One model of a move. `model` is replaced by what `job_id` makes, with `settings` on that data set. `left`: the
    names of settings that mean something else at the other provider, and are left to it. `retires`: the day (ISO) on
    which it stops answering, where that is known. `held_out`: so many examples of the old model's training file were
    taken out of it to hold the two against each other; the data set is what is left.

    `evaluation`: of the two on the same file; `not_evaluated`: why there is none. `adopted_by`: who made the successor
    the current model of the channel.
    """

    model: str
    job_id: str
    settings: JobSettings
    dataset_id: str
    left: tuple[str, ...] = ()
    retires: str | None = None
    held_out: int = 0
    evaluation: str | None = None
    not_evaluated: Reason | None = None
    adopted_by: str | None = None


class Move(JobGroup, frozen=True, kw_only=True, tag="move"):
    """`provider`: to which. `asker`: who started it, as they were then; what is evaluated is what they may see.
    `models`: the first to retire first. `ended`: nothing more comes by itself."""

    provider: str
    asker: Caller
    models: tuple[MovedModel, ...]
    ended: bool = False

    @property
    def job_ids(self) -> tuple[str, ...]:
        return tuple(moved.job_id for moved in self.models)

    def replacing(self, moved: MovedModel) -> "Move":
        """With that model as it is now."""
        models = tuple(moved if one.model == moved.model else one for one in self.models)
        return msgspec.structs.replace(self, models=models)


class MoveStore(GroupStore, Protocol):
    async def open_moves(self) -> list[Move]:
        """Those that have not ended, the oldest first."""
