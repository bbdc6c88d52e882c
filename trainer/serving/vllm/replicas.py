"""Several vLLM servers: which of them answers next, and which are left out for now."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping

import aiohttp

from trainer.serving.vllm.replica import NotServed, Replica, ReplicaFailed, RequestRefused, ServedBase

logger = logging.getLogger(__name__)

_LOOK_EVERY = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
# To load an adapter is worth as much as this many other answers beside one.
_COLD = 8


class Replicas:
    """`found` is told what a replica has loaded, whenever it was looked at."""

    def __init__(self, urls: Collection[str], session: aiohttp.ClientSession, found: Callable[[Replica], None]) -> None:
        self.all = [Replica(url, session) for url in urls]
        self._found = found
        self._failed = {replica.url: asyncio.Event() for replica in self.all}
        self._seen: set[str] = set()
        self._looked = asyncio.Event()  # at every one, at least once
        self._turn = 0

    @property
    def all_heard(self) -> bool:
        return all(replica.heard for replica in self.all)

    @property
    def available(self) -> list[Replica]:
        return [replica for replica in self.all if replica.available]

    def served(self, base: str) -> ServedBase | None:
        """The base model as some replica has it, now or when it was last seen."""
        known = sorted(self.all, key=lambda replica: not replica.available)
        return next((replica.bases[base] for replica in known if base in replica.bases), None)

    async def looked(self, seconds: float) -> None:
        """Wait until each was looked at, but no longer than this."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._looked.wait(), seconds)

    def choose(self, base: str, tried: Collection[Replica], names: Mapping[str, str]) -> Replica | None:
        """The least busy one of those that serve the base model; one that has loaded the adapter is preferred, whose
        `names` go by the root of the base (none where the base itself is asked)."""
        fitting = [one for one in self.available if base in one.bases and one not in tried]
        if not fitting:
            return None
        self._turn += 1
        places = {replica.url: (at + self._turn) % len(self.all) for at, replica in enumerate(self.all)}

        def cost(one: Replica) -> tuple[float, float, int]:
            cold = bool(names) and names.get(one.bases[base].root) not in one.adapters
            return one.under_way + _COLD * cold, one.busy, places[one.url]

        return min(fitting, key=cost)

    def failed(self, replica: Replica, error: ReplicaFailed) -> None:
        """Leave it out until it answers again."""
        if replica.available:
            logger.warning("vLLM is left out: %s", error)
        replica.available = False
        self._failed[replica.url].set()

    async def watch(self) -> None:
        """Look at all of them, again and again."""
        async with asyncio.TaskGroup() as group:
            for replica in self.all:
                group.create_task(self._watch(replica))

    async def _watch(self, replica: Replica) -> None:
        pause = _FIRST_PAUSE
        failed = self._failed[replica.url]
        while True:
            failed.clear()
            back = not replica.available
            try:
                await replica.look()
            except (ReplicaFailed, NotServed, RequestRefused) as error:
                replica.available = False
                if replica.url not in self._seen:
                    logger.warning("vLLM does not answer: %s", error)
                seconds, pause = pause, min(2 * pause, _LONGEST_PAUSE)
            else:
                if back:
                    logger.info("vLLM answers: %s serves %s", replica.url, ", ".join(replica.bases))
                seconds, pause = _LOOK_EVERY, _FIRST_PAUSE
                self._found(replica)
            self._seen.add(replica.url)
            if len(self._seen) == len(self.all):
                self._looked.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(failed.wait(), seconds)
