"""Who asks, from where: what Slack sent becomes the caller of a use case."""

from bot.access import Caller
from handlers.turn import Turn
from handlers.web.people import People


class Callers:
    def __init__(self, people: People, team: str) -> None:
        self._people = people
        self._team = team

    async def of(self, turn: Turn) -> Caller:
        """Raises Denied where Slack does not tell who this is."""
        return turn.as_caller(await self._people.actor(turn.user), self._team)
