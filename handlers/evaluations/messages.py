"""What is shown of an evaluation. Implements `handlers.outgoing.run_keeper.RunMessages`."""

from dataclasses import dataclass

from bot.evaluations.evaluation import Evaluation
from bot.evaluations.runs import EvaluationRuns
from handlers.blocks.message import Message
from handlers.evaluations.card import card, failure
from handlers.evaluations.results import ResultMessages


@dataclass(frozen=True)
class EvaluationMessages:
    runs: EvaluationRuns
    results_of: ResultMessages

    async def card(self, evaluation: Evaluation) -> Message:
        return card(evaluation, await self.runs.progress(evaluation))

    async def results(self, evaluation: Evaluation) -> list[tuple[str, Message]]:
        return await self.results_of.of(evaluation)

    def failure(self, evaluation: Evaluation) -> Message:
        return failure(evaluation)
