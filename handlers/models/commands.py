"""`/finetune models`: what can be trained, and what can be talked to."""

from handlers.models import blocks
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    base = await turn.services.trainable_models.base()
    await turn.answer(
        blocks.model_list(base, await turn.services.model_lookup.visible(await turn.caller(), turn.answers_in))
    )
