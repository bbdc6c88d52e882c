"""A grade for an answer. `grade` for graders that ask no model: pure, so that it may run in any process; `grade_with`
for all."""

from collections.abc import Mapping
from typing import Any

from graders.errors import AnswerError, GraderError, NotAvailable
from graders.grader import Grader, Multi, StringCheck, TextSimilarity
from graders.sample import Grade, Judge, Sample
from graders.templates import fill

_BINARY_FROM = 1.0
_SCORE_FROM = 0.5


def grade(grader: Grader, item: Mapping[str, Any], sample: Sample) -> Grade:
    """The grade of one answer; never raises. `item`: the fields of the example."""
    try:
        return _grade(grader, item, sample)
    except GraderError as error:
        return failed(error)


async def grade_with(grader: Grader, item: Mapping[str, Any], sample: Sample, judge: Judge) -> Grade:
    """The same for graders that ask a model."""
    return grade(grader, item, sample)


def failed(error: GraderError) -> Grade:
    """The grade where an error stood in its way."""
    if isinstance(error, AnswerError):
        return Grade(0.0, fault=error.fault)
    return Grade(None, fault=error.fault, available=not isinstance(error, NotAvailable))


def passes(grader: Grader, grade: Grade) -> bool | None:
    """Whether the answer counts as right; None where that is not known or has no meaning."""
    if grade.reward is None:
        return None
    match grader:
        case Multi(pass_threshold=None):
            return None
        case TextSimilarity(pass_threshold=None):
            return grade.reward >= _SCORE_FROM
    return grade.reward >= (getattr(grader, "pass_threshold", None) or _BINARY_FROM)


def _grade(grader: Grader, item: Mapping[str, Any], sample: Sample) -> Grade:
    match grader:
        case StringCheck():
            input, reference = fill(grader.input, item, sample), fill(grader.reference, item, sample)
            return Grade(float(_holds(grader.operation, input, reference)))
    raise NotAvailable("grader_cannot_grade", type=str(grader.__struct_config__.tag))


def _holds(operation: str, input: str, reference: str) -> bool:
    match operation:
        case "eq":
            return input == reference
        case "ne":
            return input != reference
        case "like":
            return reference in input
    return reference.casefold() in input.casefold()
