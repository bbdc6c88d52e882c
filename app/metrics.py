"""`/metrics`: what the bot has counted, and what waits, as Prometheus reads it."""

import contextlib
import hmac
import shutil
import time

from aiohttp import web
from prometheus_client import ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from app.health import Health
from bot import instruments
from bot.errors import BotError
from bot.settings import Settings
from bot.store.backlog import Backlog, SqlBacklog
from bot.version import version

ProcessCollector(registry=instruments.REGISTRY)


class Metrics:
    def __init__(self, health: Health, backlog: SqlBacklog, settings: Settings) -> None:
        self._health = health
        self._backlog = backlog
        self._folder = settings.finetune_data
        self._token = settings.metrics_token
        # The oldest notice that waits, and since when it is seen to be that.
        self._first: tuple[int | None, float] = (None, 0.0)
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
        for (component, provider), works in (await self._health.components()).items():
            instruments.COMPONENT_UP.labels(component, provider).set(works)
        if (membership := self._health.membership) is not None:
            instruments.LEADS.set(membership.leads)
            instruments.PROCESSES.set(membership.count)
        instruments.DISK_FREE.set(shutil.disk_usage(self._folder).free)
        with contextlib.suppress(BotError):  # the store: one of the components says so
            self._show(await self._backlog.read(), time.time())

    def _show(self, backlog: Backlog, now: float) -> None:
        instruments.INBOX_DEPTH.set(backlog.inbox)
        instruments.INBOX_AGE.set(max(0.0, now - backlog.inbox_since) if backlog.inbox_since is not None else 0)
        if backlog.outbox_first != self._first[0]:
            self._first = backlog.outbox_first, now
        instruments.OUTBOX_DEPTH.set(backlog.outbox)
        instruments.OUTBOX_AGE.set(now - self._first[1] if backlog.outbox_first is not None else 0)
        instruments.CARDS_BEHIND.set(backlog.cards)
        instruments.JOBS.clear()
        for (provider, state), count in backlog.jobs.items():
            instruments.JOBS.labels(provider, state).set(count)
