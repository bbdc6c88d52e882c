"""The types of the answers are the SDK's own, field by field, and the page of the API shows them."""

from typing import Any, get_args

import httpx
import pytest
from openai.types import (
    Completion,
    CompletionChoice,
    CompletionUsage,
    CreateEmbeddingResponse,
    Embedding,
    FileDeleted,
    FileObject,
    Model,
    Upload,
    create_embedding_response,
)
from openai.types.chat import ChatCompletion, ChatCompletionMessage, chat_completion, chat_completion_chunk
from openai.types.completion_choice import Logprobs
from openai.types.fine_tuning import (
    DpoHyperparameters,
    FineTuningJob,
    FineTuningJobEvent,
    ReinforcementHyperparameters,
    ReinforcementMethod,
    fine_tuning_job,
)
from openai.types.fine_tuning.checkpoints import PermissionCreateResponse
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from openai.types.responses import (
    Response,
    ResponseError,
    ResponseFunctionToolCallItem,
    ResponseFunctionToolCallOutputItem,
    ResponseInputMessageItem,
    ResponseItemList,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseUsage,
)
from openai.types.uploads import UploadPart
from pydantic import TypeAdapter

from tests.trainer_process import Trainer
from trainer.api import objects, response_objects
from trainer.objects import JobStatus

SAME: list[tuple[Any, Any]] = [
    (objects.FileObject, FileObject),
    (objects.Deleted, FileDeleted),
    (objects.UploadObject, Upload),
    (objects.UploadPartObject, UploadPart),
    (objects.JobObject, FineTuningJob),
    (objects.JobError, fine_tuning_job.Error),
    (objects.HyperparametersObject, DpoHyperparameters),
    (objects.ReinforcementObject, ReinforcementMethod),
    (objects.ReinforcementHyperparametersObject, ReinforcementHyperparameters),
    (objects.MethodObject, fine_tuning_job.Method),
    (objects.EventObject, FineTuningJobEvent),
    (objects.CheckpointObject, FineTuningJobCheckpoint),
    (objects.PermissionObject, PermissionCreateResponse),
    (objects.ModelObject, Model),
    (objects.ChatCompletionObject, ChatCompletion),
    (objects.ChatChoice, chat_completion.Choice),
    (objects.ChatMessage, ChatCompletionMessage),
    (objects.ChatChunkChoice, chat_completion_chunk.Choice),
    (objects.ChatDelta, chat_completion_chunk.ChoiceDelta),
    (objects.ToolCallDelta, chat_completion_chunk.ChoiceDeltaToolCall),
    (objects.CompletionObject, Completion),
    (objects.CompletionChoice, CompletionChoice),
    (objects.CompletionLogprobs, Logprobs),
    (objects.Usage, CompletionUsage),
    (objects.EmbeddingsObject, CreateEmbeddingResponse),
    (objects.EmbeddingObject, Embedding),
    (objects.EmbeddingUsage, create_embedding_response.Usage),
    (response_objects.ResponseObject, Response),
    (response_objects.ResponseUsageObject, ResponseUsage),
    (response_objects.ResponseErrorObject, ResponseError),
    (response_objects.OutputMessageObject, ResponseOutputMessage),
    (response_objects.OutputTextObject, ResponseOutputText),
    (response_objects.FunctionCallObject, ResponseFunctionToolCallItem),
    (response_objects.InputMessageObject, ResponseInputMessageItem),
    (response_objects.FunctionCallOutputObject, ResponseFunctionToolCallOutputItem),
    (response_objects.ItemsObject, ResponseItemList),
]
# Fields of our own.
OURS = {
    objects.ReinforcementObject: {"response_format"},
    objects.JobObject: {"queue_position", "user_provided_suffix"},
    objects.ModelObject: {"shutdown_date", "fine_tunable", "methods", "context_length", "root", "parameters"},
}


@pytest.mark.parametrize(("ours", "theirs"), SAME, ids=lambda one: one.__name__)
def test_an_answer_has_the_fields_of_the_sdks_type_and_no_others(ours: Any, theirs: Any) -> None:
    fields = set(ours.__required_keys__ | ours.__optional_keys__)
    required = {name for name, field in theirs.model_fields.items() if field.is_required()}
    assert required <= fields
    assert fields - set(theirs.model_fields) - OURS.get(ours, set()) == set()


def test_each_value_that_a_status_may_have_is_known_to_the_sdk() -> None:
    ours = set(get_args(JobStatus))
    assert set(get_args(FineTuningJob.model_fields["status"].annotation)) <= ours


def test_the_page_of_the_api_shows_what_each_call_answers(trainer: Trainer) -> None:
    described = httpx.get(trainer.url.removesuffix("/v1") + "/openapi.json").json()
    without = {
        (path, method)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        for content in operation["responses"]["200"].get("content", {}).values()
        if content.get("schema", {}) in ({}, {"type": "object", "additionalProperties": True})
    }
    # Files are what was uploaded; a zip is a zip.
    assert {path for path, _ in without} <= {"/v1/files/{file_id}/content", "/v1/x/exports/{export_id}/content"}
    job = described["components"]["schemas"]["JobObject"]
    assert "queue_position" in job["properties"]
    assert "queue_position" not in job["required"]


def test_a_job_as_it_is_answered_is_what_the_types_say(trainer: Trainer, finished: Any) -> None:
    answer = trainer.client.fine_tuning.jobs.with_raw_response.retrieve(finished.id).http_response.json()
    assert TypeAdapter(objects.JobObject).validate_python(answer, strict=True) == answer
