"""A history of jobs with two processes: what people do reaches either of them."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

import msgspec

from bot.store.database import Database, StoreTrouble
from bot.store.processes import FencedDatabase
from tests.simulation.history import Action, JobProcess, JobWorld, job_world, people
from tests.simulation.host import HOST
from tests.simulation.together import Among, accidents, among_others, live_together


def play_together(seed: str, prepare: Callable[[JobWorld], None] | None = None) -> JobWorld:
    """The whole history of a seed, until all has come to rest. `prepare` may see to it that something happens."""
    world = job_world(seed, JobWorld, _people)
    world.deaths, world.backup_at = [], None
    world.among = Among(accidents(random.Random(f"accidents/{seed}")), skew=30)
    if prepare is not None:
        prepare(world)
    observer = JobProcess(replace(world, store_trouble=0.0))

    return live_together(world, lambda: JobReplica(world), observer.is_at_rest, lambda _: [])


def _people(rng: random.Random, *, crowded: bool) -> list[Action]:
    """Now and then somebody else asks for the same at the same moment."""
    acts = people(rng, crowded=crowded)
    if rng.random() < 0.2:
        first = acts[0]
        twin = msgspec.structs.replace(first.job, id="job-0", requester="U3")
        acts.append(Action(first.at + rng.uniform(0, 0.2), "submit", twin))
    return acts


class JobReplica(JobProcess):
    """One of two: it does what people ask of it, and all the rest while it leads."""

    def __init__(self, world: JobWorld) -> None:
        super().__init__(world)
        host = HOST.get()
        assert host is not None
        self.slot = host.name[0]
        self._tasks: list[asyncio.Future[Any]] = []
        self._stopped = asyncio.Event()

    def _make(self, database: Database, **_: Any) -> None:  # type: ignore[override]
        self.membership = among_others(self.world, self.database)
        fenced = FencedDatabase(database, self.membership.process)
        super()._make(fenced, leads=lambda: self.membership.leads, require=self.membership.require)

    async def run(self) -> None:
        await self._stored(self.membership.join)
        lost = self.membership.lost.wait()
        self._begin(self.membership.run(), self._people(), self._lead())
        ends = [asyncio.ensure_future(each) for each in (lost, self._stopped.wait())]
        while not any(end.done() for end in ends):
            await asyncio.wait([*ends, *self._tasks], timeout=10, return_when=asyncio.FIRST_COMPLETED)
            for task in self._tasks:
                if task.done() and not self.membership.lost.is_set() and not self._stopped.is_set():
                    self.world.surprises.append(f"a part of {self.membership.process} ended: {task!r}")
                    return
        for task in self._tasks:
            task.cancel()
        await asyncio.wait([*self._tasks, asyncio.ensure_future(self.submitter.close())], timeout=2.5)
        await self.membership.leave()

    async def stop(self) -> None:
        self._stopped.set()

    def _begin(self, *coroutines: Coroutine[None, None, None]) -> None:
        self._tasks += [asyncio.ensure_future(each) for each in coroutines]

    async def _lead(self) -> None:
        await self.membership.until_leading()
        self.world.network.note("leads")
        await self._stored(self.submitter.recover)
        self._begin(*self._duties(), self.submitter.run())
        await self._stopped.wait()

    async def _stored(self, what: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await what()
            except StoreTrouble:
                await asyncio.sleep(1)

    def _takes(self, what: str) -> bool:
        """Whoever has it in hand keeps it until another takes that one for dead."""
        held, among = self.world.among.held, self.world.among
        living = {one for (one,) in self.world.store.execute("SELECT id FROM processes")}
        likes = random.Random(f"{self.world.seed}/{what}").choice("ab")
        if held.get(what) in living or (likes != self.slot and any(one.startswith(likes) for one in living)):
            return False
        among.held[what] = self.membership.process
        return True

    def _gives_back(self, what: str) -> None:
        self.world.among.held.pop(what, None)

    def _pause(self) -> float:
        return 1
