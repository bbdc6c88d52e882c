"""`/finetune cancel JOB`: stop a job, wherever it is in its life."""

from bot.access import Act
from handlers.blocks import pointers
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    job = await turn.job(turn.words.strip("`"), Act.CANCEL)
    await turn.answer(pointers.cancelled(await turn.services.follower.cancel(job)))
