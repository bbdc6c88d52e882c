"""Job cards: each a message of the bot's own, brought to the latest state when there is room for an edit.

A card is a projection. Nothing is queued: whatever happened in between, the next edit shows how things are now.
"""

import asyncio
import hashlib
import time

import orjson
import structlog

from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.notices.interfaces import Card, CardStore, PostDoubtful, PostLater, PostRefused
from bot.notices.notice import Linked, Notice
from handlers.blocks.card import card as render
from handlers.blocks.message import Message
from handlers.budget import Priority
from handlers.pictures import Pictures
from handlers.poster import Poster

log = structlog.get_logger()

# Slack advises one edit of a message in three seconds at most (chat.update, read 2026-11-21).
_BETWEEN_EDITS = 3.0
# So long do edits under way keep the bot from stopping; Slack may have asked to wait for minutes.
_LAST_SECONDS = 3.0


class CardKeeper:
    def __init__(
        self,
        jobs: JobStore,
        cards: CardStore,
        poster: Poster,
        pictures: Pictures,
        *,
        look_every: float = 0.5,
        between_edits: float = _BETWEEN_EDITS,
    ) -> None:
        self._jobs = jobs
        self._cards = cards
        self._poster = poster
        self._pictures = pictures
        self._look_every = look_every
        self._between_edits = between_edits
        self._edited_at: dict[str, float] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        try:
            while True:
                try:
                    await self.round()
                except Exception:
                    log.exception("cards: round failed")
                await asyncio.sleep(self._look_every)
        finally:
            if self._under_way:
                _, late = await asyncio.wait(self._under_way.values(), timeout=_LAST_SECONDS)
                for task in late:
                    task.cancel()

    async def round(self) -> None:
        """See to whatever shows something old; the latest change first."""
        for card in await self._cards.dirty(50):
            if card.job_id not in self._under_way:
                task = asyncio.create_task(self._see_to(card), name=f"card {card.job_id}")
                self._under_way[card.job_id] = task
                task.add_done_callback(lambda _, job_id=card.job_id: self._forget(job_id))  # type: ignore[misc]

    def _forget(self, job_id: str) -> None:
        self._under_way.pop(job_id, None)

    async def _see_to(self, card: Card) -> None:
        try:
            job = await self._jobs.get(card.job_id)
            if job is None:
                return
            if card.ts is None:
                await self._post(card, job)
                return
            if time.monotonic() - self._edited_at.get(card.job_id, float("-inf")) < self._between_edits:
                return
            chart, alt = card.chart_file, ""
            if await self._pictures.is_due(job):
                chart, alt = await self._pictures.chart(job)
                card = await self._cards.card(card.job_id) or card
            elif chart:
                chart, alt = await self._pictures.chart_shown(job)
            try:
                await self._edit(card, render(job, now=time.time(), chart_file_id=chart, chart_alt_text=alt))
            except PostRefused as error:
                if chart is None or str(error) != "invalid_blocks":
                    raise
                # The picture is gone from Slack, or not ready: the card is worth more than its picture.
                await self._edit(card, render(job, now=time.time()))
        except PostRefused as error:
            log.warning("card given up", job=card.job_id, why=str(error))
            await self._cards.abandon(card.job_id)
        except (PostLater, PostDoubtful) as error:
            # It stays dirty; an edit done twice does no harm, and a post is looked up before it is repeated.
            log.info("card later", job=card.job_id, why=str(error))
        except Exception:
            log.exception("card failed", job=card.job_id)

    async def _post(self, card: Card, job: Job) -> None:
        message = render(job, now=time.time())
        await self._cards.posting(job.id, time.time())
        ts = await self._poster.post_once(
            card.channel,
            message,
            mark=f"card/{job.id}",
            maybe_posted=card.posting_since is not None,
            since=card.posting_since or time.time(),
            priority=Priority.CHAT,
        )
        self._edited_at[job.id] = time.monotonic()
        notices = []
        if job.origin.thread_ts:
            link = await self._poster.thread_link(card.channel, ts)
            notices.append(
                Notice(
                    id=f"{job.id}/linked",
                    body=Linked(job, link),
                    channel=job.origin.channel,
                    thread_ts=job.origin.thread_ts,
                )
            )
        await self._cards.posted(job.id, ts, _hash(message), notices)

    async def _edit(self, card: Card, message: Message) -> None:
        shown = _hash(message)
        if shown != card.shown:
            if not self._poster.may_update_now():
                return
            self._edited_at[card.job_id] = time.monotonic()
            await self._poster.update_now(card.channel, str(card.ts), message)
        await self._cards.showing(card, shown)


def _hash(message: Message) -> str:
    return hashlib.sha256(orjson.dumps(message.as_arguments(), option=orjson.OPT_SORT_KEYS)).hexdigest()
