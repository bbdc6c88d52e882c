"""`/finetune jobs`: the latest jobs that this person may see."""

from bot.access import Action
from bot.jobs import states
from bot.jobs.assessment import assessed
from bot.jobs.job import Job
from bot.notices.interfaces import PostError
from handlers.jobs.blocks import jobs as blocks
from handlers.turn import Turn

_SHOWN = 15


async def run(turn: Turn) -> None:
    visible = [job for job in await turn.services.jobs.latest(200) if await turn.may(Action.SEE, job.resource)]
    shown = visible[:_SHOWN]
    links = {job.id: link for job in shown if (link := await card_link(turn, job))}
    assessments = {job.id: await assessed(turn.services.jobs, job) for job in shown if job.state == states.SUCCEEDED}
    await turn.answer(blocks.job_list(shown, links, assessments, more=len(visible) - len(shown)))


async def card_link(turn: Turn, job: Job) -> str | None:
    card = await turn.services.cards.card(job.id)
    if card is None or card.ts is None:
        return None
    try:
        return await turn.services.poster.thread_link(card.channel, card.ts)
    except PostError:
        return None
