"""A rehearsal: a training file teaches a small model that costs nothing. With several shares of the file it is a
learning curve, which says whether more data would help."""

import hashlib
from typing import Final, Protocol

import msgspec

from bot.access import Caller
from bot.evaluations.run import Reason
from bot.jobs.group import GroupStore, JobGroup
from bot.jobs.job import REHEARSAL

CURVE: Final = (0.25, 0.5, 1.0)
"""Shares of the training examples: with each step they double."""

WHOLE: Final = (1.0,)

FEWEST_FOR_CURVE: Final = 50
"""Examples of a file: a fifth is held out, and of the others a quarter is ten, the fewest that are trained on."""


def rehearsal_id_for(request: str) -> str:
    """The id of the rehearsal for this request: the same however often it is delivered. See `bot.jobs.job.id_for`."""
    return REHEARSAL + hashlib.sha256(request.encode()).hexdigest()[:12]


class Point(msgspec.Struct, frozen=True):
    """One training: on this share of the examples, which are so many."""

    job_id: str
    share: float
    examples: int


class Rehearsal(JobGroup, frozen=True, kw_only=True, tag="rehearsal"):
    """`asker`: who started it, as they were then; what is evaluated is what they may see. `points`: the smallest first.
    `dataset_id`: the file. `held_out`: the data set that none of the models has seen, of which so many examples are
    asked; where the file is too small for that, the file itself, which all have seen.

    `evaluation`: of all its models; `not_evaluated`: why there is none. `ended`: nothing more comes by itself.
    """

    asker: Caller
    provider: str
    base_model: str
    dataset_id: str
    file: str
    points: tuple[Point, ...]
    held_out: str
    examples_held_out: int
    evaluation: str | None = None
    not_evaluated: Reason | None = None
    ended: bool = False

    @property
    def job_ids(self) -> tuple[str, ...]:
        return tuple(point.job_id for point in self.points)

    @property
    def is_curve(self) -> bool:
        return len(self.points) > 1

    @property
    def unseen(self) -> bool:
        """Whether it is measured on examples that were not trained on."""
        return self.held_out != self.dataset_id


class RehearsalStore(GroupStore, Protocol):
    async def open_rehearsals(self) -> list[Rehearsal]:
        """Those that have not ended, the oldest first."""
