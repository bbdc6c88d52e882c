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
        return Caller(
            actor=await self._people.actor(turn.user),
            team=self._team,
            channel=turn.channel,
            answers_in=turn.answers_in,
            posts_in=turn.posts_in,
            key=turn.key,
            at=turn.received_at,
            is_retry=turn.again,
        )
