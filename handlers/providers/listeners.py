"""`/finetune provider`: which providers may be used in a channel, and which of them stands first."""

from dataclasses import dataclass

from bot.access import Action
from bot.authority import Authority
from bot.errors import Invalid
from bot.providers.channel_providers import ChannelProviders
from handlers.callers import Callers
from handlers.languages import Languages
from handlers.providers import blocks
from handlers.request import Request
from handlers.web.poster import Poster
from texts.language import speaking


@dataclass(frozen=True)
class ProviderListeners:
    callers: Callers
    providers: ChannelProviders
    authority: Authority
    languages: Languages
    poster: Poster

    async def command(self, request: Request) -> None:
        """`[NAME | default]`; without words, the providers of this channel."""
        words = request.text.replace("`", "").split()
        if len(words) > 1:
            raise Invalid("provider_usage")
        if words:
            await self._choose(request, None if words[0] == "default" else words[0])
            return
        caller = await self.callers.of(request)
        may_choose = not caller.posts_in.alone and self.authority.allows(caller, Action.CHOOSE_PROVIDER)
        await request.answer(blocks.provider_list(await self.providers.here(caller), may_choose=may_choose))

    async def chosen(self, request: Request) -> None:
        """*Put first here* beside a provider."""
        await self._choose(request, request.text)

    async def _choose(self, request: Request, provider: str | None) -> None:
        first = await self.providers.choose(await self.callers.of(request), provider)
        with speaking(await self.languages.place(request.channel, request.user)):
            told = blocks.provider_chosen(request.user, first.name, taken_back=provider is None)
        await self.poster.post_once(
            request.channel, told, idempotency_key=request.key, may_exist=request.is_retry, since=request.received_at
        )
