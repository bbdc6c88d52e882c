"""What a client asks for when it creates a job: its body, held to the protocol's limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from graders.errors import GraderError
from graders.grader import Python, needs_model, singles
from graders.grading import unavailable
from graders.reading import as_json, grader_of
from texts import grader_errors
from trainer.api.bodies import Body, Strict
from trainer.api.chat import ResponseFormat
from trainer.api.errors import ApiError
from trainer.api.integrations import Integration
from trainer.training.plan import Effort, Method, Reinforcement

MAX_SEED = 2_147_483_647


def _whole(low: int, high: int) -> BeforeValidator:
    def check(value: Any) -> Any:
        if value is None or value == "auto":
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            limits = f"from {low} to {high}" if high < MAX_SEED else f"of at least {low}"
            raise ValueError(f"expected 'auto' or a whole number {limits}, got {value!r}")
        return value

    return BeforeValidator(check)


def _positive(most: float) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value is None or value == "auto":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            raise ValueError(f"expected 'auto' or a number above 0 and at most {most:g}, got {value!r}")
        return float(value)

    return check


class HyperparametersIn(Strict):
    """None stands for "auto". Ranges as in the OpenAPI description, read November 2026."""

    n_epochs: Annotated[int | None, _whole(1, 50)] = None
    batch_size: Annotated[int | None, _whole(1, 256)] = None
    learning_rate_multiplier: Annotated[float | None, BeforeValidator(_positive(100))] = None


class DpoHyperparameters(HyperparametersIn):
    beta: Annotated[float | None, BeforeValidator(_positive(2))] = None


class ReinforcementHyperparameters(HyperparametersIn):
    reasoning_effort: Effort = "default"
    compute_multiplier: Annotated[float | None, BeforeValidator(_positive(10))] = None
    eval_interval: Annotated[int | None, _whole(1, MAX_SEED)] = None
    eval_samples: Annotated[int | None, _whole(1, MAX_SEED)] = None


class Supervised(Strict):
    hyperparameters: HyperparametersIn | None = None


class Dpo(Strict):
    hyperparameters: DpoHyperparameters | None = None


class ReinforcementIn(Strict):
    grader: dict[str, Any]
    hyperparameters: ReinforcementHyperparameters | None = None
    response_format: ResponseFormat | None = None


class MethodIn(Strict):
    type: str
    supervised: Supervised | None = None
    dpo: Dpo | None = None
    reinforcement: ReinforcementIn | None = None


class CreateJob(Body):
    model: str
    training_file: str
    validation_file: str | None = None
    suffix: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    hyperparameters: HyperparametersIn | None = None
    method: MethodIn | None = None
    metadata: dict[str, str] | None = None
    integrations: Annotated[list[Integration], Field(max_length=5)] | None = None

    def chosen(self) -> DpoHyperparameters:
        """The method's hyperparameters; the older place counts for each that the method does not name."""
        of_method: HyperparametersIn | None = None
        if self.method is not None:
            told = {"dpo": self.method.dpo, "reinforcement": self.method.reinforcement}.get(
                self.method.type, self.method.supervised
            )
            of_method = told.hyperparameters if told else None
        named = (self.hyperparameters or HyperparametersIn()).model_dump()
        named |= {name: value for name, value in (of_method.model_dump() if of_method else {}).items() if value}
        return DpoHyperparameters.model_construct(**named)


def method_of(body: CreateJob) -> Method:
    """Raises ApiError."""
    match body.method.type if body.method else "supervised":
        case "supervised" | "dpo" | "reinforcement" as method:
            return method
        case other:
            raise ApiError(
                400,
                f"There is no method {other!r}; the methods are 'supervised', 'dpo' and 'reinforcement'.",
                code="unsupported_value",
                param="method.type",
            )


def reinforcement_of(body: CreateJob) -> Reinforcement:
    """What the method takes, its grader checked. Raises ApiError."""
    asked = body.method.reinforcement if body.method else None
    if asked is None:
        raise _missing("method.reinforcement.grader")
    if body.validation_file is None:
        raise _missing("validation_file")
    param = "method.reinforcement.grader"
    try:
        grader = grader_of(asked.grader)
    except GraderError as error:
        raise ApiError(400, grader_errors.sentence(error), code="invalid_grader", param=param) from None
    if any(isinstance(single, Python) for single in singles(grader)):
        raise ApiError(
            400,
            "Graders of type 'python' are not carried out here: a grader's code would run on this machine.",
            code="unsupported_value",
            param=param,
        )
    if needs_model(grader):
        raise ApiError(
            400,
            "Graders that ask a model ('score_model', 'label_model', also in a 'multi') do not grade training here: "
            "answers are graded in the process that trains, which reaches no other model. What is possible instead: "
            "train with 'string_check', 'text_similarity' or a 'multi' of these, and grade the trained model's answers "
            "with this grader afterwards (POST /v1/fine_tuning/alpha/graders/run).",
            code="unsupported_value",
            param=param,
        )
    fault = unavailable(grader)
    if fault is not None:
        raise ApiError(400, grader_errors.sentence(fault), code="unsupported_value", param=param)
    how = asked.hyperparameters or ReinforcementHyperparameters()
    return Reinforcement(
        grader=as_json(grader),
        response_format=_format(asked.response_format),
        reasoning_effort=how.reasoning_effort,
        compute_multiplier=how.compute_multiplier,
        eval_interval=how.eval_interval,
        eval_samples=how.eval_samples,
    )


def _format(asked: ResponseFormat | None) -> dict[str, Any] | None:
    if asked is None:
        return None
    if asked.schema_of_answer("method.reinforcement.response_format") is None:
        return {"type": asked.type}
    return asked.model_dump(exclude_none=True, by_alias=True)


def _missing(param: str) -> ApiError:
    return ApiError(400, f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
