"""`/finetune models`: what can be trained, and what can be talked to."""

from handlers.blocks import models as blocks
from handlers.offers import model_options, visible_models
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    base = await model_options(turn.services)
    await turn.answer(blocks.model_list(base, await visible_models(turn, turn.answers_in)))
