"""Which providers may be used in a channel, and which of them stands first there.

The settings file may keep a provider to some channels; that holds for whatever is asked of it or of its models. Among
those that may be used in a channel, administrators choose its default.
"""

from typing import Protocol

import msgspec

from bot.access import Action, Caller
from bot.audit import Entry
from bot.authority import Authority, entry
from bot.errors import Denied, Invalid, NotFound
from bot.providers.config import ProviderConfig
from bot.providers.interface import Provider
from bot.providers.registry import Providers


class ChannelProvidersStore(Protocol):
    async def get(self, channel: str) -> str | None: ...

    async def set(self, channel: str, provider: str | None, entry: Entry) -> None:
        """Stored together with its line in the audit log."""


class ProviderHere(msgspec.Struct, frozen=True):
    """A provider as it shows in a channel. `chosen`: by an administrator for this channel."""

    config: ProviderConfig
    default: bool
    chosen: bool


class ChannelProviders:
    def __init__(self, store: ChannelProvidersStore, providers: Providers, authority: Authority) -> None:
        self._store = store
        self._providers = providers
        self._authority = authority

    @property
    def restricted(self) -> bool:
        """Whether one of them may be used in some channels only."""
        return self._providers.restricted

    def named(self, name: str) -> Provider:
        """Raises UnknownProvider."""
        return self._providers.named(name)

    def split(self, word: str) -> tuple[str, str]:
        """As `Providers.split`."""
        return self._providers.split(word)

    def config(self, name: str) -> ProviderConfig:
        return self._providers.config(name)

    def training_price(self, model: str, provider: str) -> float | None:
        """As `Providers.training_price`."""
        return self._providers.training_price(model, provider)

    @property
    def several(self) -> bool:
        """Whether people must be told which provider is meant."""
        return len(self._providers) > 1

    def is_allowed(self, provider: str, channel: str) -> bool:
        return self._providers.config(provider).allowed_in(channel)

    async def offered(self, channel: str) -> list[Provider]:
        """Those that may be used there, the channel's default first."""
        allowed = [one for one in self._providers if self.is_allowed(one.name, channel)]
        chosen = await self._store.get(channel) if self.several else None
        return sorted(allowed, key=lambda provider: provider.name != chosen)

    async def default(self, channel: str) -> Provider:
        """Raises NotFound where none may be used."""
        offered = await self.offered(channel)
        if not offered:
            raise NotFound("no_provider_here")
        return offered[0]

    async def here(self, caller: Caller) -> list[ProviderHere]:
        """Those that may be used in the caller's channel, its default first. Raises Denied."""
        await self._authority.require(caller, Action.USE)
        chosen = await self._store.get(caller.channel)
        configs = [self._providers.config(provider.name) for provider in await self.offered(caller.channel)]
        return [ProviderHere(config, n == 0, config.name == chosen) for n, config in enumerate(configs)]

    async def require(self, caller: Caller, action: Action, provider: str, thing: str = "") -> None:
        """Return if the provider may be used where the caller is. Raises Denied, which the audit log keeps."""
        if self.is_allowed(provider, caller.channel):
            return
        error = Denied("provider_not_here", provider=provider)
        await self._authority.refuse(caller, action, thing or provider, error)

    async def choose(self, caller: Caller, provider: str | None) -> ProviderConfig:
        """The default of the caller's channel from now on; None takes the choice back. Raises Denied, Invalid in direct
        messages; NotFound where none is called so."""
        await self._authority.require(caller, Action.CHOOSE_PROVIDER)
        if caller.posts_in.alone:
            raise Invalid("provider_of_direct_messages")
        if provider is not None:
            offered = [one.name for one in await self.offered(caller.channel)]
            if provider not in offered:
                raise NotFound("no_such_provider", provider=provider, offered=tuple(offered))
        changed = entry(caller, Action.CHOOSE_PROVIDER, caller.channel, details=provider or "default")
        await self._store.set(caller.channel, provider, changed)
        return self._providers.config((await self.default(caller.channel)).name)
