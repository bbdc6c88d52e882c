"""Whether the bot does its work, for whatever watches over it: `/livez` answers while the process does, `/readyz` with
200 while it takes what Slack sends, `/healthz` with 200, or with 503 and the names of what is down."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final

from aiohttp import web

from bot.errors import BotError
from bot.jobs.follow import Follower
from bot.membership import Membership
from bot.store.database import Database

_MOST_BEHIND: Final = 120.0
_MOST_SECONDS: Final = 5.0


class Health:
    """`membership`: None where each of several bots has its own. `steady` is the followers' clock."""

    def __init__(
        self,
        database: Database,
        followers: Mapping[str, Follower],
        membership: Membership | None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.connected: Callable[[], Awaitable[bool]] | None = None
        """Whether Slack's socket is open; None where Slack comes to us."""
        self._hears = False
        self._database = database
        self._followers = followers
        self.membership = membership
        self._steady = steady

    @contextlib.contextmanager
    def hearing(self) -> Iterator[None]:
        """While what Slack sends is taken."""
        self._hears = True
        try:
            yield
        finally:
            self._hears = False

    async def ready(self) -> bool:
        """Whether what Slack sends is taken, whatever becomes of jobs."""
        return self._hears and all(up for (part, _), up in (await self.components()).items() if part != "jobs")

    async def down(self) -> list[str]:
        """Of "slack", "store" and "jobs at NAME" those that do not work."""
        components = await self.components()
        return [f"{part} at {provider}" if provider else part for (part, provider), up in components.items() if not up]

    async def components(self) -> dict[tuple[str, str], bool]:
        """Whether each works: "slack", "store", and "jobs" with each provider's name. A provider that is away is none
        of them: to start the bot again would not help."""
        late = self._steady() - _MOST_BEHIND
        leads = self.membership is None or self.membership.leads
        return {
            ("slack", ""): self.connected is None or await self.connected(),
            ("store", ""): await self._is_writable(),
            **{("jobs", name): follower.looked_at >= late or not leads for name, follower in self._followers.items()},
        }

    async def by_provider(self) -> dict[tuple[str, str], bool]:
        """The same, with one entry for a provider whose jobs are followed in several workspaces: whether all are."""
        works: dict[tuple[str, str], bool] = {}
        for (part, name), up in (await self.components()).items():
            of = part, self._followers[name].provider_name if name else ""
            works[of] = works.get(of, True) and up
        return works

    def heard_at(self) -> dict[str, float]:
        """When each provider last answered about its jobs: of several workspaces, where that is longest ago. Those that
        are not asked here are left out."""
        heard: dict[str, float] = {}
        for follower in self._followers.values():
            if (at := follower.heard_at) is not None:
                heard[follower.provider_name] = min(at, heard.get(follower.provider_name, at))
        return heard

    def about(self) -> dict[str, object]:
        """Which process this is, whether it leads, and how many there are."""
        if (this := self.membership) is None:
            return {}
        return {"process": this.process, "leads": this.leads, "processes": this.count}

    async def _is_writable(self) -> bool:
        with contextlib.suppress(BotError, TimeoutError):
            async with asyncio.timeout(_MOST_SECONDS):
                await self._database.check_writable()
            return True
        return False


def health_app(health: Health, pages: Sequence[web.RouteDef] = ()) -> web.Application:
    """`pages`: what else is answered there."""

    async def livez(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        ready = await health.ready()
        return web.json_response({"status": "ok" if ready else "not ready"}, status=200 if ready else 503)

    async def healthz(_: web.Request) -> web.Response:
        down = await health.down()
        found = {"status": "down" if down else "ok", "down": down, **health.about()}
        return web.json_response(found, status=503 if down else 200)

    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/healthz", healthz), *pages])
    return app
