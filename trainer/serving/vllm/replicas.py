"""Several vLLM servers: which of them answers next, and which are left out for now."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import aiohttp

from trainer import instruments
from trainer.serving.vllm.replica import NotServed, Replica, ReplicaFailed, RequestRefused, ServedBase

logger = logging.getLogger(__name__)

# To load an adapter is worth as much as this many other answers beside one.
_COLD = 8


@dataclass(frozen=True)
class Timing:
    """In seconds."""

    # How often a server is looked at; after a failure sooner at first, later more seldom.
    look: float = 5.0
    again: float = 0.5
    longest: float = 30.0
    # How long a request waits: for the first look at all servers, for an adapter, for its turn.
    heard: float = 5.0
    load: float = 10.0
    turn: float = 60.0
    # When a client that was turned away may come again.
    retry: float = 5.0


class Replicas:
    """`looked_at` is told whenever one was looked at, whether or not it answered."""

    def __init__(
        self,
        urls: Collection[str],
        session: aiohttp.ClientSession,
        looked_at: Callable[[Replica], None],
        timing: Timing,
    ) -> None:
        self.all = [Replica(url, session) for url in urls]
        self._timing = timing
        self._looked_at = looked_at
        self._failed = {replica.url: asyncio.Event() for replica in self.all}
        self._seen: set[str] = set()
        self._looked = asyncio.Event()  # at every one, at least once
        self._turn = 0

    @property
    def all_heard(self) -> bool:
        return all(replica.heard for replica in self.all)

    def available(self, base: str) -> list[Replica]:
        """Those that can be asked for it now."""
        return [replica for replica in self.all if replica.available and base in replica.bases]

    def served(self, base: str) -> ServedBase | None:
        """The base model as some replica has it, now or when it was last seen."""
        known = sorted(self.all, key=lambda replica: not replica.available)
        return next((replica.bases[base] for replica in known if base in replica.bases), None)

    async def looked(self) -> None:
        """Wait until each was looked at, but not for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timing.heard):
                await self._looked.wait()

    def choose(self, base: str, tried: Collection[Replica], names: Mapping[str, str]) -> Replica | None:
        """The least busy one of those that serve the base model; one that has loaded the adapter is preferred, whose
        `names` go by the root of the base (none where the base itself is asked)."""
        fitting = [
            one for one in self.available(base) if one not in tried and (not names or one.bases[base].root in names)
        ]
        if not fitting:
            return None
        self._turn += 1
        places = {replica.url: (at + self._turn) % len(self.all) for at, replica in enumerate(self.all)}

        def cost(one: Replica) -> tuple[float, float, int]:
            cold = bool(names) and not one.has(names[one.bases[base].root])
            return one.under_way + _COLD * cold, one.busy, places[one.url]

        return min(fitting, key=cost)

    def failed(self, replica: Replica, error: ReplicaFailed) -> None:
        """Leave it out until it answers again."""
        if replica.available:
            logger.warning("vLLM is left out: %s: %s", replica.url, error)
        replica.available = False
        self._count()
        self._failed[replica.url].set()

    def close(self) -> None:
        for replica in self.all:
            replica.close()

    async def watch(self) -> None:
        """Look at all of them, again and again."""
        async with asyncio.TaskGroup() as group:
            for replica in self.all:
                group.create_task(self._watch(replica))

    async def _watch(self, replica: Replica) -> None:
        pause = self._timing.again
        failed = self._failed[replica.url]
        while True:
            failed.clear()
            back = not replica.available
            try:
                await replica.look()
            except (ReplicaFailed, NotServed, RequestRefused) as error:
                replica.available = False
                if replica.url not in self._seen:
                    logger.warning("vLLM does not answer: %s: %s", replica.url, error)
                seconds, pause = pause, min(2 * pause, self._timing.longest)
            else:
                if back:
                    logger.info("vLLM answers: %s serves %s", replica.url, ", ".join(replica.bases))
                seconds, pause = self._timing.look, self._timing.again
            self._looked_at(replica)
            self._count()
            self._seen.add(replica.url)
            if len(self._seen) == len(self.all):
                self._looked.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await failed.wait()

    def _count(self) -> None:
        up = sum(replica.available for replica in self.all)
        instruments.VLLM_SERVERS.labels("up").set(up)
        instruments.VLLM_SERVERS.labels("down").set(len(self.all) - up)
