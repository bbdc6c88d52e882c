"""Something to tell people: said once, in order, in one thread. How it looks is `handlers.outgoing.notice_blocks`."""

from typing import Literal

import msgspec

from bot.jobs.job import Job
from bot.providers.protocol import Checkpoint, JobError


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A sentence that an earlier version stored, in its English; it is said as it stands (mrkdwn)."""

    job: Job
    sentence: str


class WaitsInLine(msgspec.Struct, frozen=True, tag="waits_in_line"):
    """The provider has no room; the job goes on when it is its turn."""

    job: Job


class ProviderBusy(msgspec.Struct, frozen=True, tag="provider_busy"):
    """The provider takes no jobs at the moment; it is asked again for an hour."""

    job: Job


class ProviderSilent(msgspec.Struct, frozen=True, tag="provider_silent"):
    """The provider cannot be asked about its jobs: it does not answer, or answers with `refusal`."""

    job: Job
    refusal: JobError | None = None


class ProviderBack(msgspec.Struct, frozen=True, tag="provider_back"):
    """It answers again."""

    job: Job


class Stuck(msgspec.Struct, frozen=True, tag="stuck"):
    """The job has been quiet for `hours`; what that means depends on its state."""

    job: Job
    hours: int


class Steered(msgspec.Struct, frozen=True, tag="steered"):
    """Somebody paused the job, or let it go on."""

    job: Job
    act: Literal["pause", "resume"]
    by: str


class Accepted(msgspec.Struct, frozen=True, tag="accepted"):
    """The provider has taken the job."""

    job: Job


class Started(msgspec.Struct, frozen=True, tag="started"):
    """Training began."""

    job: Job


class CheckpointMade(msgspec.Struct, frozen=True, tag="checkpoint"):
    job: Job
    checkpoint: Checkpoint


class ProviderSaid(msgspec.Struct, frozen=True, tag="provider_said"):
    """A warning or error among the provider's events. `message` is untrusted."""

    job: Job
    level: str
    message: str


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """Succeeded, failed or cancelled: `job` says which. Goes into the card's thread."""

    job: Job


class EndedElsewhere(msgspec.Struct, frozen=True, tag="ended_elsewhere"):
    """The same news in one line, for the channel that is set for notices, or the requester's direct messages."""

    job: Job


class Uncertain(msgspec.Struct, frozen=True, tag="uncertain"):
    """We cannot know whether the provider took the job; a person must decide (Adopt, Submit again)."""

    job: Job


class ApprovalAsked(msgspec.Struct, frozen=True, tag="approval_asked"):
    """The job waits for somebody to approve it; `again`: a day after the first time."""

    job: Job
    again: bool = False


class Approved(msgspec.Struct, frozen=True, tag="approved"):
    job: Job


class Linked(msgspec.Struct, frozen=True, tag="linked"):
    """In the file's thread: a job was made from this file; its card is over there."""

    job: Job
    card_permalink: str


Body = (
    Text
    | WaitsInLine
    | ProviderBusy
    | ProviderSilent
    | ProviderBack
    | Stuck
    | Steered
    | Accepted
    | Started
    | CheckpointMade
    | ProviderSaid
    | Ended
    | EndedElsewhere
    | Uncertain
    | ApprovalAsked
    | Approved
    | Linked
)


class Notice(msgspec.Struct, frozen=True):
    """`id` is unique for ever and travels in the message's metadata, by which a doubtful post is looked up.

    `channel` is a channel's id, or a person's for a direct message. Where `thread_ts` is None and `under_card`
    names a job, the notice waits until that job's card has been posted and goes into its thread.
    """

    id: str
    body: Body
    channel: str
    thread_ts: str | None = None
    under_card: str | None = None
