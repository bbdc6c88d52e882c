"""`/finetune cancel JOB`: stop a job, wherever it is in its life."""

from bot.access import Act
from handlers.actions.job import cancel_job
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    job = await turn.job(turn.words.strip("`"), Act.CANCEL)
    await cancel_job(turn, job)
