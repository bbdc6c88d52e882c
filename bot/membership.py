"""A bot among others on the same store: its lease, which of them leads, and claims.

Each shows every few seconds that it lives, by a counter in the store. Whoever sees a counter stand still for as long as
a lease, by a clock of its own, removes that process: what it had claimed is free, and all that it still wants to write
is refused. So nothing depends on what clocks show, neither here nor at the store. The oldest process leads: it does
what must be done by one only. It leads until it ends.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from bot.claims import Claims
from bot.errors import BotError, StartError
from bot.keyed_locks import KeyedLocks
from bot.store.processes import LeaseLost, Process, SqlProcesses

log = structlog.get_logger()

BEAT: Final = 2.0
LEASE: Final = 10.0
# Of the lease: within this, what was asked for is carried out, if it is at all.
_CARRIED_OUT: Final = 0.2


def steady() -> float:
    """A clock that nobody can set, and that goes on while the machine sleeps, where the system has one."""
    boottime: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class Membership:
    """`alone`: no other can be there, as with SQLite, whose folder is locked. Then it leads at once, and nothing more
    is asked of the store. `app`: the Slack app that it speaks for. `beat` and `lease` in seconds; `steady` is a
    monotonic clock."""

    def __init__(
        self,
        store: SqlProcesses,
        *,
        alone: bool,
        app: str = "",
        beat: float = BEAT,
        lease: float = LEASE,
        steady: Callable[[], float] = steady,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex[:12],
    ) -> None:
        self.process: Final = new_id()
        self.alone: Final = alone
        self.lost = asyncio.Event()
        """Set once another process took this one for dead."""
        self._store = store
        self._app = app
        self._beat = beat
        self._lease = lease
        self._steady = steady
        self._shown_at = self._asked_at = float("-inf")
        self._seen: dict[str, tuple[int, float]] = {}
        self._processes: Sequence[Process] = ()
        self._leading = asyncio.Event()

    async def join(self) -> None:
        """Raises StartError where one that lives speaks for another app."""
        began = self._steady()
        try:
            there = await self._store.join(self.process, alone=self.alone, app=self._app)
        except StartError:  # it may be dead, and nobody is there who would have removed it
            before = {one.id: one.beats for one in await self._store.all()}
            await asyncio.sleep(self._lease)
            began = self._steady()
            there = await self._store.join(self.process, alone=self.alone, app=self._app, silent=before)
        self._note(there, began)

    async def run(self) -> None:
        """Show that it lives, until it is cancelled or `lost`."""
        while not self.alone and not self.lost.is_set():
            await asyncio.sleep(self._beat)
            try:
                await self.beat()
            except BotError as error:
                log.warning("lease not renewed", why=str(error))

    async def beat(self) -> None:
        began = self._steady()
        if began - self._shown_at > self._lease / 2:  # the store was away, or this stood still: nobody was heard
            self._seen = {}
        silent = {one: beats for one, (beats, since) in self._seen.items() if began - since >= self._lease}
        try:
            self._note(await self._store.beat(self.process, silent), began)
        except LeaseLost:
            log.error("taken for dead by another process", process=self.process)
            self._leading.clear()
            self.lost.set()
            raise

    async def leave(self) -> None:
        """What it had claimed is free, and the next one leads: once what was asked for last must have been carried out,
        for whoever looks for it earlier would not find it."""
        self._leading.clear()
        if not self.alone:
            await asyncio.sleep(max(0.0, self._asked_at + _CARRIED_OUT * self._lease - self._steady()))
        with contextlib.suppress(BotError):  # else the lease runs out
            await self._store.leave(self.process)

    @property
    def leads(self) -> bool:
        return self._leading.is_set()

    @property
    def others(self) -> list[str]:
        return [one.id for one in self._processes if one.id != self.process]

    @property
    def count(self) -> int:
        """How many processes there are."""
        return max(1, len(self._processes))

    async def until_leading(self) -> None:
        await self._leading.wait()

    def require(self) -> None:
        """Return if no other can have taken this process for dead by now: to be asked before anything is done that the
        store cannot refuse. A fifth of the lease is left for doing it. Raises LeaseLost."""
        now = self._steady()
        if not self.alone and (self.lost.is_set() or now - self._shown_at > (1 - _CARRIED_OUT) * self._lease):
            raise LeaseLost("store_trouble", trouble="taken_over")
        self._asked_at = now

    def claims(self, name: str) -> Claims | None:
        """None where there is nobody else to know of them."""
        return None if self.alone else Claims(self._store, self.process, name, self.lost)

    def locks(self, name: str) -> KeyedLocks:
        """A lock for each key that holds for all processes."""
        claims = self.claims(name)
        return KeyedLocks(claims.held if claims else None)

    def _note(self, processes: Sequence[Process], began: float) -> None:
        now = self._steady()
        before = self._seen
        self._seen = {
            one.id: before[one.id] if one.id in before and before[one.id][0] == one.beats else (one.beats, now)
            for one in processes
            if one.id != self.process
        }
        if [one.id for one in processes] != [one.id for one in self._processes]:
            log.info("processes", ids=[one.id for one in processes], this=self.process)
        self._processes = processes
        self._shown_at = began
        if processes[0].id == self.process:
            self._leading.set()
