"""Answers graded in a worker process, or by a judge; which label an answer is."""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from bot.evaluations.evaluation import GradeRow, Place, StoredAnswer
from bot.evaluations.run import Reason
from bot.worker_processes import Pool, WorkerPools
from graders.errors import GradeFault
from graders.grader import Grader, Perplexity, TokenAccuracy, singles
from graders.grading import Embedder, grade, grade_with, passes, python_seconds
from graders.reading import read_grader
from graders.sample import Grade, Judge, Sample, TokenLogprob
from training_files import TrainingFileError

GRADED_WITHIN: Final = 120.0
"""Seconds for what is given to a worker process at once, beside what Python graders may take."""
_AROUND: Final = " \t\r\n.,;:!?\"'`*_()[]{}<>。，；：！？“”‘’「」『』《》（）【】、"


class Ungraded(msgspec.Struct, frozen=True):
    """An answer beside the fields of its item; `grader` is JSON."""

    place: Place
    fields: dict[str, Any]
    answer: StoredAnswer
    grader: bytes
    labels: tuple[str, ...] = ()


def grade_all(ungraded: Sequence[Ungraded], trusted: frozenset[str] = frozenset()) -> list[GradeRow]:
    """For a worker process: with graders that ask no model. `trusted`: the sources of Python graders that may run."""
    return [
        _row(one, grade(_grader(one.grader), one.fields, sample_of(one.answer), trusted=trusted)) for one in ungraded
    ]


def may_take(one: Ungraded, trusted: frozenset[str]) -> float:
    """Seconds that its Python graders have."""
    return python_seconds(_grader(one.grader), one.fields) if trusted else 0.0


async def judged(
    one: Ungraded,
    judge: Judge,
    pools: WorkerPools,
    trusted: frozenset[str] = frozenset(),
    embedder: Embedder | None = None,
) -> GradeRow:
    """With a grader that asks a model; parts of it that ask none are graded in a worker process. Raises OverBudget."""

    async def apart(grader: Grader, item: Mapping[str, Any], sample: Sample, trusted: frozenset[str]) -> Grade:
        try:
            return await pools.run(
                grade, grader, item, sample, trusted=trusted, pool=Pool.GRADING, seconds=GRADED_WITHIN
            )
        except TrainingFileError as error:  # an answer that no worker lives through, or not in time
            return Grade(None, fault=GradeFault(error.kind, error.values))

    grader, sample = _grader(one.grader), sample_of(one.answer)
    given = await grade_with(grader, one.fields, sample, judge, embedder=embedder, trusted=trusted, apart=apart)
    return _row(one, given)


def sample_of(answer: StoredAnswer) -> Sample:
    calls = tuple(
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in answer.tool_calls
    )
    tokens = []
    for place in answer.logprobs:
        known = dict(place.top)
        if place.token in known:
            tokens.append(TokenLogprob(place.token, known[place.token], max(known.values())))
    return Sample(answer.content, calls, tuple(tokens))


def reads_logprobs(grader: Grader) -> bool:
    return any(isinstance(one, Perplexity | TokenAccuracy) for one in singles(grader))


def label_of(answer: str, labels: Sequence[str]) -> str:
    """Which of the labels the answer is, but for case, width and punctuation around it; "" where it is none."""
    return _known_labels(tuple(labels)).get(_plain(answer), "")


@lru_cache(maxsize=16)
def _known_labels(labels: tuple[str, ...]) -> Mapping[str, str]:
    return {_plain(label): label for label in reversed(labels)}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip(_AROUND).casefold()


@lru_cache(maxsize=16)
def _grader(text: bytes) -> Grader:
    return read_grader(text)


def _row(one: Ungraded, given: Grade) -> GradeRow:
    fault = Reason(given.fault.kind, plain_values(given.fault.values)) if given.fault else None
    passed = passes(_grader(one.grader), given)
    label = label_of(one.answer.content, one.labels) if one.labels else None
    return GradeRow(one.place, given.reward, passed, label, given.parts, fault)


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON holds them."""
    return {name: value if isinstance(value, str | int | float) else str(value) for name, value in values.items()}
