"""The interface of a provider, and the kinds of its failures.

The distinction that matters for money is in the errors: after `Refused`, `RateLimited` or `Unreachable` the
request was certainly not carried out; after `Doubtful` nobody knows.
"""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from bot.errors import BotError
from bot.providers.chat import ChatDelta, ChatRequest, CompletionRequest, Embeddings
from bot.providers.protocol import NO_ANSWER, Checkpoint, Hyperparameters, JobError, Metrics


class ProviderError(BotError):
    """`str(error)` is the provider's own text (untrusted); where `is_answer` is false it is one of our errors, with a
    kind and values. `code` is its code, `status` the HTTP status, `provider` the name of the one that was asked.
    `no_answer`: a model was asked, and did not answer."""

    provider: str = ""
    no_answer: bool = False

    def __init__(
        self,
        message: str,
        values: Mapping[str, object] = MappingProxyType({}),
        *,
        code: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, **values)
        self.code = code
        self.status = status

    @property
    def is_answer(self) -> bool:
        """Whether the provider said it: False where nobody answered, or something that is not the protocol."""
        return self.code not in NO_ANSWER

    def as_job_error(self) -> JobError:
        """Where the provider has no code of its own, the HTTP status stands for it."""
        return JobError(code=self.code or (str(self.status) if self.status else None), message=str(self))


class Refused(ProviderError):
    """The provider answered no: the request was not carried out and repeating it will not help."""


