"""Work that asks models many questions and takes its time: an evaluation, the check of a judge. It can be paused, goes
on where it was after a crash, and asks nothing twice."""

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol, TypeVar

import msgspec

from bot.access import Resource
from bot.audit import Entry


class RunState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"
    FAILED = "failed"


ENDED: Final = frozenset({RunState.CANCELLED, RunState.FINISHED, RunState.FAILED})
MAY_BECOME: Final[Mapping[RunState, Collection[RunState]]] = {
    RunState.RUNNING: (RunState.PAUSED, RunState.CANCELLED, RunState.FINISHED, RunState.FAILED),
    RunState.PAUSED: (RunState.RUNNING, RunState.CANCELLED),
    RunState.FINISHED: (RunState.RUNNING,),  # graded anew, or failures asked again
    RunState.CANCELLED: (),
    RunState.FAILED: (RunState.RUNNING,),
}


class Reason(msgspec.Struct, frozen=True):
    """Why a run is paused or failed, or a model gave no answer. `kind` and `values` as in BotError; where the provider
    said it, `kind` is its own words (untrusted)."""

    kind: str
    values: dict[str, Any] = {}
    by_provider: bool = False


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """`models`: those that are asked. `thread_ts`: of the thread in which it is shown. `why`: of a pause or a failure.
    Times are seconds since the epoch."""

    kind: ClassVar[str]

    id: str
    models: tuple[str, ...]
    team: str
    channel: str
    owner: str
    created_at: float
    private: bool = False
    thread_ts: str | None = None
    state: RunState = RunState.RUNNING
    why: Reason | None = None
    finished_at: float | None = None

    @property
    def resource(self) -> Resource:
        return Resource(self.owner, self.channel, self.private, self.kind, self.id)

    @property
    def kept_in(self) -> str:
        """The only place in which its answers are used again, its channel where that is private; "" for all places."""
        return self.channel if self.private else ""


R = TypeVar("R", bound=Run)


class RunStore(Protocol[R]):
    """Of one kind of run."""

    async def get(self, run_id: str, /) -> R | None: ...

    async def change(
        self,
        run_id: str,
        make: Callable[[R], R | None],
        /,
        *,
        audit: Sequence[Entry] = (),
        forget_failures: bool = False,
    ) -> R | None:
        """Read it, let `make` say what becomes of it, and store that and the audit entries: one transaction. With
        `forget_failures` what failed is to be asked again. `make` is pure and quick. The run as it was stored; None,
        and nothing done, where there is none, `make` says None, or the state machine forbids it (MAY_BECOME)."""

    async def due(self) -> list[str]:
        """Ids of runs that are running, the oldest first."""

    async def changes(self, run_id: str, /) -> int:
        """How often something has happened to it, for who shows it."""

    async def unshown(self) -> list[str]:
        """Ids of runs to which something has happened that their messages do not show."""

    async def shown(self, run_id: str, changes: int, /) -> None:
        """Its messages show all that had happened by then."""

    async def set_result(self, run_id: str, result: bytes, at: float, /) -> R | None:
        """It is finished, and this came of it: one transaction. None where it is not running any more."""

    async def result(self, run_id: str, /) -> bytes | None: ...
