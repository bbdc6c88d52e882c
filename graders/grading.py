"""A grade for an answer. `grade` for graders that ask no model: pure, so that it may run in any process; `grade_with`
for all."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from graders import judging, python
from graders.calls import calls_of, match, valid
from graders.choice import choice
from graders.errors import AnswerError, GradeFault, GraderError, NotAvailable
from graders.formula import calculate, names_in
from graders.grader import (
    Choice,
    Contains,
    EditDistance,
    FunctionCall,
    Grader,
    JsonEqual,
    JsonSchema,
    LabelModel,
    Multi,
    Normalized,
    Number,
    OfItem,
    Pattern,
    Perplexity,
    Python,
    ScoreModel,
    Single,
    StringCheck,
    TextSimilarity,
    TokenAccuracy,
    ValidCalls,
    singles,
)
from graders.json_values import fits, json_within, same
from graders.normalized import normalized
from graders.numbers import near, number
from graders.patterns import found
from graders.probabilities import mean_probability, token_accuracy
from graders.reading import grader_of
from graders.sample import Grade, Judge, Sample
from graders.similarity import cosine, edit_distance, require_metric, similarity
from graders.templates import as_text, fill, json_of, value_of


class Embedder(Protocol):
    """Turns texts into vectors of one length. Raises GraderError where that fails."""

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]: ...


class Apart(Protocol):
    """Where graders that ask no model grade, which may take long: `grade`, away from the event loop."""

    async def __call__(
        self, grader: Grader, item: Mapping[str, Any], sample: Sample, trusted: frozenset[str]
    ) -> Grade: ...


async def in_thread(grader: Grader, item: Mapping[str, Any], sample: Sample, trusted: frozenset[str]) -> Grade:
    return await asyncio.to_thread(grade, grader, item, sample, trusted=trusted)


def grade(grader: Grader, item: Mapping[str, Any], sample: Sample, *, trusted: frozenset[str] = frozenset()) -> Grade:
    """The grade of one answer; never raises. `item`: the fields of the example. `trusted`: sources of Python graders
    that may run (`python.trusted_sources`)."""
    if isinstance(grader, OfItem):
        own = _own(grader, item)
        return own if isinstance(own, Grade) else _by_own(own, grade(own, item, sample, trusted=trusted))
    if isinstance(grader, Multi):
        return _combined(
            grader, {name: grade(one, item, sample, trusted=trusted) for name, one in grader.graders.items()}
        )
    try:
        return _grade(grader, item, sample, trusted)
    except GraderError as error:
        return failed(error)


async def grade_with(
    grader: Grader,
    item: Mapping[str, Any],
    sample: Sample,
    judge: Judge,
    *,
    embedder: Embedder | None = None,
    trusted: frozenset[str] = frozenset(),
    apart: Apart = in_thread,
) -> Grade:
    """The same for all graders: those that ask a model ask `judge`, `cosine` asks `embedder`, others grade `apart`."""

    async def graded(one: Grader) -> Grade:
        return await grade_with(one, item, sample, judge, embedder=embedder, trusted=trusted, apart=apart)

    if isinstance(grader, OfItem):
        own = _own(grader, item)
        return own if isinstance(own, Grade) else _by_own(own, await graded(own))
    if isinstance(grader, Multi):
        grades = await asyncio.gather(*map(graded, grader.graders.values()))
        return _combined(grader, dict(zip(grader.graders, grades, strict=True)))
    try:
        match grader:
            case ScoreModel():
                return Grade(await judging.score(grader, item, sample, judge))
            case LabelModel():
                return Grade(float(await judging.label(grader, item, sample, judge) in grader.passing_labels))
            case TextSimilarity(evaluation_metric="cosine") if embedder is not None:
                texts = [fill(grader.input, item, sample), fill(grader.reference, item, sample)]
                blank = [not text.strip() for text in texts]
                if any(blank):  # nothing has no meaning that another could be near to
                    return Grade(float(all(blank)))
                first, second = await embedder.embed(texts)
                return Grade(cosine(first, second))
    except GraderError as error:
        return failed(error)
    return await apart(grader, item, sample, trusted)


def unavailable(
    grader: Grader, *, embeddings: bool = False, trusted: frozenset[str] = frozenset()
) -> GradeFault | None:
    """Why a grader cannot grade here, whatever the answer: said before anything is paid for. What depends on the text,
    such as METEOR of Chinese, is not looked at."""
    try:
        for single in singles(grader):
            match single:
                case TextSimilarity() if single.evaluation_metric != "cosine" or not embeddings:
                    require_metric(single.evaluation_metric)
                case Python():
                    python.require_trusted(single.source, trusted)
    except NotAvailable as error:
        return error.fault
    return None


def python_seconds(grader: Grader, item: Mapping[str, Any]) -> float:
    """How long the Python graders in it may take for an answer; all others are quick."""
    if isinstance(grader, OfItem):
        own = _own(grader, item)
        return 0.0 if isinstance(own, Grade) else python_seconds(own, item)
    return float(python.SECONDS * sum(isinstance(one, Python) for one in singles(grader)))


def failed(error: GraderError) -> Grade:
    """The grade where an error stood in its way."""
    if isinstance(error, AnswerError):
        return Grade(0.0, fault=error.fault)
    return Grade(None, fault=error.fault, available=not isinstance(error, NotAvailable))


def passes(grader: Grader, grade: Grade) -> bool | None:
    """Whether the answer counts as right; None where that is not known, or the figure has no such meaning.

    Scores are right from their threshold, or from the middle of their range where none is given.
    """
    if grade.reward is None:
        return None
    threshold = getattr(grader, "pass_threshold", None)
    if threshold is None:
        match grader:
            case OfItem():
                return grade.right
            case Multi() | Perplexity() | TokenAccuracy() | Python():
                return None
            case ScoreModel(range=(low, high)):
                threshold = (low + high) / 2
            case ScoreModel() | TextSimilarity():
                threshold = 0.5
            case _:
                threshold = 1.0
    return bool(grade.reward >= threshold)


def _own(grader: OfItem, item: Mapping[str, Any]) -> Grader | Grade:
    """The grader that an example brings, or the grade where it has none."""
    try:
        own = grader_of(item.get(grader.field))
        if isinstance(own, OfItem):
            raise GraderError("grader_unlike_protocol", problem="of_item")
    except GraderError as error:
        return failed(error)
    return own


def _by_own(own: Grader, grade: Grade) -> Grade:
    return msgspec.structs.replace(grade, right=passes(own, grade))


def _combined(grader: Multi, grades: Mapping[str, Grade]) -> Grade:
    """No reward where one that the formula reads has none."""
    parts = {name: one.reward for name, one in grades.items() if one.reward is not None}
    read = names_in(grader.calculate_output)
    faults = [(one, one.fault) for name, one in grades.items() if one.fault and name in read]
    for one, fault in faults:
        if one.reward is None:
            return Grade(None, parts, fault, one.available)
    try:
        reward = calculate(grader.calculate_output, parts)
    except GraderError as error:
        return Grade(None, parts, error.fault)
    return Grade(reward, parts, faults[0][1] if faults else None)


def _grade(grader: Single, item: Mapping[str, Any], sample: Sample, trusted: frozenset[str]) -> Grade:
    match grader:
        case Perplexity():
            mean = mean_probability(sample.logprobs)
            return Grade(mean, {"perplexity": 1 / mean} if mean else {})
        case TokenAccuracy():
            return Grade(token_accuracy(sample.logprobs))
        case Python():
            return Grade(python.run(grader.source, item, sample, trusted))
        case ScoreModel() | LabelModel():
            raise NotAvailable("grader_asks_a_model", model=grader.model)
        case TextSimilarity():
            texts = fill(grader.input, item, sample), fill(grader.reference, item, sample)
            return Grade(similarity(grader.evaluation_metric, *texts))
    return Grade(float(_right(grader, item, sample)))


def _right(grader: Single, item: Mapping[str, Any], sample: Sample) -> bool:
    """Of graders that give 1 or 0."""

    def text(template: str) -> str:
        return fill(template, item, sample)

    match grader:
        case StringCheck():
            return _holds(grader.operation, text(grader.input), text(grader.reference))
        case Normalized():
            return normalized(text(grader.input)) == normalized(text(grader.reference))
        case Contains():
            said, values = text(grader.input), [text(value) for value in grader.values]
            if not all(values):  # every answer would hold it
                raise GraderError("grader_nothing_to_find")
            if grader.ignore_case:
                said, values = said.casefold(), [value.casefold() for value in values]
            return (any if grader.match == "any" else all)(value in said for value in values)
        case Pattern():
            return found(grader.pattern, text(grader.input), ignore_case=grader.ignore_case)
        case Choice():
            return _chosen(grader, text(grader.input), text(grader.reference))
        case EditDistance():
            return edit_distance(text(grader.input), text(grader.reference), grader.most) <= grader.most
        case Number():
            return _number_holds(grader, text(grader.input), text(grader.reference))
        case JsonEqual():
            said = _json(value_of(grader.input, item, sample))
            try:
                wanted = _json(value_of(grader.reference, item, sample))
            except AnswerError:
                raise GraderError("grader_item_not_json") from None
            return same(said, wanted, any_order=grader.any_order)
        case JsonSchema():
            if grader.within:
                return any(fits(value, grader.schema) for value in json_within(as_text(text(grader.input))))
            return fits(_json(value_of(grader.input, item, sample)), grader.schema)
        case FunctionCall():
            said_calls = calls_of(value_of(grader.input, item, sample), AnswerError)
            wanted_calls = calls_of(value_of(grader.reference, item, sample), GraderError)
            return match(said_calls, wanted_calls, grader.match, arguments=grader.arguments)
        case ValidCalls():
            tools = value_of(grader.tools, item, sample) if isinstance(grader.tools, str) else grader.tools
            return valid(calls_of(value_of(grader.input, item, sample), AnswerError), tools)
    raise TypeError(type(grader))


def _holds(operation: str, input: str, reference: str) -> bool:
    match operation:
        case "eq":
            return input == reference
        case "ne":
            return input != reference
        case "like":
            return reference in input
    return reference.casefold() in input.casefold()


def _chosen(grader: Choice, said: str, wanted: str) -> bool:
    letter = choice(wanted, grader.letters)
    if letter is None:
        raise GraderError("grader_no_choice_in_item", letters=grader.letters)
    chosen = choice(said, grader.letters)
    if chosen is None:
        raise AnswerError("grader_no_choice", letters=grader.letters)
    return chosen == letter


def _number_holds(grader: Number, said: str, wanted: str) -> bool:
    reference = number(wanted)
    if reference is None:
        raise GraderError("grader_no_number_in_item")
    value = number(said)
    if value is None:
        raise AnswerError("grader_no_number")
    return near(value, reference, grader.absolute, grader.relative)


def _json(value: Any) -> Any:
    return json_of(value) if isinstance(value, str) else value
