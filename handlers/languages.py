"""Which language: what one person sees is in theirs, what is posted to a channel in the channel's."""

from collections.abc import Awaitable, Callable

from bot.access import Place
from bot.languages import ChannelLanguages
from handlers.web.people import People
from texts.language import Language

LanguageOf = Callable[[str, str], Awaitable[Language]]
"""Like `Languages.place`."""


class Languages:
    """`default`: the workspace's, where neither a person's Slack nor a channel's people say otherwise."""

    def __init__(self, people: People, channels: ChannelLanguages, default: Language) -> None:
        self._people = people
        self.channels = channels
        self.default = default

    async def person(self, user: str) -> Language:
        """By their locale in Slack, if something is written in its language."""
        return (await self._people.language(user) if user else None) or self.default

    async def place(self, channel: str, person: str) -> Language:
        """Of what is posted to `channel`: that of a channel, of direct messages with `person`, or a person's own id."""
        if channel.startswith(("U", "W")):
            return await self.person(channel)
        if channel.startswith("D"):
            return await self.person(person)
        chosen = await self.chosen(channel)
        return chosen or self.default

    async def answers(self, seen: Place, person: str) -> Language:
        """Of an answer to `person`, depending on who sees it."""
        return await (self.person(person) if seen.alone else self.place(seen.channel, person))

    async def chosen(self, channel: str) -> Language | None:
        """What its people chose, if they did."""
        code = await self.channels.get(channel)
        return Language(code) if code in set(Language) else None


async def english(_channel: str, _person: str) -> Language:
    """A `LanguageOf` that knows one."""
    return Language.ENGLISH
