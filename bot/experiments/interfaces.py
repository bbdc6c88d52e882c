"""What the history of experiments needs of the store; `bot.store.experiments` implements it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from bot.access import Resource
from bot.experiments.filters import Filters
from bot.jobs.job import Job


class JobOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a job of which nothing more is expected. `figures`: each at the end, such as `train_loss` and
    `valid_loss`, and the best with its step, `best_loss` and `best_loss_step`. `usd`: what it cost, or was estimated to
    cost; `seconds` of training."""

    figures: dict[str, float] = {}
    usd: float | None = None
    seconds: float | None = None


class FoundJob(msgspec.Struct, frozen=True):
    """A job, who may see it, and where it is sorted by that, what came of it, as far as that has been stored."""

    id: str
    requester: str
    channel: str
    private: bool
    outcome: JobOutcome | None = None

    @property
    def resource(self) -> Resource:
        return Resource(self.requester, self.channel, self.private, "job", self.id)


class ExperimentStore(Protocol):
    async def search(self, filters: Filters) -> list[FoundJob]:
        """The newest first, whatever the order that is asked for."""

    async def jobs(self, ids: Sequence[str]) -> list[Job]:
        """In that order; those that there are."""

    async def hashes(self, dataset_ids: Sequence[str]) -> dict[str, str]:
        """The SHA-256 of data sets, deleted ones too, by id."""

    async def outcomes(self, ids: Sequence[str]) -> dict[str, JobOutcome]:
        """Those that have been stored, by the job's id."""

    async def without_outcome(self, limit: int) -> list[str]:
        """Ids of jobs of which nothing more is expected, and whose outcome has not been stored."""

    async def store_outcomes(self, outcomes: Mapping[str, JobOutcome]) -> None:
        """By the job's id."""
