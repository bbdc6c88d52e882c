"""A channel's digest as a message: what it tells, with links to the cards."""

from bot.digest.digest import Digests
from bot.jobs.notice import DigestDue
from bot.notices.interfaces import CardStore
from handlers.blocks.message import Message
from handlers.outgoing.card_links import card_link
from handlers.outgoing.digest_blocks import digest, shown
from handlers.web.poster import Poster


class DigestMessages:
    def __init__(self, digests: Digests, cards: CardStore, poster: Poster) -> None:
        self._digests = digests
        self._cards = cards
        self._poster = poster

    async def said(self, channel: str, body: DigestDue) -> Message:
        """In the language in force."""
        told = await self._digests.of(channel, body.since, body.until)
        links = {job.id: link for job in shown(told) if (link := await card_link(self._cards, self._poster, job))}
        return digest(told, links)
