"""Somebody wrote a link to a job into a message."""

from dataclasses import dataclass

import structlog

from bot.errors import Denied
from bot.jobs.links import JobLinks
from bot.notices.interfaces import CardStore, PostError
from handlers.callers import Callers
from handlers.languages import LanguageOf
from handlers.links.blocks import unfurled
from handlers.outgoing.card_links import card_link
from handlers.request import Request
from handlers.web.poster import Poster
from texts.language import speaking

log = structlog.get_logger()


@dataclass(frozen=True)
class LinkListeners:
    callers: Callers
    links: JobLinks
    cards: CardStore
    poster: Poster
    language_of: LanguageOf

    async def shared(self, request: Request) -> None:
        """They have asked for nothing, so whatever keeps the bot from showing something is passed over in silence."""
        event = request.body["event"]
        # Slack also tells of links in conversations without the bot, such as those between two people, and in messages
        # that are still being written: who will see those is not known.
        if not event.get("is_bot_user_member") or event.get("source") == "composer":
            return
        try:
            caller = await self.callers.of(request)
            found = await self.links.shared(caller, [str(link["url"]) for link in event["links"]])
            permalinks = {link: await card_link(self.cards, self.poster, one.job) for link, one in found.items()}
            with speaking(await self.language_of(request.channel, request.user)):
                unfurls = {link: unfurled(one, permalinks[link]) for link, one in found.items()}
            if unfurls:
                await self.poster.unfurl(request.channel, str(event["message_ts"]), unfurls)
        except (Denied, PostError) as error:
            log.info("not unfurled", key=request.key, why=str(error))
