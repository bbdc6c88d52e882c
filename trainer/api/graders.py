"""Graders, tried out: /v1/fine_tuning/alpha/graders. Those of the protocol, and ours beyond them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, ValidationError

from graders.errors import GradeFault, GraderError
from graders.grader import Grader, Multi, judges, needs_embeddings, needs_model
from graders.grading import grade, grade_with
from graders.python import trusted_sources
from graders.reading import as_json, grader_of
from graders.sample import Grade, Sample, judge_failed
from texts.grader_errors import sentence
from trainer.api.bodies import Body
from trainer.api.chat import CreateChat, ask
from trainer.api.embeddings import embed
from trainer.api.errors import ApiError
from trainer.api.objects import GraderErrorsObject, GraderRunObject, GraderValidateObject, Usage
from trainer.api.services import CurrentKey, Services, ServicesDep
from trainer.objects import Key
from trainer.settings import Settings

router = APIRouter(prefix="/v1/fine_tuning/alpha/graders")

LONGEST_SAMPLE = 1_000_000
# A judge says a sentence or two and its grade.
JUDGE_MAX_TOKENS = 512


class ValidateGrader(Body):
    grader: dict[str, Any]


class RunGrader(ValidateGrader):
    model_sample: Annotated[str, Field(max_length=LONGEST_SAMPLE)]
    item: dict[str, Any] | None = None


@router.post("/validate")
async def validate(services: ServicesDep, key: CurrentKey, body: ValidateGrader) -> GraderValidateObject:
    return {"grader": as_json(readable(services, key, body.grader))}


@router.post("/run")
async def run(services: ServicesDep, key: CurrentKey, body: RunGrader) -> GraderRunObject:
    grader = readable(services, key, body.grader)
    judge, sample, item = _Judge(services, key), Sample(body.model_sample), body.item or {}
    trusted = trusted_graders(services.settings)
    began = time.perf_counter()
    if needs_model(grader) or needs_embeddings(grader):
        graded = await grade_with(grader, item, sample, judge, embedder=judge, trusted=trusted)
    else:
        graded = await asyncio.to_thread(grade, grader, item, sample, trusted=trusted)
    return _run_object(grader, graded, judge, time.perf_counter() - began)


def readable(services: Services, key: Key, value: dict[str, Any]) -> Grader:
    """The grader that a client sent. ApiError where it is none, or asks a model that this key has not."""
    try:
        grader = grader_of(value)
    except GraderError as error:
        raise ApiError(400, sentence(error), param="grader", code="invalid_grader") from None
    for model in judges(grader):
        services.model(model, key, missing=400)
    return grader


def trusted_graders(settings: Settings) -> frozenset[str]:
    """The sources of Python graders that may run. ApiError where their folder cannot be read."""
    try:
        return trusted_sources(settings.graders) if settings.graders else frozenset()
    except OSError as error:
        raise ApiError(500, f"The folder for graders cannot be read: {error.strerror}.", type="server_error") from error


class _Judge:
    """Asks models of this server, and counts what those take that say something."""

    def __init__(self, services: Services, key: Key) -> None:
        self._services = services
        self._key = key
        self.usage: dict[str, Usage] = {}

    async def ask(self, model: str, messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]) -> str:
        try:
            body = CreateChat(
                **{"model": model, "messages": messages, "max_completion_tokens": JUDGE_MAX_TOKENS, **parameters}
            )
        except ValidationError as error:
            name = ".".join(map(str, error.errors()[0]["loc"][:1]))
            raise ApiError(
                400,
                f"Invalid value for 'grader.sampling_params.{name}': {error.errors()[0]['msg']}.",
                param=f"grader.sampling_params.{name}",
                code="invalid_value",
            ) from None
        try:
            said, took = await ask(self._services, self._key, body)
        except ApiError as error:
            raise judge_failed(model, str(error)) from error
        before = self.usage.get(model, Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0))
        self.usage[model] = Usage(
            prompt_tokens=before["prompt_tokens"] + took["prompt_tokens"],
            completion_tokens=before["completion_tokens"] + took["completion_tokens"],
            total_tokens=before["total_tokens"] + took["total_tokens"],
        )
        return said

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        *_, model = self._services.catalogue.embedding_models.values()  # one's own, where the table has one
        try:
            return await embed(self._services, model, texts)
        except ApiError as error:
            raise GraderError("grader_embedding_failed", model=model.id, problem=str(error)) from error


def _run_object(grader: Grader, graded: Grade, judge: _Judge, seconds: float) -> GraderRunObject:
    """A reward that could not be said is 0 in the protocol, and `errors` say why."""
    asked = list(judge.usage)
    one = asked[0] if len(asked) == 1 and not isinstance(grader, Multi) else None
    return {
        "reward": graded.reward or 0.0,
        "metadata": {
            "name": grader.name,
            "type": str(grader.__struct_config__.tag),
            "errors": _errors(graded.fault),
            "execution_time": seconds,
            "scores": {} if isinstance(grader, Multi) else dict(graded.parts),
            "token_usage": judge.usage[one] if one else None,
            "sampled_model_name": one,
        },
        "sub_rewards": dict(graded.parts) if isinstance(grader, Multi) else {},
        "model_grader_token_usage_per_model": dict(judge.usage),
    }


_FLAGS = {
    "grader_answer_not_json": "sample_parse_error",
    "grader_calls_of_answer": "sample_parse_error",
    "grader_calls_of_item": "invalid_variable_error",
    "grader_content": "invalid_variable_error",
    "grader_formula_result": "formula_parse_error",
    "grader_item_not_json": "invalid_variable_error",
    "grader_judge_failed": "model_grader_server_error",
    "grader_judge_out_of_range": "model_grader_parse_error",
    "grader_judge_unreadable": "model_grader_parse_error",
    "grader_no_choice": "sample_parse_error",
    "grader_no_choice_in_item": "invalid_variable_error",
    "grader_no_number": "sample_parse_error",
    "grader_no_number_in_item": "invalid_variable_error",
    "grader_nothing_there": "invalid_variable_error",
    "grader_python_failed": "python_grader_runtime_error",
    "grader_python_off": "python_grader_server_error",
    "grader_python_too_slow": "python_grader_server_error",
    "grader_tools": "invalid_variable_error",
}


def _errors(fault: GradeFault | None) -> GraderErrorsObject:
    flag = None if fault is None else _FLAGS.get(fault.kind, "other_error")
    said = None if fault is None else sentence(fault)
    return {
        "formula_parse_error": flag == "formula_parse_error",
        "invalid_variable_error": flag == "invalid_variable_error",
        "model_grader_parse_error": flag == "model_grader_parse_error",
        "model_grader_refusal_error": False,
        "model_grader_server_error": flag == "model_grader_server_error",
        "model_grader_server_error_details": said if flag == "model_grader_server_error" else None,
        "other_error": flag == "other_error",
        "python_grader_runtime_error": flag == "python_grader_runtime_error",
        "python_grader_runtime_error_details": said if flag == "python_grader_runtime_error" else None,
        "python_grader_server_error": flag == "python_grader_server_error",
        "python_grader_server_error_type": said if flag == "python_grader_server_error" else None,
        "sample_parse_error": flag == "sample_parse_error",
        "truncated_observation_error": False,
        "unresponsive_reward_error": False,
    }
