"""Notices: what people are told, once and in order, in one thread. `handlers.outgoing.notice_blocks` renders them.

A body says what happened; the poster reads the job that it is about.
"""

import msgspec

from bot.access import Resource
from bot.providers.protocol import Checkpoint, JobError


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A sentence that an earlier version stored, in its English; it is said as it stands (mrkdwn)."""

    sentence: str


class WaitsInLine(msgspec.Struct, frozen=True, tag="waits_in_line"):
    """The provider has no room; the job goes on when it is its turn."""


class ProviderBusy(msgspec.Struct, frozen=True, tag="provider_busy"):
    """The provider takes no jobs at the moment; it is asked again for an hour."""


class ProviderSilent(msgspec.Struct, frozen=True, tag="provider_silent"):
    """The provider cannot be asked about its jobs: it does not answer, or answers with `refusal`."""

    refusal: JobError | None = None


class ProviderBack(msgspec.Struct, frozen=True, tag="provider_back"):
    """It answers again."""


class Stuck(msgspec.Struct, frozen=True, tag="stuck"):
    """The job has been quiet for `hours`; what that means depends on its `state` then."""

    state: str
    hours: int


class Paused(msgspec.Struct, frozen=True, tag="paused"):
    """`by`: a person's id."""

    by: str


class Resumed(msgspec.Struct, frozen=True, tag="resumed"):
    by: str


class Accepted(msgspec.Struct, frozen=True, tag="accepted"):
    """The provider has taken the job."""


class Started(msgspec.Struct, frozen=True, tag="started"):
    """Training began."""


class CheckpointMade(msgspec.Struct, frozen=True, tag="checkpoint"):
    checkpoint: Checkpoint


class ProviderSaid(msgspec.Struct, frozen=True, tag="provider_said"):
    """A warning or error among the provider's events. `message` is untrusted."""

    level: str
    message: str


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """Succeeded, failed or cancelled: the job says which. Goes into the card's thread."""


class EndedElsewhere(msgspec.Struct, frozen=True, tag="ended_elsewhere"):
    """The same news in one line, for the channel that is set for notices, or the requester's direct messages."""


class Uncertain(msgspec.Struct, frozen=True, tag="uncertain"):
    """We cannot know whether the provider took the job; a person must decide (Adopt, Submit again)."""


class ApprovalAsked(msgspec.Struct, frozen=True, tag="approval_asked"):
    """The job waits for somebody to approve it; `again`: a day after the first time."""

    again: bool = False


class Approved(msgspec.Struct, frozen=True, tag="approved"):
    """Somebody approved the job."""


class Linked(msgspec.Struct, frozen=True, tag="linked"):
    """For the file's thread: a job was started on this file, and this is its card."""

    card_permalink: str


class GroupLinked(msgspec.Struct, frozen=True, tag="sweep_linked"):
    """For the file's thread: several jobs were started, and this is the card of them all."""

    card_permalink: str


class GroupApprovalAsked(msgspec.Struct, frozen=True, tag="sweep_approval_asked"):
    """The jobs of a group wait for somebody to approve them all; `again`: a day after the first time."""

    again: bool = False


class GroupApproved(msgspec.Struct, frozen=True, tag="sweep_approved"):
    """Somebody approved the jobs of a group."""


class GroupEnded(msgspec.Struct, frozen=True, tag="sweep_ended"):
    """All of a group has come to its end; what came of it is read when it is said."""


class SuccessorOffered(msgspec.Struct, frozen=True, tag="successor_offered"):
    """For another channel that uses a model of a move: `by` asks whether it goes on with what this job made."""

    job_id: str
    by: str


class RetiringModel(msgspec.Struct, frozen=True):
    """`people`: who uses it in the channel that is told, the latest first. `last_used_at`: there, in seconds since the
    epoch. `current`: it was promoted there; `repeated`: an evaluation asks it there again and again."""

    model: str
    base_model: str
    people: tuple[str, ...] = ()
    last_used_at: float | None = None
    current: bool = False
    repeated: bool = False


