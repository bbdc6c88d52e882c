"""`/finetune status [JOB]`: where a job stands; without a word, the latest of this channel."""

from bot.access import Action
from bot.errors import NotFound
from bot.jobs.assessment import assessed
from handlers.jobs.blocks import jobs as blocks
from handlers.jobs.list import card_link
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    word = turn.words
    if not word:
        here = [job for job in await turn.services.jobs.latest(200) if job.origin.channel == turn.channel]
        if not here:
            channel = await turn.services.people.channel(turn.channel)
            raise NotFound("no_job_here", member=channel.member)
        in_thread = [job for job in here if turn.thread_ts and job.origin.thread_ts == turn.thread_ts]
        word = (in_thread or here)[0].id
    job = await turn.job_named(word, Action.SEE)
    assessment = await assessed(turn.services.jobs, job)
    await turn.answer(blocks.job_status(job, await card_link(turn, job), assessment))
