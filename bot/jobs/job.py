"""A fine-tuning job as the team sees it: a value. What may become of it is in `states`."""

import hashlib
from enum import StrEnum
from typing import Any, Final

import msgspec

from bot.access import Resource
from bot.jobs.deployment import Deployment
from bot.providers.protocol import SUPERVISED, Hyperparameters, JobError, Metrics


class Origin(msgspec.Struct, frozen=True):
    """Where in Slack something was made. What is made in a `private` channel is visible to its members only."""

    team: str
    channel: str
    private: bool
    thread_ts: str | None = None


def id_for(request: str) -> str:
    """The id of the job for this request (Slack's own key for it): the same however often it is delivered. Twelve
    hexadecimal digits: the chance that two of 10,000 jobs share one is 2 in 10 million."""
    return "job-" + hashlib.sha256(request.encode()).hexdigest()[:12]


REHEARSAL: Final = "rehearsal-"
"""How the id of a rehearsal begins, whose job's `group` it is."""


class Approval(msgspec.Struct, frozen=True):
    """That a job needs the consent of one of `deciders` (Slack's ids of people, U…, and groups, S…), because it costs
    more than `above` US dollars, and what became of it: `approved` is None until `decided_by` has said so. `reason` is
    a person's own text.
    """

    asked_at: float
    above: float
    deciders: tuple[str, ...]
    reminded: bool = False
    approved: bool | None = None
    decided_by: str | None = None
    decided_at: float | None = None
    reason: str = ""


class Loss(StrEnum):
    """Why a model answers no more."""

    DELETED = "deleted"
    """Somebody deleted it here."""
    MISSING = "missing"
    """The provider had it, and has it no more."""
    SHUT_DOWN = "shut_down"
    """Its shutdown date has come."""


class QueuePlace(msgspec.Struct, frozen=True):
    """A job's place (from 1; 0: not known yet) among those that wait until the provider has room. `refusals`: how often
    it said that it has none."""

    place: int
    length: int
    refusals: int = 0
    refused_at: float | None = None


class KeptCheckpoint(msgspec.Struct, frozen=True):
    """That a checkpoint stands among the team's models: since when, by whom, and under which name, if not its short
    one."""

    owner: str
    at: float
    name: str | None = None


class Job(msgspec.Struct, frozen=True):
    """`id` is ours and is what `metadata` carries to the provider; `provider_job_id` is theirs. Times are
    seconds since the epoch. `state` is one of `states.STATES` or a word of the provider's that we do not know.
    `requested_hyperparameters` is what the person chose; `hyperparameters` turns into the provider's numbers once it
    has chosen.
    `heard_at`: time of the provider's last news about it; `stuck`: that was too long ago, and people were told.
    `method` is the protocol's: supervised, dpo or reinforcement; the last has a `grader`. `wandb` is the project at
    Weights & Biases that the provider reports to, `metadata` what the person wants the provider to keep with the job.
    `cause` is the inbox's key of what was done in Slack to start it. `lost_models`: those of its models, checkpoints'
    too, that answer no more. `kept`: checkpoints that people keep, by their models. `model_listed`: the provider has
    listed the finished model, so that it is missed where it does so no more. `queued_at`, `queue_position`: since when
    it waits in the provider's queue, and its place there from 1. `training_since` and `trained_seconds`: see
    `training_time`. `training_price`: US dollars per million tokens, where the provider's own is known. `parent`: the
    fine-tuned model after which this job makes the next one. `group`: the sweep, move or rehearsal whose job it is.
    `deployment`: of its model, where that answers only so. `traceparent`: the trace that it was asked for in.
    """

    id: str
    state: str
    provider: str
    base_model: str
    requester: str
    origin: Origin
    created_at: float
    hyperparameters: Hyperparameters = Hyperparameters()
    requested_hyperparameters: Hyperparameters = msgspec.field(default=Hyperparameters(), name="asked")
    suffix: str | None = None
    seed: int | None = None
    method: str = SUPERVISED
    grader: dict[str, Any] | None = None
    wandb: str | None = None
    metadata: dict[str, str] = {}
    cause: str | None = None
    dataset_id: str | None = None
    file_name: str | None = None
    training_file: str | None = None
    validation_dataset_id: str | None = None
    validation_file: str | None = None
    provider_job_id: str | None = None
    create_attempted_at: float | None = None
    heard_at: float | None = None
    stuck: bool = False
    started_at: float | None = None
    finished_at: float | None = None
    estimated_finish: float | None = None
    estimated_cost: float | None = None
    training_price: float | None = None
    trained_tokens: int | None = None
    fine_tuned_model: str | None = None
    result_files: tuple[str, ...] = ()
    error: JobError | None = None
    latest: Metrics | None = None
    lost_models: dict[str, Loss] = {}
    kept: dict[str, KeptCheckpoint] = {}
    approval: Approval | None = None
    queue_place: QueuePlace | None = msgspec.field(default=None, name="in_line")
    queued_at: float | None = None
    queue_position: int | None = None
    training_since: float | None = None
    trained_seconds: float | None = None
    model_listed: bool = False
    traceparent: str | None = None
    parent: str | None = None
    group: str | None = None
    deployment: Deployment | None = None

    @property
    def is_rehearsal(self) -> bool:
        """Whether its model is made to see what a file teaches, not to be used."""
        return self.group is not None and self.group.startswith(REHEARSAL)

    @property
    def resource(self) -> Resource:
        """The job and whatever it makes, as `authorize` takes it."""
        return Resource(self.requester, self.origin.channel, self.origin.private, "job", self.id)

    @property
    def made_elsewhere(self) -> bool:
        """Whether it is only followed here: `requester` is who asked for that."""
        return self.provider_job_id is not None and self.create_attempted_at is None and self.cause is None

    @property
    def model_lost(self) -> Loss | None:
        """Why the finished model answers no more; None while it does, as far as we know."""
        return self.lost_models.get(self.fine_tuned_model) if self.fine_tuned_model else None
