"""Why a grader cannot be read, or cannot grade an answer, and what to do. A function marked with `@ERRORS.sentence`
says one kind of error: its name is the kind, its parameters are the error's values.

Sentences are plain text with the values as they came: whoever shows one escapes all of it.
"""

from collections.abc import Sequence
from typing import Final

from graders import GradeFault, GraderError
from texts.formats import enumerated
from texts.language import _
from texts.sentences import Sentences

ERRORS: Final = Sentences()


def sentence(error: GradeFault | GraderError) -> str:
    return ERRORS.say(error.kind, error.values) or str(error)


# Reading one


@ERRORS.sentence
def grader_missing() -> str:
    return _("Reinforcement fine-tuning needs a grader, which says how good an answer is: `grader='{…}'`, as JSON.")


@ERRORS.sentence
def grader_not_json(example: str) -> str:
    return _("The grader is JSON, such as {example}.", example=example)


@ERRORS.sentence
def grader_unlike_protocol(problem: str) -> str:
    """`problem`: in the words of the JSON library."""
    return _("The grader does not fit the protocol: {problem}.", problem=problem)


@ERRORS.sentence
def grader_range() -> str:
    return _("The grader's range goes from its lower to its upper end, such as [0, 1].")


@ERRORS.sentence
def grader_labels(labels: Sequence[str]) -> str:
    return _("These passing labels are none of the grader's labels: {labels}.", labels=enumerated(labels))


@ERRORS.sentence
def grader_not_for_training(name: str) -> str:
    return _(
        "The grader {name} is not one that the protocol has for training. It has string_check, text_similarity, "
        "score_model, python, and multi of these, without a threshold.",
        name=name,
    )


@ERRORS.sentence
def grader_template(template: str) -> str:
    return _(
        "The grader's {template} stands for nothing. There are {item}, a field of the example, and {text}, {json} and "
        "{tools}, what the model said.",
        template=f"{{{{{template}}}}}",
        item="{{item.…}}",
        text="{{sample.output_text}}",
        json="{{sample.output_json…}}",
        tools="{{sample.output_tools}}",
    )


@ERRORS.sentence
def grader_too_long() -> str:
    return _("The Python grader is longer than the 256 kB that providers take.")


@ERRORS.sentence
def grader_syntax(line: int, problem: str) -> str:
    """`problem`: in Python's words."""
    return _("The Python grader has a mistake in line {line}: {problem}.", line=line, problem=problem)


@ERRORS.sentence
def grader_not_python() -> str:
    return _("The Python grader cannot be read as Python.")


@ERRORS.sentence
def grader_arguments() -> str:
    return _("The Python grader's function takes two arguments: `grade(sample, item)`.")


@ERRORS.sentence
def grader_no_function() -> str:
    return _("The Python grader has no function `grade(sample, item)` that returns a number.")


# Grading


@ERRORS.sentence
def grader_answer_not_json() -> str:
    return _("The answer is not JSON, which the grader reads.")


@ERRORS.sentence
def grader_nothing_there(template: str) -> str:
    return _("There is nothing at {template} for the grader to read.", template=f"{{{{{template}}}}}")


@ERRORS.sentence
def grader_cannot_grade(type: str) -> str:
    return _("Graders of the type {type} cannot be used here.", type=type)
