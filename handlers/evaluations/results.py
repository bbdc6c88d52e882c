"""The messages that say what came of an evaluation, and the pictures in them."""

from dataclasses import dataclass

import msgspec

from bot.evaluations.differences import Differences, ToldDifference
from bot.evaluations.evaluation import Evaluation, EvaluationStore
from bot.evaluations.messages import EvaluationMessages
from bot.evaluations.result import Result
from bot.worker_processes import WorkerPools
from handlers.blocks.message import Message
from handlers.evaluations.result_blocks import (
    classes_message,
    differences_message,
    model_in_question,
    result_message,
)
from handlers.web.poster import Poster


@dataclass(frozen=True)
class ResultMessages:
    store: EvaluationStore
    messages: EvaluationMessages
    differences: Differences
    poster: Poster
    pools: WorkerPools

    async def of(self, evaluation: Evaluation) -> list[tuple[str, Message]]:
        """In the order in which they stand, each with its key, in the language in force."""
        encoded = await self.store.result(evaluation.id)
        if encoded is None:
            return []
        result = msgspec.json.decode(encoded, type=Result)
        messages = {
            "result": result_message(evaluation, result),
            "classes": classes_message(result),
            "differences": differences_message(result, await self._told(evaluation, result)),
        }
        return [(key, message) for key, message in messages.items() if message is not None]

    async def _told(self, evaluation: Evaluation, result: Result) -> list[ToldDifference]:
        """Of the model that is most worth looking at."""
        model = model_in_question(result)
        return await self.differences.told(evaluation, result, model) if model is not None else []
