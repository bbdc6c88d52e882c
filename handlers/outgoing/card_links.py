"""Links to the cards of jobs, for wherever a job is named away from its thread."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from bot.jobs.job import Job
from bot.notices.interfaces import CardStore, PostError
from handlers.web.poster import Poster

CardLink = Callable[[Job], Awaitable[str | None]]


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


async def card_links(cards: CardStore, poster: Poster, jobs: Iterable[Job]) -> Mapping[str, str]:
    """The same for several, by their ids."""
    found = {job.id: await card_link(cards, poster, job) for job in jobs}
    return {job_id: link for job_id, link in found.items() if link is not None}


async def no_link(_: Job) -> str | None:
    return None
