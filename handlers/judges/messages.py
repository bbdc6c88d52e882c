"""What is shown of the check of a judge. Implements `handlers.outgoing.run_keeper.RunMessages`."""

from dataclasses import dataclass

import msgspec

from bot.judges.check import JudgeCheck, JudgeCheckStore
from bot.judges.pairwise import PairwiseReport
from bot.judges.people import JudgeReport
from bot.judges.runs import JudgeRuns
from handlers.blocks.message import Message
from handlers.judges import blocks
from handlers.judges.card import card, failure


@dataclass(frozen=True)
class JudgeCheckMessages:
    checks: JudgeCheckStore
    runs: JudgeRuns

    async def card(self, check: JudgeCheck) -> Message:
        return card(check, await self.runs.progress(check))

    async def results(self, check: JudgeCheck) -> list[tuple[str, Message]]:
        result = await self.checks.result(check.id)
        if result is None:
            return []
        found = msgspec.json.decode(result, type=JudgeReport | PairwiseReport)
        return [
            ("result", blocks.pairwise_report(found) if isinstance(found, PairwiseReport) else blocks.report(found))
        ]

    def failure(self, check: JudgeCheck) -> Message:
        return failure(check)
