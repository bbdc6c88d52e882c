"""The trainer's records: files, jobs, events, checkpoints, models. Values; `store` reads and writes them.

The `owner` of a file, job or model is the name of the key that made it; None is older than owners, and admins' alone.
"""

from __future__ import annotations

import secrets
import string
import time
from typing import Any, Literal

import msgspec

JobStatus = Literal["validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled"]
ExportFormat = Literal["adapter", "merged", "gguf"]
Quantization = Literal["f16", "bf16", "q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_0"]
ExportStatus = Literal["queued", "running", "succeeded", "failed"]
EventLevel = Literal["info", "warn", "error"]
EventType = Literal["message", "metrics"]
Priority = Literal["low", "normal", "high"]
PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high")
FINISHED: tuple[JobStatus, ...] = ("succeeded", "failed", "cancelled")

_LETTERS = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """An id such as `ftjob-k3…`: the prefix, and letters and digits from the system's own randomness."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))


def now() -> int:
    """Seconds since 1970, whole, as the protocol counts time."""
    return int(time.time())


def today() -> str:
    """The day, in UTC, as YYYY-MM-DD."""
    return time.strftime("%Y-%m-%d", time.gmtime())


class Key(msgspec.Struct, frozen=True):
    """Who asks. What a key makes belongs to its name; another key of the same name, made later, owns it too.
    `high_priority`: its jobs may have it; an admin's always may."""

    name: str
    admin: bool = False
    high_priority: bool = False

    def sees(self, thing: File | Upload | Job | Model | Export | StoredResponse) -> bool:
        """A key sees its own, an admin key everything."""
        return self.admin or thing.owner == self.name


FROM_ENVIRONMENT = Key("TRAINER_KEY", admin=True)


class File(msgspec.Struct, frozen=True):
    id: str
    filename: str
    purpose: str
    bytes: int
    created_at: int
    owner: str | None = None
    expires_at: int | None = None


class Upload(msgspec.Struct, frozen=True):
    """A file on its way, in parts; `bytes` is how large it is to be, `file_seconds` how long it is to be kept."""

    id: str
    filename: str
    purpose: str
    bytes: int
    created_at: int
    expires_at: int
    status: Literal["pending", "completed", "cancelled", "expired"] = "pending"
    owner: str | None = None
    file_seconds: int | None = None


class Job(msgspec.Struct, frozen=True):
    """One fine-tuning job. `n_epochs`, `batch_size` and `learning_rate_multiplier` are None while they are "auto".

    `model` is what the client named (a base model, a fine-tuned one or a checkpoint), `base` the base model under it.
    `beta` counts for DPO only, `reinforcement` (the JSON of `training.plan.Reinforcement`) for that method. `attempts`
    counts the times that training began since it last got further. `lineage` is what the model card will tell: hashes
    of the files, how many examples, where the base came from, versions.
    `integrations` are as the protocol has them; `tracked`: all that they ask for was done.
    `queued_at`: when it joined the queue for the first time, a claim that it keeps; `devices`: how many it trains on.
    `traceparent`: the trace that it was created in.
    """

    id: str
    created_at: int
    status: JobStatus
    model: str
    base: str
    training_file: str
    seed: int
    validation_file: str | None = None
    suffix: str | None = None
    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None
    beta: float | None = None
    method: Literal["supervised", "dpo", "reinforcement"] = "supervised"
    reinforcement: dict[str, Any] | None = None
    metadata: dict[str, str] | None = None
    finished_at: int | None = None
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    estimated_finish: int | None = None
    result_files: list[str] = []
    error: dict[str, str | None] | None = None
    attempts: int = 0
    lineage: dict[str, Any] | None = None
    owner: str | None = None
    integrations: list[dict[str, Any]] | None = None
    tracked: bool = False
    queued_at: float | None = None
    priority: Priority = "normal"
    devices: int = 1
    traceparent: str | None = None

    @property
    def finished(self) -> bool:
        return self.status in FINISHED

    @property
    def group(self) -> tuple[str, str]:
        """Who shares with whom in the queue: the key, and the channel that a bot which asks for many names."""
        return self.owner or "", (self.metadata or {}).get(CHANNEL, "")


CHANNEL = "finetune_bot_channel"
"""Where a job's metadata name the channel that it is asked for in."""


class Event(msgspec.Struct, frozen=True):
    id: str
    job_id: str
    created_at: int
    level: EventLevel
    message: str
    type: EventType = "message"
    data: dict[str, Any] = {}


class Checkpoint(msgspec.Struct, frozen=True):
    """A saved state that answers as a model of its own, `model`."""

    id: str
    job_id: str
    created_at: int
    model: str
    step: int
    metrics: dict[str, float]


class Model(msgspec.Struct, frozen=True):
    """A fine-tuned model: an adapter in `folder` (inside the data folder) over the base model `base`."""

    id: str
    base: str
    folder: str
    created_at: int
    owned_by: str
    job_id: str
    owner: str | None = None


class StoredResponse(msgspec.Struct, frozen=True):
    """A response of Responses as it was answered, and the items that the model read, its own answer aside."""

    id: str
    created_at: int
    expires_at: int
    response: dict[str, Any]
    input: list[dict[str, Any]]
    owner: str | None = None


class Pace(msgspec.Struct, frozen=True):
    """How long a training took: the `seconds` of its `steps`, which read so many `tokens`, and those `around` them, in
    which the model was loaded and saved. `whole`: all weights, no adapter. `machine` and `device`: on what, and in
    which numbers. `step_tokens`, of a calibration only: how many tokens more could be read in the time that a step
    takes besides them. `memory`: bytes that the device has in all; None where that was not told."""

    base: str
    method: str
    whole: bool
    machine: str
    device: str
    steps: int
    tokens: int
    seconds: float
    around: float
    created_at: int
    step_tokens: float | None = None
    memory: int | None = None


class Permission(msgspec.Struct, frozen=True):
    """Keys named `project` may use the fine-tuned model `model`: see it, ask it, train it further."""

    id: str
    model: str
    project: str
    created_at: int


class Trial(msgspec.Struct, frozen=True):
    """An export that was loaded once and asked some questions at temperature 0, beside the model as the trainer serves
    it. `prompt` is the first of them, and `served` and `exported` the answers to it; `same`: whether all are the same.
    `divergence` is how far its choices are from those of the other over the other's answers (Kullback-Leibler, in nats
    a token, the mean)."""

    prompt: str
    served: str
    exported: str
    same: bool
    divergence: float


class Export(msgspec.Struct, frozen=True):
    """A fine-tuned model as one file to take away, `file_name`. `attempts` counts how often its writing was begun."""

    id: str
    model: str
    format: ExportFormat
    created_at: int
    quantization: Quantization | None = None
    status: ExportStatus = "queued"
    finished_at: int | None = None
    expires_at: int | None = None
    file_name: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    trial: dict[str, Any] | None = None
    error: dict[str, str | None] | None = None
    attempts: int = 0
    owner: str | None = None

    @property
    def finished(self) -> bool:
        return self.status in ("succeeded", "failed")
