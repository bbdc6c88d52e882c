"""The bots of many workspaces in one process: each is started when the app is installed, and erased when it is removed.

What should be is in the store of installations, and `look` makes it so: after an installation at once, otherwise now
and then, for another process may have written there.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from app.run import Bot, running
from app.schedule import keep
from app.tenancy import OneOfMany
from app.workspace_settings import settings_of
from app.workspaces.erasing import erase
from app.workspaces.slack_tokens import REVOKED, refreshed, web_client
from bot.errors import BotError
from bot.jobs.follow import Follower
from bot.settings import Settings
from bot.timing import Timing
from bot.worker_processes import WorkerPools
from bot.workspaces.installation import Installation, State
from bot.workspaces.workspaces import NotRefreshed, Workspaces

log = structlog.get_logger()

_AT_A_TIME: Final = 8
"""Workspaces that start beside each other."""


@dataclass
class _Hosted:
    """`bot`: None while it starts. `stop` ends it."""

    client: AsyncWebClient
    stop: asyncio.Event
    bot: Bot | None = None
    task: "asyncio.Task[None] | None" = None


class Hosting:
    def __init__(self, settings: Settings, timing: Timing, pools: WorkerPools, workspaces: Workspaces) -> None:
        self._settings = settings
        self._timing = timing
        self._pools = pools
        self._workspaces = workspaces
        self._hosted: dict[str, _Hosted] = {}
        self._looking = asyncio.Lock()
        self.followers: dict[str, Follower] = {}
        """By provider and workspace, of all bots that run."""
        self.connected: Callable[[], Awaitable[bool]] | None = None
        """Whether Slack's socket is open; None where Slack comes to us."""

    def bot_of(self, team: str) -> Bot | None:
        """The bot of a workspace; None where none runs."""
        hosted = self._hosted.get(team)
        return hosted.bot if hosted else None

    @property
    def bots(self) -> dict[str, Bot]:
        return {team: hosted.bot for team, hosted in self._hosted.items() if hosted.bot}

    async def is_installed(self, team: str) -> bool:
        return any(one.team == team and one.state is State.INSTALLED for one in await self._workspaces.all())

    async def look(self) -> None:
        """Start, stop, refresh and erase, so that all is as the store says. Raises Unopened."""
        async with self._looking:
            installations = await self._workspaces.all()
            gone = self._hosted.keys() - {one.team for one in installations}
            at_a_time = asyncio.Semaphore(_AT_A_TIME)
            await asyncio.gather(*map(self._stop, gone), *(self._settle(one, at_a_time) for one in installations))

    async def close(self) -> None:
        async with self._looking:
            await asyncio.gather(*map(self._stop, list(self._hosted)))

    async def _settle(self, installation: Installation, at_a_time: asyncio.Semaphore) -> None:
        """One workspace's trouble is not another's: whatever happens is logged, and tried again at the next look."""
        team = installation.team
        with structlog.contextvars.bound_contextvars(workspace=team):
            try:
                async with at_a_time:
                    if installation.state is State.INSTALLED:
                        await self._serve(installation)
                        return
                    await self._stop(team)
                    if installation.state is State.REMOVED:
                        left = await erase(self._settings, team)
                        await self._workspaces.erased(team, left)
            except BotError as error:
                log.error("workspace in trouble", why=str(error))
            except Exception:
                log.exception("workspace in trouble")

    async def _serve(self, installation: Installation) -> None:
        team, tokens = installation.team, installation.tokens
        assert tokens is not None
        hosted = self._hosted.get(team)
        if hosted is not None and hosted.task is not None and hosted.task.done():
            del self._hosted[team]
            hosted = None
        client = hosted.client if hosted else web_client(self._settings)
        client.token = tokens.bot  # another process may have refreshed it, or somebody has installed the app again
        await self._refresh(team, client)
        if hosted is None:
            await self._start(installation, client)

    async def _refresh(self, team: str, client: AsyncWebClient) -> None:
        ask = web_client(self._settings)
        try:
            now = time.time()
            new = await self._workspaces.refresh(team, lambda old: refreshed(self._settings, ask, old, now))
        except NotRefreshed as error:
            # The old token is good until it expires; then Slack says so.
            log.error("token not refreshed", why=str(error), install_again=error.final)
            return
        if new is not None:
            client.token = new.bot
            log.info("token refreshed")

    async def _start(self, installation: Installation, client: AsyncWebClient) -> None:
        team = installation.team
        try:
            answer = await client.auth_test()
        except SlackApiError as error:
            code = str(error.response.get("error") or "")
            if code in REVOKED:
                await self._workspaces.revoke(team, time.time())
            log.error("workspace not started", why=code)
            return
        except (aiohttp.ClientError, OSError) as error:
            log.warning("workspace not started, Slack is not reached", why=type(error).__name__)
            return
        who = dict(answer.data) if isinstance(answer.data, dict) else {}
        if who.get("team_id") != team:
            log.error("workspace not started: its token is another's")
            return
        hosted = self._hosted[team] = _Hosted(client, asyncio.Event())
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        hosted.task = asyncio.create_task(self._run(installation, hosted, who, ready), name=f"workspace {team}")
        await asyncio.wait([hosted.task, ready], return_when=asyncio.FIRST_COMPLETED)
        if hosted.task.done():
            self._hosted.pop(team, None)
            await hosted.task

    async def _run(
        self, installation: Installation, hosted: _Hosted, who: dict[str, object], ready: "asyncio.Future[None]"
    ) -> None:
        """In a task of its own, which begins and ends all that belongs to the workspace."""
        settings, shares_account = settings_of(self._settings, installation)
        one_of_many = OneOfMany(hosted.client, who, shares_account)
        async with running(settings, self._timing, self._pools, one_of_many) as bot:
            followers = {f"{name} in {bot.services.team}": one for name, one in bot.services.followers.items()}
            self.followers |= followers
            hosted.bot = bot
            watching = keep("connection", partial(bot.watch, self._is_connected))
            ready.set_result(None)
            log.info("workspace started", name=installation.name)
            await hosted.stop.wait()
            watching.cancel()
            for name in followers:
                del self.followers[name]
        log.info("workspace stopped")

    async def _is_connected(self) -> bool:
        return self.connected is None or await self.connected()

    async def _stop(self, team: str) -> None:
        hosted = self._hosted.pop(team, None)
        if hosted is None or hosted.task is None:
            return
        hosted.bot = None
        hosted.stop.set()
        with contextlib.suppress(BotError):
            await hosted.task