class ModelsRetire(msgspec.Struct, frozen=True, tag="models_retire"):
    """For a channel that uses them: these models stop answering on `shutdown_date` (YYYY-MM-DD), `days` from now."""

    models: tuple[RetiringModel, ...]
    shutdown_date: str
    days: int


class ModelsRetired(msgspec.Struct, frozen=True, tag="models_retired"):
    """The same on the day itself: they answer no more."""

    models: tuple[RetiringModel, ...]
    shutdown_date: str


class DigestDue(msgspec.Struct, frozen=True, tag="digest"):
    """What became of the channel's jobs from `since` to `until` (seconds since the epoch), which is read when it is
    said. `every`: daily or weekly."""

    every: str
    since: float
    until: float


class RetrainingRefused(msgspec.Struct, frozen=True, tag="retraining_refused"):
    """A training that repeats was due, and could not be started: `why`, as an error's `str` gives it. `ended`: it
    repeats no more."""

    collection: str
    why: str
    ended: bool = False


class RepeatEnded(msgspec.Struct, frozen=True, tag="repeat_ended"):
    """An evaluation is repeated no more, for its owner may not have it: `why`, as an error's `str` gives it."""

    why: str


class Deployed(msgspec.Struct, frozen=True, tag="deployed"):
    """Its model is deployed, and answers; the job says what that costs."""


class DeploymentFailed(msgspec.Struct, frozen=True, tag="deployment_failed"):
    """`error`: why, in the provider's words."""

    error: JobError | None = None


class DeploymentRemoved(msgspec.Struct, frozen=True, tag="deployment_removed"):
    """`by`: a person's id."""

    by: str


class DeploymentStays(msgspec.Struct, frozen=True, tag="deployment_stays"):
    """The provider refuses to remove it."""

    error: JobError


class DeploymentGone(msgspec.Struct, frozen=True, tag="deployment_gone"):
    """It is no longer there, and nobody here removed it."""


class DeploymentUnused(msgspec.Struct, frozen=True, tag="deployment_unused"):
    """Nobody has asked the model anything for so many days, which costs all the same."""

    days: int


DeploymentBody = Deployed | DeploymentFailed | DeploymentRemoved | DeploymentStays | DeploymentGone | DeploymentUnused
JobBody = (
    Text
    | WaitsInLine
    | ProviderBusy
    | ProviderSilent
    | ProviderBack
    | Stuck
    | Paused
    | Resumed
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
    | DeploymentBody
)
GroupBody = GroupLinked | GroupApprovalAsked | GroupApproved | GroupEnded | SuccessorOffered
RetirementBody = ModelsRetire | ModelsRetired
Body = JobBody | GroupBody | RetirementBody | DigestDue | RetrainingRefused | RepeatEnded


class Notice(msgspec.Struct, frozen=True):
    """`id` is unique for ever and travels in the message's metadata, by which a doubtful post is looked up.

    `channel` is a channel's id, or a person's for a direct message. `about`: its subject, with the owner;
    `since`: when that was begun, in seconds since the epoch. Where `thread_ts` is None and `under_card` names a job or
    a group of jobs, the notice waits until the card of that has been posted and goes into its thread.
    """

    id: str
    body: Body
    channel: str
    about: Resource
    since: float
    thread_ts: str | None = None
    under_card: str | None = None


def ended_elsewhere(ending: Notice, notice_id: str, channel: str) -> Notice:
    """The news of an `ending`, for another channel, or for a person."""
    body = ending.body if isinstance(ending.body, GroupEnded) else EndedElsewhere()
    return Notice(notice_id, body, channel, ending.about, ending.since)


def is_told_elsewhere(notice: Notice) -> bool:
    """Whether it is an ending, in its own thread, that others hear of, too: of a sweep that is not each job's, but the
    whole one's."""
    if isinstance(notice.body, GroupEnded):
        return notice.under_card is not None
    return isinstance(notice.body, Ended) and notice.under_card in (None, notice.about.id)
