"""The language that the people of a channel chose for it. Languages are codes (ISO 639-1); what is said in them is
`texts`."""

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.channels import Channels
from bot.errors import Invalid
from bot.languages import ChannelLanguages


class ChannelLanguage:
    def __init__(self, languages: ChannelLanguages, channels: Channels, authority: Authority) -> None:
        self._languages = languages
        self._channels = channels
        self._authority = authority

    async def choose(self, caller: Caller, language: str | None) -> None:
        """For the caller's channel; None takes the choice back. Raises Denied, Invalid where the bot cannot tell the
        channel."""
        await self._authority.require(caller, Action.SET_LANGUAGE)
        if not (await self._channels.channel(caller.channel)).member:
            raise Invalid("not_in_channel")
        changed = entry(caller, Action.SET_LANGUAGE, caller.channel, details=language or "default")
        await self._languages.set(caller.channel, language, changed)
