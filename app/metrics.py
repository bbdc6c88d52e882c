"""`/metrics`: what the bot has counted, and what waits, as Prometheus reads it."""

import asyncio
import contextlib
import hmac
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from aiohttp import web
from prometheus_client import ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from app.health import Health
from bot import instruments
from bot.errors import BotError
from bot.settings import Settings
from bot.store.backlog import Backlog
from bot.version import version

ProcessCollector(registry=instruments.REGISTRY)


class ReadsBacklog(Protocol):
    """Raises BotError where it cannot."""

    async def read(self) -> Backlog: ...


class Metrics:
    """`backlogs`: those of the stores there are now, by a name that a store keeps."""

    def __init__(
        self,
        health: Health,
        backlogs: Callable[[], Mapping[str, ReadsBacklog]],
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._health = health
        self._backlogs = backlogs
        self._clock = clock
        self._folder = settings.finetune_data
        self._token = settings.metrics_token
        # In each store the oldest notice that waits, and since when it is seen to be that.
        self._first: dict[str, tuple[int | None, float]] = {}
        instruments.BUILD.labels(version()).set(1)

    def route(self) -> web.RouteDef:
        return web.get("/metrics", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        if not self._may_read(request.headers.get("Authorization", "")):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        return web.Response(body=await self.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _may_read(self, authorization: str) -> bool:
        if self._token is None:
            return True
        expected = f"Bearer {self._token.get_secret_value()}"
        return hmac.compare_digest(authorization.encode(), expected.encode())

    async def text(self) -> bytes:
        await self._look()
        return generate_latest(instruments.REGISTRY)

    async def _look(self) -> None:
        """Bring to date what is a state rather than a count."""
        components = await self._health.by_provider()
        instruments.COMPONENT_UP.clear()
        for (component, provider), works in components.items():
            instruments.COMPONENT_UP.labels(component, provider).set(works)
        instruments.FOLLOWED_AT.clear()
        for provider, at in self._health.heard_at().items():
            instruments.FOLLOWED_AT.labels(provider).set(at)
        membership = self._health.membership
        instruments.LEADS.set(membership is None or membership.leads)
        instruments.PROCESSES.set(membership.count if membership else 1)
        instruments.DISK_FREE.set(shutil.disk_usage(self._folder).free)
        stores = self._backlogs()
        read = await asyncio.gather(*map(_read, stores.values()))
        known = {name: backlog for name, backlog in zip(stores, read, strict=True) if backlog is not None}
        if known or not stores:
            self._show(known, self._clock())

    def _show(self, known: Mapping[str, Backlog], now: float) -> None:
        waiting = known.values()
        instruments.INBOX_DEPTH.set(sum(one.inbox for one in waiting))
        since = min((one.inbox_since for one in waiting if one.inbox_since is not None), default=now)
        instruments.INBOX_AGE.set(max(0.0, now - since))
        self._first = {name: self._oldest(name, one.outbox_first, now) for name, one in known.items()}
        instruments.OUTBOX_DEPTH.set(sum(one.outbox for one in waiting))
        instruments.OUTBOX_AGE.set(now - min((seen for _, seen in self._first.values()), default=now))
        instruments.CARDS_BEHIND.set(sum(one.cards for one in waiting))
        jobs = sum((Counter(one.jobs) for one in waiting), Counter[tuple[str, str]]())
        instruments.JOBS.clear()
        for (provider, state), count in jobs.items():
            instruments.JOBS.labels(provider, state).set(count)

    def _oldest(self, store: str, first: int | None, now: float) -> tuple[int | None, float]:
        """Of the notices that wait there, and since when; now, where none does."""
        before = self._first.get(store)
        return before if first is not None and before and before[0] == first else (first, now)


async def _read(store: ReadsBacklog) -> Backlog | None:
    """None where it cannot be read: then the others are shown."""
    with contextlib.suppress(BotError):
        return await store.read()
    return None
