"""Who asks, from where: what Slack sent becomes the caller of a use case."""

from bot.access import Caller
from bot.errors import Invalid
from bot.jobs.job import Origin
from handlers.turn import Turn
from handlers.web.people import People


class Callers:
    def __init__(self, people: People, team: str) -> None:
        self._people = people
        self._team = team

    async def of(self, turn: Turn) -> Caller:
        """Raises Denied where Slack does not tell who this is."""
        return turn.as_caller(await self._people.actor(turn.user), self._team)

    async def origin(self, turn: Turn, thread_ts: str | None = None) -> Origin:
        """The place of the turn, for what is born there. Raises Invalid where the bot may not post."""
        channel = await self._people.channel(turn.channel)
        if not channel.member:
            raise Invalid("not_in_channel")
        return Origin(self._team, turn.channel, channel.private, thread_ts)

    async def is_member(self, channel: str) -> bool:
        """Whether the bot is in that channel."""
        return (await self._people.channel(channel)).member
