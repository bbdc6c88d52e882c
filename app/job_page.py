"""`GET /jobs/JOB`: the way from a link outside Slack to the job's card."""

from typing import Final

from aiohttp import web

from bot.jobs.links import PATH, JobLinks
from handlers.outgoing.card_links import CardLink

_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def job_page(links: JobLinks, card_of: CardLink) -> web.RouteDef:
    """Whoever asks has proven nothing, so they are told where in Slack the card is, which only lets its members look.
    What is private, what there is not and what has no card is answered alike."""
    known: dict[str, str] = {}  # whoever asks often does not make the bot ask Slack as often

    async def lead(request: web.Request) -> web.Response:
        job = await links.followed(request.match_info["job"])
        if job is None:
            raise web.HTTPNotFound(headers=_HEADERS)
        if job.id not in known:
            card = await card_of(job)
            if card is None:
                raise web.HTTPNotFound(headers=_HEADERS)
            known[job.id] = card
        raise web.HTTPFound(known[job.id], headers=_HEADERS)

    return web.get(f"{PATH}{{job}}", lead)
