"""The protocol's objects as they are answered. A test holds them against the SDK's own (`openai.types`).

They are not those themselves: importing the SDK takes as long as the whole server, and its models would add a null for
each field that is left out.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, NotRequired, TypeVar

from typing_extensions import TypedDict

from trainer.objects import EventLevel, EventType, ExportFormat, ExportStatus, JobStatus

T = TypeVar("T")
FinishReason = Literal["stop", "length", "tool_calls", "function_call"]


class Page(TypedDict, Generic[T]):
    object: Literal["list"]
    data: list[T]
    first_id: str | None
    last_id: str | None
    has_more: bool


class Deleted(TypedDict):
    id: str
    object: Literal["file", "model", "checkpoint.permission", "export", "response"]
    deleted: Literal[True]


class FileObject(TypedDict):
    id: str
    object: Literal["file"]
    bytes: int
    created_at: int
    expires_at: NotRequired[int]
    filename: str
    purpose: str
    status: Literal["processed"]


class UploadObject(TypedDict):
    id: str
    object: Literal["upload"]
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: str
    status: Literal["pending", "completed", "cancelled", "expired"]
    file: FileObject | None


class UploadPartObject(TypedDict):
    id: str
    object: Literal["upload.part"]
    created_at: int
    upload_id: str


class JobError(TypedDict):
    code: str | None
    message: str | None
    param: str | None


class ProgressObject(TypedDict):
    """Bytes of the step at hand."""

    step: Literal["writing", "checking", "packing"]
    done: int
    total: int


class ExportObject(TypedDict):
    """Our own. `trial`: what the export answered when it was loaded, beside what the model answers."""

    id: str
    object: Literal["export"]
    model: str
    format: ExportFormat
    quantization: str | None
    status: ExportStatus
    progress: ProgressObject | None
    created_at: int
    finished_at: int | None
    expires_at: int | None
    filename: str | None
    bytes: int | None
    sha256: str | None
    trial: dict[str, Any] | None
    error: JobError


class HyperparametersObject(TypedDict):
    n_epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"]
    learning_rate_multiplier: float | Literal["auto"]
    beta: NotRequired[float | Literal["auto"]]


class MethodHyperparameters(TypedDict):
    hyperparameters: HyperparametersObject


class ReinforcementHyperparametersObject(TypedDict):
    n_epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"]
    learning_rate_multiplier: float | Literal["auto"]
    reasoning_effort: Literal["default", "low", "medium", "high"]
    compute_multiplier: float | Literal["auto"]
    eval_interval: int | Literal["auto"]
    eval_samples: int | Literal["auto"]


class ReinforcementObject(TypedDict):
    """`response_format` is in OpenAI's guide, and missing in its description."""

    grader: dict[str, Any]
    hyperparameters: ReinforcementHyperparametersObject
    response_format: NotRequired[dict[str, Any]]


class MethodObject(TypedDict):
    type: Literal["supervised", "dpo", "reinforcement"]
    supervised: NotRequired[MethodHyperparameters]
    dpo: NotRequired[MethodHyperparameters]
    reinforcement: NotRequired[ReinforcementObject]


class WandbObject(TypedDict):
    project: str
    name: str | None
    entity: str | None
    tags: list[str]


class IntegrationObject(TypedDict):
    type: Literal["wandb"]
    wandb: WandbObject


class JobObject(TypedDict):
    """`queue_position`, from 1, is a field of our own."""

    id: str
    object: Literal["fine_tuning.job"]
    created_at: int
    finished_at: int | None
    model: str
    fine_tuned_model: str | None
    organization_id: str
    status: JobStatus
    training_file: str
    validation_file: str | None
    result_files: list[str]
    trained_tokens: int | None
    estimated_finish: int | None
    queue_position: NotRequired[int]
    error: JobError
    seed: int
    user_provided_suffix: str | None
    metadata: dict[str, str] | None
    integrations: list[IntegrationObject]
    hyperparameters: HyperparametersObject
    method: MethodObject


class EventObject(TypedDict):
    object: Literal["fine_tuning.job.event"]
    id: str
    created_at: int
    level: EventLevel
    message: str
    type: EventType
    data: dict[str, Any]


