"""Which models may be talked to in a channel. Where administrators have named some, no others."""

from collections.abc import Collection, Iterable
from typing import Protocol

from bot.access import Action, Caller
from bot.audit import Entry
from bot.authority import Authority, entry
from bot.errors import Denied, Invalid
from bot.models.catalogue import Catalogue
from bot.providers.channel_providers import ChannelProviders


class ChannelModelsStore(Protocol):
    async def get(self, channel: str) -> list[str]: ...

    async def set(self, channel: str, models: Collection[str], entry: Entry) -> None:
        """Stored together with its line in the audit log."""


class ChannelModels:
    def __init__(
        self, store: ChannelModelsStore, authority: Authority, catalogue: Catalogue, providers: ChannelProviders
    ) -> None:
        self._store = store
        self._authority = authority
        self._catalogue = catalogue
        self._providers = providers

    async def allowed(self, channel: str) -> list[str]:
        """Empty where all are."""
        return await self._store.get(channel)

    async def among(self, channel: str, models: Iterable[str]) -> list[str]:
        """Those that are allowed there, their providers too."""
        allowed = await self.allowed(channel)
        here = await self._catalogue.allowed(models, channel)
        return [model for model in here if not allowed or model in allowed]

    async def allow(self, caller: Caller, model: str) -> list[str]:
        """One more in the caller's channel; with the first, all others are shut out. Returns those that are allowed.
        Raises Denied, Invalid in direct messages."""
        await self._authority.require(caller, Action.RESTRICT_MODELS)
        if caller.posts_in.alone:
            raise Invalid("models_of_direct_messages")
        models = sorted({*await self._store.get(caller.channel), model})
        changed = entry(caller, Action.RESTRICT_MODELS, caller.channel, details=", ".join(models))
        await self._store.set(caller.channel, models, changed)
        return models

    async def allow_all(self, caller: Caller) -> None:
        """In the caller's channel. Raises Denied."""
        await self._authority.require(caller, Action.RESTRICT_MODELS)
        changed = entry(caller, Action.RESTRICT_MODELS, caller.channel, details="all")
        await self._store.set(caller.channel, (), changed)

    async def require(self, caller: Caller, model: str, provider: str | None = None) -> None:
        """Return if the model, and its provider or the one that is named, may be talked to in the caller's channel.
        Raises Denied, which the audit log keeps."""
        if self._providers.restricted:
            asked = await self._catalogue.provider_of(model, caller.channel, provider)
            await self._providers.require(caller, Action.CHAT, asked.name, model)
        models = await self._store.get(caller.channel)
        if models and model not in models:
            error = Denied("model_not_allowed_here", models=tuple(models))
            await self._authority.refuse(caller, Action.CHAT, model, error)
