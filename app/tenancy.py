"""All that it changes for a bot whether its process is its own, or hosts the bots of many workspaces.

By itself it asks Slack and its providers for what it needs, hears Slack, and may share its store with other processes.
One of many is given its client by whoever hosts it and hears Slack for all; nobody else works on its store, and its
provider's account may be others', too.
"""

import contextlib
from dataclasses import dataclass
from typing import Self

from slack_sdk.web.async_client import AsyncWebClient

from app import connecting, traces
from bot.providers.azure_deployments import AzureDeployments
from bot.providers.configured import ConfiguredProvider
from bot.providers.interface import Provider
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.providers.shared_account import SharedAccount
from bot.settings import Settings
from bot.store.database import Database
from bot.store.jobs import SqlJobStore


@dataclass(frozen=True)
class OneOfMany:
    """What Slack is for one workspace of several: a client whose token is kept fresh, and the bot's identity.
    `shares_account`: with others, at the provider."""

    client: AsyncWebClient
    who: dict[str, object]
    shares_account: bool


@dataclass(frozen=True)
class Tenancy:
    """`who`: the bot's identity, as auth.test tells it. `connected`: a client for each provider that is `configured`;
    `hosting`: by name, what deploys models there. `alone`: no other process works on the store."""

    client: AsyncWebClient
    who: dict[str, object]
    configured: list[ConfiguredProvider]
    connected: list[OpenAIProtocol]
    hosting: dict[str, AzureDeployments]
    alone: bool
    hears_slack: bool
    in_socket_mode: bool
    shares_account: bool

    @classmethod
    async def of_its_own(cls, settings: Settings, stack: contextlib.AsyncExitStack) -> Self:
        """Slack and the providers are asked whether they take our keys. Raises StartError."""
        configured = connecting.configured(settings)
        connecting.require(settings, configured)
        traces.record(settings, stack.enter_context(contextlib.ExitStack()))
        client, who = await connecting.slack(settings)
        made = cls(
            client,
            who,
            configured,
            await connecting.providers(configured),
            connecting.hosting(configured),
            alone=settings.finetune_database is None,
            hears_slack=True,
            in_socket_mode=settings.slack_app_token is not None,
            shares_account=False,
        )
        made._close_with(stack)
        return made

    @classmethod
    def of_many(cls, settings: Settings, given: OneOfMany, stack: contextlib.AsyncExitStack) -> Self:
        """Nobody is asked: whoever hosts it has done that. Raises StartError."""
        configured = connecting.configured(settings)
        made = cls(
            given.client,
            given.who,
            configured,
            connecting.unasked(configured),
            connecting.hosting(configured),
            alone=True,
            hears_slack=False,
            in_socket_mode=False,
            shares_account=given.shares_account,
        )
        made._close_with(stack)
        return made

    def _close_with(self, stack: contextlib.AsyncExitStack) -> None:
        for provider in self.connected:
            stack.push_async_callback(provider.close)
        for hosting in self.hosting.values():
            stack.push_async_callback(hosting.close)

    @property
    def team(self) -> str:
        return str(self.who["team_id"])

    @property
    def app(self) -> str:
        """For which Slack app it speaks, in which workspace."""
        return f"{self.team}/{self.who['user_id']}"

    def providers(self, database: Database) -> Providers:
        """As the workspace may see them: of a shared account, what is its own."""
        configs = [one.config for one in self.configured]
        seen: list[Provider] = [*self.connected]
        if self.shares_account:
            jobs = SqlJobStore(database)
            seen = [SharedAccount(*each, self.team, jobs) for each in zip(self.connected, configs, strict=True)]
        return Providers(*seen, configs=configs, hosting=self.hosting)