class CheckpointObject(TypedDict):
    object: Literal["fine_tuning.job.checkpoint"]
    id: str
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    step_number: int
    metrics: dict[str, int | float]


class PermissionObject(TypedDict):
    id: str
    object: Literal["checkpoint.permission"]
    created_at: int
    project_id: str


class ModelObject(TypedDict):
    """The protocol's model, and five fields of our own: whether and by which methods it can be fine-tuned, how many
    tokens it reads, how many parameters it has (null: not in the table), and what it grew from."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    shutdown_date: str | None
    fine_tunable: bool
    methods: list[Literal["supervised", "dpo", "reinforcement"]]
    context_length: int
    parameters: int | None
    root: NotRequired[str]


class Usage(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class FunctionCall(TypedDict):
    name: str
    arguments: str


class ToolCallObject(TypedDict):
    id: str
    type: Literal["function"]
    function: FunctionCall


class TopLogprobObject(TypedDict):
    token: str
    logprob: float
    bytes: list[int]


class TokenLogprobObject(TopLogprobObject):
    top_logprobs: list[TopLogprobObject]


class ChatLogprobs(TypedDict):
    content: list[TokenLogprobObject]
    refusal: None


class ChatMessage(TypedDict):
    role: Literal["assistant"]
    content: str | None
    refusal: None
    tool_calls: NotRequired[list[ToolCallObject]]
    function_call: NotRequired[FunctionCall]


class ChatChoice(TypedDict):
    index: int
    message: ChatMessage
    logprobs: ChatLogprobs | None
    finish_reason: FinishReason


class ChatCompletionObject(TypedDict):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage


class ToolCallDelta(ToolCallObject):
    index: int


class ChatDelta(TypedDict, total=False):
    role: Literal["assistant"]
    content: str
    refusal: None
    tool_calls: list[ToolCallDelta]
    function_call: FunctionCall


class ChatChunkChoice(TypedDict):
    index: int
    delta: ChatDelta
    logprobs: ChatLogprobs | None
    finish_reason: FinishReason | None


class CompletionLogprobs(TypedDict):
    """`text_offset` counts characters from the beginning of the prompt, shown or not. Of several tokens that read alike
    (halves of characters) `top_logprobs` has the likeliest; the token itself is always among them. An echoed prompt's
    first token has nulls: nothing stands before it that could make it likely."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None]
    text_offset: list[int]


class CompletionChoice(TypedDict):
    text: str
    index: int
    logprobs: CompletionLogprobs | None
    finish_reason: Literal["stop", "length"] | None


class CompletionObject(TypedDict):
    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: NotRequired[Usage | None]


class EmbeddingObject(TypedDict):
    """`embedding` is base64 of 32-bit floats, little end first, where that was asked for."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingUsage(TypedDict):
    prompt_tokens: int
    total_tokens: int


class EmbeddingsObject(TypedDict):
    object: Literal["list"]
    data: list[EmbeddingObject]
    model: str
    usage: EmbeddingUsage


class GraderErrorsObject(TypedDict):
    formula_parse_error: bool
    invalid_variable_error: bool
    model_grader_parse_error: bool
    model_grader_refusal_error: bool
    model_grader_server_error: bool
    model_grader_server_error_details: str | None
    other_error: bool
    python_grader_runtime_error: bool
    python_grader_runtime_error_details: str | None
    python_grader_server_error: bool
    python_grader_server_error_type: str | None
    sample_parse_error: bool
    truncated_observation_error: bool
    unresponsive_reward_error: bool


class GraderMetadataObject(TypedDict):
    name: str
    type: str
    errors: GraderErrorsObject
    execution_time: float
    scores: dict[str, float]
    token_usage: Usage | None
    sampled_model_name: str | None


class GraderRunObject(TypedDict):
    reward: float
    metadata: GraderMetadataObject
    sub_rewards: dict[str, float]
    model_grader_token_usage_per_model: dict[str, Usage]


class GraderValidateObject(TypedDict):
    grader: dict[str, Any]
