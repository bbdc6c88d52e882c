"""The messages that say what came of an evaluation."""

from bot.evaluations.evaluation import Evaluation
from handlers.blocks.message import Message


class ResultMessages:
    async def of(self, evaluation: Evaluation) -> list[tuple[str, Message]]:
        """In the order in which they stand, each with its key."""
        return []
