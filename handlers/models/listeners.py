"""`/finetune models`: what can be trained, and what can be talked to."""

from dataclasses import dataclass

from bot.models.lookup import ModelLookup
from bot.models.trainable import TrainableModels
from handlers.callers import Callers
from handlers.models import blocks
from handlers.turn import Turn


@dataclass(frozen=True)
class ModelListeners:
    callers: Callers
    trainable: TrainableModels
    lookup: ModelLookup

    async def command(self, turn: Turn) -> None:
        caller = await self.callers.of(turn)
        fine_tuned = await self.lookup.visible(caller, caller.answers_in)
        await turn.answer(blocks.model_list(await self.trainable.base(), fine_tuned))
