"""Delivery: each notice is posted once and in the order of its thread, across crashes.

A notice is marked before it is posted and carries its id in the message's metadata. After any doubt the
thread is read for that id before it is posted again. Where the thread cannot be read, the promise is *at
least once*: after a crash between Slack's posting and our marking it is posted twice.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from functools import partial

import structlog

from bot import instruments
from bot.backoff import Backoff
from bot.errors import BotError
from bot.jobs.notice import Notice, ended_elsewhere, is_told_elsewhere
from bot.notices.interfaces import NoticePoster, Outbox, Pending, PostDoubtful, PostLater, PostRefused
from bot.notices.work_loop import WorkLoop
from bot.timing import Timing

log = structlog.get_logger()

_MOST_FAULTS = 5


class Delivery:
    """`backoff` is for notices in doubt, `store_fault` for trouble of the store; `after_fault` are the seconds after a
    fault of our own."""

    def __init__(
        self,
        outbox: Outbox,
        poster: NoticePoster,
        *,
        look_every: float = Timing.look_every,
        backoff: Backoff = Timing.notice,
        after_fault: float = 30.0,
        store_fault: Backoff = Timing.fault,
    ) -> None:
        self._outbox = outbox
        self._poster = poster
        # A delivery that is cut off at the end counts as doubtful, and is looked for at the next start.
        self._rounds = WorkLoop("outbox", self._due, every=look_every, backoff=store_fault)
        self._backoff = backoff
        self._after_fault = after_fault
        self._faults: Counter[str] = Counter()  # of ours, by notice; tries that Slack did not let through are none

    async def run(self) -> None:
        """Deliver until cancelled. One notice at a time in each thread, threads side by side."""
        await self._rounds.run()

    async def round(self) -> None:
        """Start the delivery of whatever is due."""
        await self._rounds.round()

    async def _due(self, busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        pending = await self._outbox.next(time.time(), besides=busy)
        return [(each.notice.id, partial(self._deliver, each)) for each in pending]

    async def _deliver(self, pending: Pending) -> None:
        outcome = await self._delivered(pending)
        instruments.NOTICES.labels(outcome).inc()

    async def _delivered(self, pending: Pending) -> str:
        """What came of it: posted, refused, later, doubtful, failed."""
        notice = pending.notice
        doubtful = pending.doubtful
        try:
            if pending.orphaned:
                raise PostRefused("card_given_up")
            if doubtful and await self._was_said(pending):
                return "posted"
            doubtful = False
            await self._outbox.attempting(notice.id, time.time())
            await self._outbox.posted(notice.id, await self._poster.post(notice, pending.thread_ts))
            return "posted"
        except PostRefused as error:
            log.warning("notice refused", notice=notice.id, why=str(error))
            await self._outbox.give_up(notice.id, str(error), instead=_to_requester(notice))
            return "refused"
        except PostLater as error:
            # Certain only of this call. Where it was the look-up, the earlier attempt is as doubtful as before.
            await self._outbox.later(notice.id, time.time() + error.retry_after, doubtful=doubtful)
            return "later"
        except PostDoubtful as error:
            log.warning("notice in doubt", notice=notice.id, why=str(error))
            delay = self._backoff.delay(pending.attempts + 1)
            await self._outbox.later(notice.id, time.time() + delay, doubtful=True)
            return "doubtful"
        except BotError:  # the store: what it holds is still right, and due
            raise
        except Exception as error:
            log.exception("notice failed", notice=notice.id)
            self._faults[notice.id] += 1
            if self._faults[notice.id] >= _MOST_FAULTS:
                # A fault of ours that stays must not hold up what comes after it in the thread.
                await self._outbox.give_up(notice.id, repr(error), instead=_to_requester(notice))
            else:
                await self._outbox.later(notice.id, time.time() + self._after_fault, doubtful=True)
            return "failed"

    async def _was_said(self, pending: Pending) -> bool:
        try:
            ts = await self._poster.find(pending.notice, pending.thread_ts, pending.attempted_at or 0)
        except PostRefused as error:
            log.warning("thread unreadable, saying it again", notice=pending.notice.id, why=str(error))
            return False
        if ts is None:
            return False
        await self._outbox.posted(pending.notice.id, ts)
        return True


def _to_requester(notice: Notice) -> list[Notice]:
    """How a job ended reaches its requester even where the channel is closed to us."""
    if is_told_elsewhere(notice) and notice.channel != notice.about.owner:
        return [ended_elsewhere(notice, f"{notice.id}/direct", notice.about.owner)]
    return []
