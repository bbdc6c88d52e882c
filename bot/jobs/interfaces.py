"""The store of jobs, as an interface; `bot.store.jobs` implements it."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from bot.audit import Entry
from bot.jobs.job import Job
from bot.jobs.notice import DeploymentBody, Ended, Notice, Stuck, Uncertain
from bot.providers.interface import RemoteEvent
from bot.providers.protocol import Checkpoint, Metrics
from bot.spending.budget import Limits, Spend


class JobUpdate(msgspec.Struct, frozen=True):
    """Everything that one piece of news does to a job, stored in one transaction or not at all.

    Notices and events are known by their ids: storing one again does nothing. `followed` turns False when
    nothing more is expected of the provider; None leaves it as it is. `shown`: whether the job's card may look
    different after it.
    """

    job: Job
    events: Sequence[RemoteEvent] = ()
    checkpoints: Sequence[Checkpoint] = ()
    notices: Sequence[Notice] = ()
    audit: Sequence[Entry] = ()
    followed: bool | None = True
    shown: bool = True

    @property
    def told(self) -> Sequence[Notice]:
        """The notices that are said. Of a group's job these are how it ended and what somebody must see to: all else
        stands on the group's card, and would be said many times over."""
        if self.job.group is None:
            return self.notices
        return [
            notice for notice in self.notices if isinstance(notice.body, Ended | Stuck | Uncertain | DeploymentBody)
        ]


class LedgerSnapshot(msgspec.Struct, frozen=True):
    """What must be known to decide about a new job, read in the transaction that stores the decision. `month`: what the
    jobs submitted in the same calendar month count for, where there are budgets; `waiting` and `running` count the
    provider's jobs.
    """

    limits: Limits
    month: Sequence[Spend]
    waiting: int
    running: int


class Followed(msgspec.Struct, frozen=True):
    """As much of a followed job as the schedule needs."""

    id: str
    provider: str
    provider_job_id: str
    state: str
    created_at: float


class JobStore(Protocol):
    async def insert(self, job: Job, history: JobUpdate | None = None, *, card: bool = True) -> bool:
        """Store a new job and its card, yet to be posted; with `history`, what happened before we knew of it. Without a
        `card` it is found, and never shows itself.

        False, and nothing done, if the id is there, or another job stands for the same job of the provider.
        """

    async def admit(self, job: Job, decide: Callable[[LedgerSnapshot], JobUpdate]) -> Job | None:
        """Store a new job and its card as `decide` says, which sees the ledger of its month: one transaction, so no two
        jobs take the same last dollar. `decide` is pure and quick, and may raise: then nothing is stored. The job
        as it was stored; None if its id is there. Raises Conflict where a job that has not ended does the same: it has
        the same data, base model and settings, and the same seed where one was asked for.
        """

    async def ledger(self, job: Job) -> LedgerSnapshot:
        """What `admit` would decide by at this moment, were `job` stored now."""

    async def update(self, job_id: str, make: Callable[[Job], JobUpdate | None]) -> Job | None:
        """Read a job, let `make` say what becomes of it, and store that: one transaction, so nobody's change is
        lost. `make` is pure and quick. The job as it was stored.

        None, and nothing done, if there is no such job, `make` says None, or the state machine forbids it (see
        `states.may_become`). Raises Conflict where another job stands for the same job of the provider.
        """

    async def get(self, job_id: str) -> Job | None: ...

    async def find(self, word: str) -> Job | None:
        """By our id, the provider's id, or the name of the fine-tuned model."""

    async def latest(self, limit: int) -> list[Job]: ...

    async def of_card(self, channel: str, ts: str) -> str | None:
        """The id of the job whose card that message is."""

    async def in_states(self, states: Sequence[str]) -> list[Job]: ...

    async def not_ended(self) -> list[Job]:
        """In whatever state, those of which the provider may have news, or may not know yet."""

    async def deployed(self) -> list[Job]:
        """Those whose models are deployed, or about to be; the oldest first."""

    async def spends_of_month(self, at: float) -> list[Spend]:
        """What the jobs of the calendar month (UTC) of `at` count for, and what models' answers cost in it: for each
        person and channel; what is still an estimate, and jobs whose price nobody knows, apart."""

    async def running(self, provider: str) -> int:
        """How many jobs the provider runs for us, or is about to (see `states.WITHOUT_ROOM`)."""

    async def followed(self, provider: str) -> list[Followed]:
        """Jobs that the provider may still have news of, oldest first."""

    async def silent_since(self, provider: str) -> float | None:
        """Since when people have been told that this provider does not answer; None where it does."""

    async def training_refused_since(self, provider: str) -> float | None:
        """Since when the provider has said that it trains no more for this organisation, to each job that it was asked
        for; None where it has not, or has taken one since."""

    async def set_silent_since(self, provider: str, since: float | None, notices: Sequence[Notice]) -> None:
        """Store that together with the notices, in one transaction."""

    async def known_jobs(self, provider: str) -> set[str]:
        """The provider's ids of the jobs that ours stand for."""

    async def events(self, job_id: str, limit: int, *, skip: int = 0) -> list[RemoteEvent]:
        """The provider's events, the latest first."""

    async def event_count(self, job_id: str) -> int: ...

    async def event_ids(self, job_id: str) -> set[str]: ...

    async def metrics(self, job_id: str) -> list[Metrics]:
        """By step."""

    async def checkpoints(self, job_id: str) -> list[Checkpoint]:
        """By step."""

    async def models(self, names: Sequence[str] | None = None) -> dict[str, Job]:
        """Fine-tuned models and checkpoints' models that our jobs made, by name; of these `names`, or all."""

    async def uses_file(self, provider: str, file_id: str) -> list[Job]:
        """Jobs not ended yet that train on this file of the provider."""

    async def provider_file(self, provider: str, sha256: str) -> str | None:
        """The id of the provider's copy; "" where an upload was begun, and nobody knows what became of it."""

    async def uploads(self, sha256: str) -> dict[str, str]:
        """The same by provider, of those that may have a copy."""

    async def uploads_left(self) -> dict[str, dict[str, str]]:
        """The same by provider and SHA-256, of data sets that were all deleted."""

    async def content_of(self, provider: str, file_id: str) -> str | None:
        """The SHA-256 of what we uploaded as this file of the provider."""

    async def contents(self, provider: str) -> dict[str, str]:
        """The SHA-256 of each of our uploads there, by the provider's file id."""

    async def under_way(self, provider: str) -> list[Job]:
        """Jobs not ended yet."""

    async def set_provider_file(
        self, provider: str, sha256: str, file_id: str | None, *, audit: Sequence[Entry] = ()
    ) -> None:
        """None: there is no copy. One transaction with the audit entries."""