class RateLimited(ProviderError):
    """Not carried out; may be repeated after `retry_after` seconds."""

    def __init__(
        self, message: str, *, code: str | None = None, status: int | None = None, retry_after: float = 10
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.retry_after = retry_after


class TooManyJobs(RateLimited):
    """Not carried out: the account may have no more jobs at a time, or on this day."""


class Unreachable(ProviderError):
    """No connection was made: certainly not carried out; may be repeated."""


class Doubtful(ProviderError):
    """The request may have been carried out: a time-out, a lost reply, a server error."""


class Unintelligible(Doubtful):
    """An answer came, but not one of the protocol's: something else listens at that address."""


class CreateRequest(msgspec.Struct, frozen=True):
    """The request to create a job. `submission` is our job's id; it travels in `metadata`, beside the person's own.
    `channel`: where it is asked for."""

    submission: str
    model: str
    training_file: str
    validation_file: str | None
    hyperparameters: Hyperparameters
    suffix: str | None
    seed: int
    requested_at: float
    method: str = "supervised"
    grader: dict[str, Any] | None = None
    wandb: str | None = None
    metadata: dict[str, str] = {}
    channel: str | None = None


class RemoteJob(msgspec.Struct, frozen=True):
    """A job as the provider describes it. Times in seconds since the epoch; 0 was turned into None. `method` is None
    where the provider does not say; `metadata` is without our `submission`. `queue_position`: from 1, the next to be
    trained; the protocol has no such field, our trainer has.
    """

    id: str
    status: str
    model: str
    created_at: float
    training_file: str
    validation_file: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
    estimated_finish: float | None = None
    fine_tuned_model: str | None = None
    error: JobError | None = None
    trained_tokens: int | None = None
    seed: int | None = None
    suffix: str | None = None
    submission: str | None = None
    hyperparameters: Hyperparameters = Hyperparameters()
    result_files: tuple[str, ...] = ()
    method: str | None = None
    grader: dict[str, Any] | None = None
    wandb: str | None = None
    metadata: dict[str, str] = {}
    queue_position: int | None = None


class RemoteEvent(msgspec.Struct, frozen=True):
    """`metrics` is set on events of type metrics. `data` is the provider's JSON, kept as text."""

    id: str
    created_at: float
    level: str
    type: str
    message: str
    metrics: Metrics | None = None
    data: str | None = None


class RemoteFile(msgspec.Struct, frozen=True):
    """A training file as the provider lists it."""

    id: str
    name: str
    bytes: int
    created_at: float


class RemoteModel(msgspec.Struct, frozen=True):
    """`fine_tunable` and `parameters` are None, and `methods` empty, where the provider does not say. `shutdown_date`
    is YYYY-MM-DD."""

    id: str
    created_at: float
    owned_by: str
    fine_tunable: bool | None = None
    methods: tuple[str, ...] = ()
    context_length: int | None = None
    shutdown_date: str | None = None
    parameters: int | None = None


class RemoteExport(msgspec.Struct, frozen=True):
    """A model as a file, as our trainer describes it; the protocol has no such thing. `done` of `total` bytes of the
    `step` at hand; `tried`: what it was asked when it was loaded once, and what it said; `why`: it failed."""

    id: str
    status: str
    format: str
    quantization: str | None = None
    step: str | None = None
    done: int = 0
    total: int = 0
    file_name: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    tried: tuple[str, str] | None = None
    why: str | None = None


class TimeQuestion(msgspec.Struct, frozen=True):
    """What is asked of how long a training will take. `tokens`: of the training file, once through; `longest`: of its
    longest example."""

    model: str
    tokens: int
    examples: int
    n_epochs: int
    batch_size: int | None = None
    method: str | None = None
    longest: int | None = None


class RemoteMemory(msgspec.Struct, frozen=True):
    """The memory that a training takes at its peak, and that the machine has, in bytes, as our trainer says it. Where
    it does not fit, what would: examples of up to `longest` tokens, one at a time (0: none), or other `models`."""

    needed: int
    total: int | None = None
    fits: bool | None = None
    longest: int | None = None
    models: tuple[str, ...] = ()


class RemoteTime(msgspec.Struct, frozen=True):
    """How long a training will take, as our trainer says it: None where it does not know yet. `trainings`: measured on
    so many, 0: by some steps."""

    seconds: float | None
    trainings: int = 0
    memory: RemoteMemory | None = None


def upload_name(sha256: str) -> str:
    """What a training file of ours is called there: known by its content, an upload whose answer was lost is found."""
    return f"{sha256}.jsonl"


class Provider(Protocol):
    """Every method may raise ProviderError in one of its kinds. None repeats a request by itself."""

    name: str

    async def upload(self, path: Path, name: str) -> str:
        """Upload a training file under `name`; the provider's file id."""

    async def find_upload(self, name: str) -> str | None:
        """The id of a usable file that was uploaded earlier under `name`."""

    async def has_file(self, file_id: str) -> bool: ...

    async def files(self) -> list[RemoteFile]:
        """The training and validation files there, newest first."""

    async def delete_file(self, file_id: str) -> None: ...

    async def file_content(self, file_id: str) -> bytes: ...

    async def create_job(self, order: CreateRequest) -> RemoteJob:
        """Create a job: costs money, is never repeated here."""

    async def find_job(self, order: CreateRequest, others: Collection[str] = ()) -> RemoteJob | None:
        """The job that `order` created, if it did: by submission id, else by (file, model, seed, time).

        `others` are ids of jobs that are known to have come of other orders.
        """

    async def job(self, job_id: str) -> RemoteJob: ...

    async def jobs(self, wanted: Collection[str]) -> list[RemoteJob]:
        """Those of the `wanted` jobs that the listing shows. Read in pages until all are found, it ends, or asking
        for those that are missing one by one would be cheaper."""

    async def events(self, job_id: str, known: Collection[str], *, whole: bool = False) -> list[RemoteEvent]:
        """Events whose id is not in `known`, oldest first, whichever end the provider lists first.

        Where that is the newest, pages are read down to the first that holds a known one: what came late is seen if
        it stands among the latest hundred. `whole` reads them to the end.
        """

    async def checkpoints(self, job_id: str) -> list[Checkpoint]: ...

    async def cancel(self, job_id: str) -> RemoteJob: ...

    async def pause(self, job_id: str) -> RemoteJob: ...

    async def resume(self, job_id: str) -> RemoteJob: ...

    async def models(self) -> list[RemoteModel]: ...

    async def delete_model(self, model: str) -> None: ...

    async def export(self, model: str, format: str, quantization: str | None) -> RemoteExport:
        """Ask for a fine-tuned model as a file; the same again is the same export."""

    async def exported(self, export_id: str) -> RemoteExport: ...

    async def export_content(self, export_id: str) -> bytes: ...

    async def training_time(self, question: TimeQuestion) -> RemoteTime | None:
        """How long a training will take there, and how much memory, as far as that is known; the protocol has no such
        thing."""

    def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """The answer, piece by piece. Where the last message is the assistant's, the answer goes on with that."""

    def complete(self, request: CompletionRequest) -> AsyncGenerator[ChatDelta, None]:
        """What a completion model writes after the prompt, piece by piece."""

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        """The vectors that a model for embeddings turns texts into; none of them may be empty."""

    async def close(self) -> None: ...
