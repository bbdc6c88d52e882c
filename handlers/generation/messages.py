"""What is shown of a generation. Implements `handlers.outgoing.run_keeper.RunMessages`."""

from dataclasses import dataclass

from bot.generation.generation import Generation
from bot.generation.runs import GenerationRuns
from handlers.blocks.message import Message
from handlers.generation import review_blocks
from handlers.generation.card import card, failure


@dataclass(frozen=True)
class GenerationMessages:
    runs: GenerationRuns

    async def card(self, generation: Generation) -> Message:
        return card(generation, await self.runs.progress(generation), await self.runs.counts(generation))

    async def results(self, generation: Generation) -> list[tuple[str, Message]]:
        return [("result", review_blocks.result(generation, await self.runs.counts(generation)))]

    def failure(self, generation: Generation) -> Message:
        return failure(generation)
