"""The grader of reinforcement fine-tuning."""

from texts.errors.table import ERRORS
from texts.language import _


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
