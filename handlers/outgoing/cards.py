"""Job cards: each a message of the bot's own, brought to the latest state when there is room for an edit.

A card is a projection. Nothing is queued: whatever happened in between, the next edit shows how things are now. Of a
thousand there is never room for all: a card is read and drawn once it may be edited, and waits for nothing. What else
follows something is posted and edited by `handlers/outgoing/kept_messages.py`, which waits for its turn.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterator
from functools import partial

import structlog

from bot.access import Resource
from bot.backoff import Backoff
from bot.errors import BotError
from bot.jobs import states
from bot.jobs.assessment import assessed
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job, Origin
from bot.jobs.notice import GroupLinked, Linked, Notice
from bot.notices.interfaces import Card, CardStore, PostDoubtful, PostLater, PostRefused
from bot.notices.work_loop import WorkLoop
from bot.providers.config import ALL_ABILITIES, Abilities
from bot.timing import Timing
from handlers.blocks.card import card as render
from handlers.blocks.message import Message
from handlers.languages import LanguageOf, english
from handlers.outgoing.card_links import KnownLinks
from handlers.outgoing.charts import Charts
from handlers.outgoing.group_messages import GroupMessages
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking

log = structlog.get_logger()

# What is said of a job that has ended (what went wrong with it, for one) may be judged anew by another version of the
# bot; so many cards are held against what Slack shows when it starts.
_DOUBTED_AT_START = 200


class CardKeeper:
    def __init__(
        self,
        jobs: JobStore,
        groups: GroupMessages,
        cards: CardStore,
        poster: Poster,
        charts: Charts,
        *,
        language: LanguageOf = english,
        abilities: Callable[[str], Abilities] = lambda _provider: ALL_ABILITIES,
        look_every: float = Timing.look_every,
        between_edits: float = Timing.between_edits,
        backoff: Backoff = Timing.notice,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`backoff`: of one card, while Slack takes it not or not for certain."""
        self._jobs = jobs
        self._groups = groups
        self._cards = cards
        self._poster = poster
        self._links = KnownLinks(cards, poster)
        self._charts = charts
        self._language = language
        self._abilities = abilities
        self._between_edits = between_edits
        self._backoff = backoff
        self._steady = steady
        self._not_before: dict[str, float] = {}
        self._failures: Counter[str] = Counter()
        self._rounds = WorkLoop("cards", self._due, every=look_every)

    async def run(self) -> None:
        """Until cancelled."""
        with contextlib.suppress(BotError):  # the store has trouble: then they stay as they are
            await self._cards.doubt_ended(_DOUBTED_AT_START)
        await self._rounds.run()

    async def round(self) -> None:
        """Update whatever is out of date, the latest change first."""
        await self._rounds.round()

    async def _due(self, _busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        now = self._steady()
        self._not_before = {job: then for job, then in self._not_before.items() if then > now}
        return [(card.job_id, partial(self._see_to, card)) for card in await self._cards.dirty(50)]

    async def _see_to(self, card: Card) -> None:
        try:
            if self._steady() < self._not_before.get(card.job_id, float("-inf")):
                return
            # With many jobs there is never room for all: nothing is read or drawn for an edit that cannot be made.
            if card.ts is not None and not self._poster.may_update_now():
                return
            job = await self._jobs.get(card.job_id)
            if job is None:
                await self._see_to_group(card)
            else:
                with speaking(await self._language(card.channel, job.requester)):
                    await self._bring_to_date(card, job)
            del self._failures[card.job_id]
        except PostRefused as error:
            log.warning("card given up", job=card.job_id, why=str(error))
            await self._cards.abandon(card.job_id)
        except (PostLater, PostDoubtful) as error:
            # It stays dirty; an edit done twice does no harm, and a post is looked up before it is repeated.
            self._failures[card.job_id] += 1
            seconds = self._backoff.delay(self._failures[card.job_id])
            self._not_before[card.job_id] = self._steady() + max(seconds, self._between_edits)
            log.info("card later", job=card.job_id, why=str(error), seconds=seconds)

    async def _bring_to_date(self, card: Card, job: Job) -> None:
        if card.ts is None:
            await self._post(card, job)
            return
        chart_is_due = await self._charts.is_due(job)
        if chart_is_due and (job.state not in states.ENDED or await self._shows_ending(card, job)):
            chart = await self._charts.chart(job)
            # The card before the job: a change from here on leaves it dirty.
            card = await self._cards.card(card.job_id) or card
            job = await self._jobs.get(card.job_id) or job
            await self._edit(card, await self._rendered(job, chart))
        else:
            message = await self._rendered(job, await self._charts.chart_shown(job))
            await self._edit(card, message, complete=not chart_is_due)

    async def _post(self, card: Card, job: Job) -> None:
        linked = Linked if job.group is None else None
        await self._post_first(card, await self._rendered(job), job.origin, job.resource, job.created_at, linked)

    async def _post_first(
        self,
        card: Card,
        message: Message,
        at: Origin,
        about: Resource,
        since: float,
        linked: Callable[[str], Linked | GroupLinked] | None,
    ) -> None:
        """`linked`: what is said of it in the file's thread."""
        await self._cards.posting(card.job_id, time.time())
        with self._then_a_pause(card.job_id):
            ts = await self._poster.post_once(
                card.channel,
                message,
                idempotency_key=f"card/{card.job_id}",
                may_exist=card.posting_since is not None,
                since=card.posting_since or time.time(),
                thread_ts=card.thread_ts,
                priority=Priority.CHAT,
            )
        notices = []
        if at.thread_ts and linked is not None:
            body = linked(await self._poster.thread_link(card.channel, ts))
            notices.append(Notice(f"{about.id}/linked", body, at.channel, about, since, thread_ts=at.thread_ts))
        # Where an earlier attempt is found, it may show something older.
        await self._cards.posted(card.job_id, ts, message.fingerprint if card.posting_since is None else None, notices)

    async def _see_to_group(self, card: Card) -> None:
        group = await self._groups.get(card.job_id)
        if group is None:
            return
        with speaking(await self._language(card.channel, group.requester)):
            message = await self._groups.card(group, await self._links.to(group.job_ids))
            if card.ts is None:
                at = group.origin
                await self._post_first(card, message, at, group.resource, group.created_at, GroupLinked)
                return
            await self._edit(card, message)

    async def _shows_ending(self, card: Card, job: Job) -> bool:
        """Whether Slack shows all but the last chart: how a job ended does not wait for that."""
        return (await self._rendered(job, await self._charts.chart_shown(job))).fingerprint == card.shown

    async def _edit(self, card: Card, message: Message, *, complete: bool = True) -> None:
        """The edit was allowed before (`may_update_now`)."""
        shown = message.fingerprint
        if shown == card.shown:
            self._poster.need_not_update()
        else:
            # Whatever comes of it: what Slack showed before is not to be relied on.
            await self._cards.editing(card.job_id)
            with self._then_a_pause(card.job_id):
                await self._poster.update_now(card.channel, str(card.ts), message)
        await self._cards.showing(card, shown, complete=complete)

    async def _rendered(self, job: Job, chart: tuple[str | None, str] = (None, "")) -> Message:
        """As it stands now; `chart` is a file's id and its alt text."""
        assessment = await assessed(self._jobs, job)
        return render(
            job,
            assessment,
            now=time.time(),
            chart_file_id=chart[0],
            chart_alt_text=chart[1],
            abilities=self._abilities(job.provider),
        )

    @contextlib.contextmanager
    def _then_a_pause(self, job_id: str) -> Iterator[None]:
        """It begins when the call has ended, however long that took: Slack may still be at one that ended in doubt, and
        would post a second card, or put what is old over what is new."""
        try:
            yield
        finally:
            self._not_before[job_id] = self._steady() + self._between_edits
