"""What is typed after `/finetune evaluate`, and chosen in its window."""

from collections.abc import Sequence

from texts.errors.table import ERRORS
from texts.formats import enumerated
from texts.language import _


@ERRORS.sentence
def evaluate_words() -> str:
    return _(
        "Name the models, and the file that they shall answer: `/finetune evaluate A,B on validation.jsonl`. Or name "
        "one job: `/finetune evaluate job-…`"
    )


@ERRORS.sentence
def not_a_count(name: str, value: str) -> str:
    return _("{name} is a whole number from 1 on, and not {value}.", name=name, value=value)


@ERRORS.sentence
def not_yes_or_no(name: str, value: str) -> str:
    return _("{name} is yes or no, and not {value}.", name=name, value=value)


@ERRORS.sentence
def unknown_grader(word: str, names: Sequence[str]) -> str:
    return _(
        "I know no grader {word}. There are: {names}. Or drop a file with one here, or write its JSON in backticks.",
        word=word,
        names=enumerated(names),
    )


@ERRORS.sentence
def grader_file_gone() -> str:
    return _("This grader is not there any more. Drop its file again, or choose another.")


@ERRORS.sentence
def nothing_to_evaluate() -> str:
    return _("Choose at least one model.")


@ERRORS.sentence
def grader_is_missing() -> str:
    return _("Write the grader, or choose another one.")
