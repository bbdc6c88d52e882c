"""`/finetune models`: what can be trained, and what can be talked to."""

from dataclasses import dataclass

from bot.models.lookup import ModelLookup
from bot.models.trainable import TrainableModels
from handlers.callers import Callers
from handlers.models import blocks
from handlers.request import Request


@dataclass(frozen=True)
class ModelListeners:
    callers: Callers
    trainable: TrainableModels
    lookup: ModelLookup

    async def command(self, request: Request) -> None:
        caller = await self.callers.of(request)
        fine_tuned = await self.lookup.visible(caller, caller.answers_in)
        await request.answer(blocks.model_list(await self.trainable.base(), fine_tuned))
