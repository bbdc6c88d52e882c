"""The models that a person may choose from where they ask: those that may be seen and talked to there."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Option

from bot.access import Action, Caller
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.errors import Ambiguous
from bot.models.lookup import ModelLookup
from bot.providers.channel_providers import ChannelProviders
from handlers.blocks.model_name import model_options
from handlers.callers import Callers
from handlers.request import Request


@dataclass(frozen=True)
class ModelPicker:
    callers: Callers
    models: ModelLookup
    channel_models: ChannelModels
    authority: Authority
    providers: ChannelProviders

    async def at_provider(self, caller: Caller, word: str) -> tuple[str | None, str]:
        """The provider and the rest of `NAME/MODEL`; None and the word where that is a model itself, or names none."""
        provider, rest = self.providers.split(word)
        if not provider or await self.models.find(caller, word) is not None:
            return None, word
        return provider, rest

    async def named(self, caller: Caller, word: str) -> list[str]:
        """The models that `word` names; of several, those that may be talked to here."""
        try:
            return [await self.models.named(caller, word)]
        except Ambiguous as several:
            models = await self.channel_models.among(caller.channel, several.choices)
            return models or [several.choices[0]]  # which is refused, with those that may

    async def visible(self, caller: Caller, *, fresh: bool) -> list[str]:
        """Fine-tuned ones, as in `ModelLookup.visible`."""
        visible = await self.models.visible(caller, caller.posts_in, fresh=fresh)
        return await self.channel_models.among(caller.channel, [model.id for model in visible])

    async def unnamed(self, caller: Caller, here: str | None) -> list[str]:
        """Where somebody names no model: the one that the thread is about (`here`), else the channel's current one,
        else all that are visible."""
        current = here or await self.models.current(caller)
        allowed = await self.channel_models.among(caller.channel, [current] if current else [])
        return allowed or await self.visible(caller, fresh=True)

    async def found(self, caller: Caller, words: str) -> list[str]:
        """As in `ModelLookup.search`."""
        found = await self.models.search(caller, caller.posts_in, words)
        return await self.channel_models.among(caller.channel, found)

    async def names(self, caller: Caller, models: Sequence[str]) -> dict[str, str]:
        """As in `ModelLookup.names`."""
        return await self.models.names(caller, models)

    async def options(self, request: Request) -> list[Option]:
        """For what is typed into a menu of models."""
        caller = await self.callers.of(request)
        if not self.authority.allows(caller, Action.CHAT):
            return []
        return model_options(await self.names(caller, await self.found(caller, request.text)))
