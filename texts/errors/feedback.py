"""What goes wrong when answers are rated or corrected."""

from texts.errors.table import ERRORS
from texts.language import _


@ERRORS.sentence
def answer_gone() -> str:
    return _("That answer is not there any more. Ask anew in the thread.")


@ERRORS.sentence
def empty_correction() -> str:
    return _("Write what would have been right.")


@ERRORS.sentence
def nothing_corrected() -> str:
    return _("That is what the model said. Change it, or close this window.")
