"""Two workspaces of one app, a provider's account that both share, and the process that hosts their bots."""

import os
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import SecretStr

from app.run import Bot
from app.workspaces.run import Hosted, hosted
from bot.settings import Settings
from bot.settings import load as load_settings
from bot.timing import Timing
from bot.worker_processes import WorkerPools
from sandbox.client import SandboxClient
from sandbox.many_workspaces import ManyWorkspaces
from sandbox.settings import Settings as SandboxSettings
from sandbox.workspace import SANDBOX, Team
from tests.e2e.world import HURRIED, PATIENCE, ROOT, World
from tests.stand_in_provider import StandInProvider

A, B = SANDBOX.id, "T0SECOND01"
TEAMS = (SANDBOX, Team(B, "Second", "second"))


@dataclass
class TwoWorkspaces:
    folder: Path
    slack: ManyWorkspaces
    provider: StandInProvider
    pools: WorkerPools
    keys: str
    stack: AsyncExitStack
    running: Hosted | None = None

    def settings(self, **changes: Any) -> Settings:
        values: dict[str, Any] = {
            "slack_app_token": SecretStr(self.slack.app_token),
            "slack_client_id": self.slack.client_id,
            "slack_client_secret": SecretStr(self.slack.client_secret),
            "slack_authorize_url": self.slack.authorize_url,
            "slack_api_url": self.slack.api_url,
            "openai_api_key": SecretStr(self.provider.key),
            "openai_base_url": self.provider.url,
            "finetune_provider": "acme",
            "finetune_public_url": "https://finetune.example.com",
            "finetune_encryption_keys": SecretStr(self.keys),
            "finetune_data": self.folder / "bot",
            "finetune_poll_seconds": 0.1,
            "http_host": "127.0.0.1",
            "http_port": 0,
            **changes,
        }
        return load_settings(_env_file=None, **values)

    @asynccontextmanager
    async def host(self, timing: Timing = HURRIED, **changes: Any) -> AsyncIterator[Hosted]:
        settings = self.settings(**changes)
        async with hosted(settings, timing, self.pools) as running:
            self.running = running
            if settings.slack_app_token is None:
                self.slack.state.settings.update({"http_delivery": f"http://127.0.0.1:{running.port}/slack/events"})
            yield running
        self.running = None

    async def world(self, team: str) -> World:
        """One of the workspaces, for those who are in it."""
        person = await self.stack.enter_async_context(SandboxClient(self.slack.page_of(team), patience=PATIENCE))
        return World(self.folder, self.slack, person, self.provider, self.pools)

    async def install(self, team: str) -> httpx.Response:
        """As somebody does it in their browser; the page that they see last."""
        browser = Browser(self)
        return await browser.allow(await browser.begin(), team)

    def bot_of(self, team: str) -> Bot:
        assert self.running is not None
        bot = self.running.hosting.bot_of(team)
        assert bot is not None
        return bot

    async def installed(self, *teams: str) -> None:
        for team in teams:
            assert (await self.install(team)).status_code == 200


class Browser:
    """Somebody's browser. It goes to the bot's own port, whatever the public address is."""

    def __init__(self, two: TwoWorkspaces, language: str = "en-GB,en;q=0.9") -> None:
        assert two.running is not None
        self.bot = f"http://127.0.0.1:{two.running.port}"
        self.cookies: dict[str, str] = {}
        self._slack = two.slack
        self._language = language

    async def get(self, path: str) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Accept-Language": self._language, **({"Cookie": cookie} if cookie else {})}
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            answer = await http.get(f"{self.bot}{path}", headers=headers)
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer

    async def begin(self) -> str:
        """The address of Slack's page, from the link on ours."""
        page = (await self.get("/slack/install")).text
        return page.partition('<a href="')[2].partition('"')[0].replace("&amp;", "&")

    async def allow(self, address: str, team: str) -> httpx.Response:
        """Choose a workspace on Slack's page (none: cancel), and come back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(address)).status_code == 200
            form = {"team": team, "state": asked["state"], "redirect_uri": asked["redirect_uri"]}
            back = await http.post(self._slack.authorize_url, data=form)
        to = urlsplit(back.headers["location"])
        return await self.get(f"{to.path}?{to.query}")


@asynccontextmanager
async def two_workspaces(folder: Path, pools: WorkerPools, *, rotates: bool = False) -> AsyncIterator[TwoWorkspaces]:
    settings = SandboxSettings(
        rates="off", ack_timeout=10.0, trigger_life=60.0, file_processing=0.05, retry_delays=[0.2, 0.2, 0.2]
    )
    async with (
        StandInProvider() as provider,
        ManyWorkspaces(
            data=folder / "slack",
            manifest=ROOT / "manifest-workflow.yml",
            teams=TEAMS,
            settings=settings,
            rotates=rotates,
        ) as slack,
        AsyncExitStack() as stack,
    ):
        yield TwoWorkspaces(folder, slack, provider, pools, b64encode(os.urandom(32)).decode(), stack)
