"""One example, once its answer is there: put in order where that is plain, else dropped with the reason."""

from typing import Final

import msgspec

from bot.evaluations.evaluation import StoredAnswer
from bot.generation.generation import Draft, State, Why, as_example
from training_files.content_scan.refusals import refuses
from training_files.dataset_checks import DatasetChecks
from training_files.dataset_checks.filler_openings import filler
from training_files.findings import Findings
from training_files.masking import mask_texts
from training_files.validate_example import validate

_CUT_OFF: Final = "length"


def with_answer(draft: Draft, given: StoredAnswer, system: str) -> Draft:
    """The draft with what the teacher answered, kept or dropped: without fillers at its beginning, and with names,
    secrets and personal data masked."""
    answer = given.content.strip()
    opening = filler(answer)
    answer = answer[len(opening) :]
    masked = mask_texts([draft.question, answer])
    question, answer = masked.texts
    answered = msgspec.structs.replace(
        draft, question=question, answer=answer, filler=opening.strip(), masked=masked.counts
    )
    why = _why_not(answered, given, system)
    return msgspec.structs.replace(answered, state=State.KEPT if why is None else State.DROPPED, why=why)


def is_valid(draft: Draft, system: str) -> bool:
    """Whether it can be trained on."""
    findings = Findings()
    validate(as_example(draft, system), 1, findings, DatasetChecks())
    return not findings.first("error")


def _why_not(draft: Draft, given: StoredAnswer, system: str) -> Why | None:
    if not draft.answer:
        return Why.EMPTY
    if given.finish_reason == _CUT_OFF:
        return Why.CUT_OFF
    if draft.answerable and refuses(draft.answer):
        return Why.REFUSED
    return None if is_valid(draft, system) else Why.INVALID
