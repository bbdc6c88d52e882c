"""Evaluating models."""

from texts.errors.table import ERRORS
from texts.language import _


@ERRORS.sentence
def how_many_evaluated(most: int) -> str:
    return _("Name 1 to {most} different models.", most=most)


@ERRORS.sentence
def how_many_items(most: int) -> str:
    return _("Ask with 1 to {most} examples: write `n=200`.", most=most)


@ERRORS.sentence
def how_many_samples(most: int) -> str:
    return _("Ask each example 1 to {most} times: write `samples=3`.", most=most)


@ERRORS.sentence
def which_file_to_evaluate() -> str:
    return _(
        "There is no validation file for these models that can be shown here. Name one: `/finetune evaluate A,B on "
        "validation.jsonl`"
    )


@ERRORS.sentence
def no_references() -> str:
    return _(
        "The file does not say what the right answers are, so a grader has to be named: `/finetune evaluate A,B on "
        "file.jsonl with GRADER`"
    )


@ERRORS.sentence
def no_result() -> str:
    return _(
        "Something went wrong on my side when I worked out the figures. The answers are kept, and cost nothing when "
        "you evaluate again."
    )


@ERRORS.sentence
def run_gone(kind: str) -> str:
    if kind == "judge_check":
        return _("This check is not there any more. Start another with `/finetune judge`.")
    if kind == "generation":
        return _("These examples are not there any more. Have others written with `/finetune generate`.")
    return _("This evaluation is not there any more. Start another with `/finetune evaluate`.")


@ERRORS.sentence
def run_ended(kind: str, state: str) -> str:
    if kind == "judge_check":
        return {
            "cancelled": _("This check was cancelled."),
            "finished": _("This check has finished already."),
        }.get(state) or _("This check has failed.")
    if kind == "generation":
        return {
            "cancelled": _("Writing these examples was cancelled."),
            "finished": _("These examples have all been written already."),
        }.get(state) or _("Writing these examples has failed.")
    return {
        "cancelled": _("This evaluation was cancelled."),
        "finished": _("This evaluation has finished already."),
    }.get(state) or _("This evaluation has failed.")


@ERRORS.sentence
def run_state(kind: str, state: str) -> str:
    if kind == "judge_check":
        return _("That is not possible while this check is in the state “{state}”.", state=state)
    if kind == "generation":
        return _("That is not possible while these examples are in the state “{state}”.", state=state)
    return _("That is not possible while this evaluation is in the state “{state}”.", state=state)


@ERRORS.sentence
def how_many_days(most: int) -> str:
    return _("An evaluation is repeated every 1 to {most} days.", most=most)
