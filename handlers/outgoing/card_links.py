"""Links to the cards of jobs, for wherever a job is named away from its thread."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from bot.jobs.job import Job
from bot.notices.interfaces import CardStore, PostError
from handlers.lru_cache import LruCache
from handlers.web.poster import Poster

CardLink = Callable[[Job], Awaitable[str | None]]


async def card_link(cards: CardStore, poster: Poster, job: Job) -> str | None:
    """To the thread of the job's card; None where there is none, or Slack does not tell."""
    return await _link(cards, poster, job.id)


async def card_links(cards: CardStore, poster: Poster, jobs: Iterable[Job]) -> Mapping[str, str]:
    """The same for several, by their ids."""
    found = {job.id: await card_link(cards, poster, job) for job in jobs}
    return {job_id: link for job_id, link in found.items() if link is not None}


async def no_link(_: Job) -> str | None:
    return None


class KnownLinks:
    """Each is asked of Slack once, as long as it is among the last that were wanted: for what is drawn again and
    again."""

    def __init__(self, cards: CardStore, poster: Poster, *, most: int = 2_000) -> None:
        self._cards = cards
        self._poster = poster
        self._known: LruCache[str, str] = LruCache(most)

    async def to(self, job_ids: Iterable[str]) -> Mapping[str, str]:
        """By the jobs' ids, as far as there are any."""
        found = {}
        for job_id in job_ids:
            link = self._known.get(job_id)
            if link is None and (link := await _link(self._cards, self._poster, job_id)):
                self._known.put(job_id, link)
            if link:
                found[job_id] = link
        return found


async def _link(cards: CardStore, poster: Poster, job_id: str) -> str | None:
    card = await cards.card(job_id)
    if card is None or card.ts is None:
        return None
    try:
        if card.thread_ts is not None:
            return await poster.permalink(card.channel, card.ts)
        return await poster.thread_link(card.channel, card.ts)
    except PostError:
        return None
