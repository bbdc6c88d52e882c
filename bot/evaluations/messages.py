"""The messages in Slack that show an evaluation."""

from collections.abc import Mapping
from typing import Protocol

from bot.notices.interfaces import ShownMessage


class EvaluationMessages(Protocol):
    async def due(self) -> list[str]:
        """Ids of evaluations to which something has happened that their messages do not show."""

    async def of(self, evaluation_id: str) -> Mapping[str, ShownMessage]:
        """By key."""

    async def posting(self, evaluation_id: str, key: str, now: float) -> None:
        """From here on the message may have been posted."""

    async def posted(self, evaluation_id: str, key: str, ts: str) -> None: ...

    async def shown(self, evaluation_id: str, key: str, shown: str) -> None: ...

    async def rest(self, evaluation_id: str, changes: int) -> None:
        """They show all that had happened by then."""
