"""Holding judges to what people said."""

from texts.errors.table import ERRORS
from texts.language import _


@ERRORS.sentence
def no_judge(grader: str) -> str:
    return _(
        "No model judges this evaluation: {grader} computes its scores, so there is no judge to check.", grader=grader
    )


@ERRORS.sentence
def no_golden_set() -> str:
    return _(
        "Nobody has rated or voted in this channel yet, so there is nothing to hold a judge to. Press the thumbs below "
        "answers, or open an arena with `/finetune arena`."
    )


@ERRORS.sentence
def judge_words() -> str:
    return _('Name the model that judges: `/finetune judge gpt-4.1-mini` or with `rubric="…"`')


@ERRORS.sentence
def nothing_to_judge() -> str:
    return _("This evaluation has no two answers to the same question yet.")
