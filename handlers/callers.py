"""From a request of Slack's to the caller of a use case."""

from bot.access import Caller
from bot.errors import Invalid
from bot.jobs.job import Origin
from handlers.request import Request
from handlers.web.people import People


class Callers:
    def __init__(self, people: People, team: str) -> None:
        self._people = people
        self._team = team

    async def of(self, request: Request) -> Caller:
        """Raises Denied where Slack does not tell who this is."""
        return request.as_caller(await self._people.actor(request.user), self._team)

    async def origin(self, request: Request, thread_ts: str | None = None) -> Origin:
        """The place of the request, for what is born there. Raises Invalid where the bot may not post."""
        channel = await self._people.channel(request.channel)
        if not channel.member:
            raise Invalid("not_in_channel")
        return Origin(self._team, request.channel, channel.private, thread_ts)

    async def is_member(self, channel: str) -> bool:
        """Whether the bot is in that channel."""
        return (await self._people.channel(channel)).member
