"""`/finetune models`: what can be trained, and what can be talked to."""

from bot.access import Act
from bot.errors import BotError
from bot.models.model import FineTunedModel
from handlers.blocks import models as blocks
from handlers.submission import model_options
from handlers.turn import Turn, thing_of_job


async def run(turn: Turn) -> None:
    await turn.answer(blocks.model_list(await model_options(turn.services), await visible_models(turn)))


async def visible_models(turn: Turn) -> list[FineTunedModel]:
    """Fine-tuned models that this person may know of, newest first."""
    ours = await turn.services.jobs.models()
    visible = []
    for model in await turn.services.catalogue.fine_tuned():
        job = ours.get(model.id)
        try:
            await turn.actor(Act.SEE, thing_of_job(job, turn.channel) if job else None)
        except BotError:
            continue
        visible.append(model)
    return visible
