"""A history of conversations with two processes: Slack tells either of them what people do."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, cast

from slack_bolt.response import BoltResponse

from bot.store.database import StoreTrouble
from bot.store.processes import FencedDatabase
from tests.simulation.store import MemoryDatabase
from tests.simulation.talk import Public, TalkProcess, TalkWorld, keep_comparisons, talk_world
from tests.simulation.together import Among, Together, accidents, among_others, live_together, within
from tests.simulation.whole_bot import WholeBot

# Seconds that Slack waits for an answer.
_PATIENCE = 3.0


def talk_together(seed: str, prepare: Callable[[TalkWorld], None] | None = None) -> TalkWorld:
    """The whole history of a seed, until all has come to rest. `prepare` may see to it that something happens."""
    world = talk_world(seed)
    world.deaths = []
    # Of what one person does in a window and by a button, clocks say which was last, as with one process.
    world.among = Among(accidents(random.Random(f"accidents/{seed}")), skew=0.01)
    if prepare is not None:
        prepare(world)
    seen = MemoryDatabase(world.store, random.Random(f"seen/{seed}"), lambda: 0.0)
    public: list[Public] = []

    def people(together: Together) -> list[Coroutine[None, None, None]]:
        public.append(Public(world, seen, lambda body: _dispatch(together, body), lambda: _is_busy(together)))
        return [*public[0].pressing(), _tell(public[0])]

    async def is_at_rest() -> bool:
        return await public[0].is_at_rest() and not public[0].asks_last()

    return live_together(world, lambda: TalkReplica(world), is_at_rest, people)


async def _tell(public: Public) -> None:
    while True:
        public.tell()
        await asyncio.sleep(1)


def _is_busy(together: Together) -> bool:
    return any(process.bot is not None and process.bot.worker.busy for process in _processes(together).values())


def _processes(together: Together) -> dict[str, "TalkReplica"]:
    return cast("dict[str, TalkReplica]", together.running)


async def _dispatch(together: Together, body: dict[str, Any]) -> BoltResponse | None:
    """Any of the processes that are connected hears of it; one that stands still or dies does not answer."""
    there = {slot: one.bot for slot, one in _processes(together).items() if one.bot is not None and not one.is_over}
    if not there:
        return None
    slot = together.world.rng.choice(list(there))
    host, bot = together.hosts[slot], there[slot]
    answering = within(host, lambda: asyncio.ensure_future(bot.dispatch(body)))
    gone = asyncio.ensure_future(together.gone[host].wait())
    await asyncio.wait({answering, gone}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    return answering.result() if answering.done() else None


class TalkReplica(TalkProcess):
    """One of two: it works on what it hears, and keeps the comparisons while it leads."""

    def __init__(self, world: TalkWorld) -> None:
        super().__init__(world)
        self.membership = among_others(world, self.database)
        self.is_over = False
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        fenced = FencedDatabase(self.database, self.membership.process)
        while True:
            try:
                await self.membership.join()
                break
            except StoreTrouble:
                await asyncio.sleep(1)
        beating = asyncio.ensure_future(self.membership.run())
        bot = await self._begun(fenced, self.membership)
        await bot.worker.recover(bot.app)
        tasks = [asyncio.ensure_future(each) for each in (bot.worker.take_over(bot.app), self._lead(bot))]
        ends = [asyncio.ensure_future(each.wait()) for each in (self.membership.lost, self._stopped)]
        while not any(end.done() for end in ends):
            await asyncio.wait([*ends, *tasks], timeout=10, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done() and not any(end.done() for end in ends):
                    self.world.surprises.append(f"a part of {self.membership.process} ended: {task!r}")
                    return
        self.is_over = True
        await bot.worker.drain(2.5)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=2.5)
        beating.cancel()
        await self.membership.leave()

    async def stop(self) -> None:
        self._stopped.set()

    async def _lead(self, bot: WholeBot) -> None:
        await self.membership.until_leading()
        self.world.network.note("leads")
        await keep_comparisons(bot)
