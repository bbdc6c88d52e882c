"""Links to the cards of jobs."""

from bot.jobs.job import Job
from bot.notices.interfaces import CardStore, PostError
from handlers.web.poster import Poster


async def card_link(cards: CardStore, poster: Poster, job: Job) -> str | None:
    """To the thread of the job's card; None where there is none, or Slack does not tell."""
    card = await cards.card(job.id)
    if card is None or card.ts is None:
        return None
    try:
        if card.thread_ts is not None:
            return await poster.permalink(card.channel, card.ts)
        return await poster.thread_link(card.channel, card.ts)
    except PostError:
        return None
