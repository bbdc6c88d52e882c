"""What notices and cards need: a place where they are kept, and somebody who can post."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from bot.audit import Entry
from bot.jobs.notice import Notice


class Pending(msgspec.Struct, frozen=True):
    """A notice that is next in its thread. `doubtful`: an attempt began and we do not know how it ended.
    `thread_ts` is resolved: where the notice belongs under a card, it is the card's. `orphaned`: that card was
    given up before it was ever posted, so there is no such thread.
    """

    notice: Notice
    thread_ts: str | None
    doubtful: bool
    attempts: int
    attempted_at: float | None
    orphaned: bool = False


class Card(msgspec.Struct, frozen=True):
    """The message of the bot that shows a job: a projection, brought to the latest state when there is room.

    `job_id` is that of the job, or of a group. `shown` is the hash of what Slack shows; `posting_since` is set before
    the first post. `thread_ts`: of the card of its group, in whose thread it stands.
    """

    job_id: str
    channel: str
    changed_at: float
    ts: str | None = None
    posting_since: float | None = None
    shown: str | None = None
    chart_file: str | None = None
    chart_step: int | None = None
    thread_ts: str | None = None


class ShownMessage(msgspec.Struct, frozen=True):
    """A message in Slack, or a file, whose id `ts` then is. `posting_since` is set before the first post; `shown`: the
    hash of what it shows, None where nobody knows, or it is not all there is to show."""

    posting_since: float
    ts: str | None = None
    shown: str | None = None


class Outbox(Protocol):
    async def next(self, now: float, *, besides: Collection[str] = ()) -> list[Pending]:
        """The first open notice of each thread, if it is due and its thread exists, or never will; without those with
        the ids `besides`, and so many that all together are two hundred at most."""

    async def attempting(self, notice_id: str, now: float) -> None:
        """From here on it may have been posted. `attempted_at` stays that of the first attempt, because any of
        them may have left its message in the thread."""

    async def posted(self, notice_id: str, ts: str) -> None: ...

    async def later(self, notice_id: str, next_try_at: float, *, doubtful: bool) -> None:
        """Not before `next_try_at`. `doubtful`: some attempt up to now may have been posted."""

    async def give_up(self, notice_id: str, why: str, instead: Sequence[Notice] = ()) -> None:
        """Never said; `instead` is, somewhere else."""

    async def open(self) -> int:
        """How many notices are still to be said."""


class PostedNotices(Protocol):
    async def places(self, notice_id: str) -> list[tuple[str, str]]:
        """Channel and ts of each message in a thread that says it, or says it again."""


class CardStore(Protocol):
    async def card(self, job_id: str) -> Card | None: ...

    async def dirty(self, limit: int) -> list[Card]:
        """Cards that may show something old: those never posted first, then those of ended jobs, then the rest,
        the latest change first in each. Jobs of a group have none before the group's card is posted, or given up."""

    async def doubt_ended(self, most: int) -> None:
        """Cards of ended jobs, the latest `most` of those that Slack shows, may show something old."""

    async def posting(self, job_id: str, now: float) -> None: ...

    async def posted(self, job_id: str, ts: str, shown: str | None, notices: Sequence[Notice]) -> None:
        """The card is in Slack; `shown` is None if it is not known what it shows."""

    async def editing(self, job_id: str) -> None:
        """From here on nobody knows what it shows, until `showing`."""

    async def showing(self, card: Card, shown: str, *, complete: bool = True) -> None:
        """Slack shows `shown`; the card stays dirty if that is not complete, or it changed after `card` was read."""

    async def set_chart(self, job_id: str, file_id: str | None, step: int) -> None: ...

    async def abandon(self, job_id: str) -> None:
        """The card cannot be posted or edited any more (deleted, archived): stop trying."""


class MessageStore(Protocol):
    """Messages that show something which changes. `about` is its id, and `key` tells apart those about it."""

    async def of(self, about: str) -> Mapping[str, ShownMessage]:
        """By key."""

    async def posting(self, about: str, key: str, now: float) -> float | None:
        """From here on the message may have been posted. Since when it may have been before; None where it was not."""

    async def posted(self, about: str, key: str, ts: str, shown: str | None) -> None:
        """It is in Slack; `shown` is None if it is not known what it shows."""

    async def shown(self, about: str, key: str, shown: str | None) -> None: ...


class Subscriptions(Protocol):
    """The channels that are subscribed to the endings of jobs from public channels. Their notices are stored with the
    ending."""

    async def add(self, channel: str, entry: Entry) -> None:
        """Stored together with its line in the audit log."""

    async def remove(self, channel: str, entry: Entry) -> None:
        """Stored together with its line in the audit log."""

    async def channels(self) -> list[str]: ...


class PostError(Exception):
    """`str(error)` is Slack's error code."""


class PostRefused(PostError):
    """Slack answered no; posting again will not help."""


class PostLater(PostError):
    """Certainly not posted; may be tried again after `retry_after` seconds."""

    def __init__(self, code: str, retry_after: float) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class PostDoubtful(PostError):
    """It may have been posted."""


class NoticePoster(Protocol):
    """Posts notices to Slack."""

    async def post(self, notice: Notice, thread_ts: str | None) -> str:
        """The message's ts. Raises a PostError."""

    async def find(self, notice: Notice, thread_ts: str | None, since: float) -> str | None:
        """The ts of this notice's message, if it is in its thread. Raises PostRefused if the thread cannot be read."""
