"""Whether the bot does its work, for whatever watches over it: `/livez` answers while the process does, `/healthz` with
200, or with 503 and the names of what is down."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from aiohttp import web

from bot.errors import BotError
from bot.jobs.follow import Follower
from bot.membership import Membership
from bot.store.database import Database

_MOST_BEHIND: Final = 120.0
_MOST_SECONDS: Final = 5.0


class Health:
    """`connected`: whether Slack's socket is open; None where Slack comes to us. `membership`: None where each of
    several bots has its own. `steady` is the followers' clock."""

    def __init__(
        self,
        database: Database,
        followers: Mapping[str, Follower],
        connected: Callable[[], Awaitable[bool]] | None,
        membership: Membership | None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._followers = followers
        self._connected = connected
        self._membership = membership
        self._steady = steady

    async def down(self) -> list[str]:
        """Of "slack", "store" and "jobs at NAME" those that do not work."""
        components = await self.components()
        return [f"{part} at {provider}" if provider else part for (part, provider), up in components.items() if not up]

    async def components(self) -> dict[tuple[str, str], bool]:
        """Whether each works: "slack", "store", and "jobs" with each provider's name. A provider that is away is none
        of them: to start the bot again would not help."""
        late = self._steady() - _MOST_BEHIND
        leads = self._membership is None or self._membership.leads
        return {
            ("slack", ""): self._connected is None or await self._connected(),
            ("store", ""): await self._is_writable(),
            **{("jobs", name): follower.looked_at >= late or not leads for name, follower in self._followers.items()},
        }

    def about(self) -> dict[str, object]:
        """Which process this is, and whether it leads."""
        if self._membership is None:
            return {}
        return {"process": self._membership.process, "leads": self._membership.leads}

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

    async def healthz(_: web.Request) -> web.Response:
        down = await health.down()
        found = {"status": "down" if down else "ok", "down": down, **health.about()}
        return web.json_response(found, status=503 if down else 200)

    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/healthz", healthz), *pages])
    return app
