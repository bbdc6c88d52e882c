"""Why a training file cannot be read or kept, and what to do. The name of each function below `sentence` is an error's
kind, its parameters are the error's values.

Sentences are plain text with the values as they came: whoever shows one escapes all of it.
"""

from collections.abc import Callable
from typing import ParamSpec

from texts import findings
from texts.language import _
from training_files import TrainingFileError
from training_files.report import Finding

_P = ParamSpec("_P")
_SENTENCES: dict[str, Callable[..., str]] = {}


def sentence(error: TrainingFileError) -> str:
    """What happened, and what to do next."""
    say = _SENTENCES.get(error.kind)
    return say(**error.values) if say else str(error)


def _error(say: Callable[_P, str]) -> Callable[_P, str]:
    _SENTENCES[say.__name__] = say
    return say


@_error
def not_a_table(name: str, kind: str) -> str:
    """`kind`: of `training_files.tables.file_type`."""
    return _(
        "{name} is {kind}, not a table. {advice}",
        name=name,
        kind=findings.file_type(kind),
        advice=findings.conversion(kind),
    )


@_error
def no_example(name: str, finding: Finding) -> str:
    return _(
        "Line {line} of {name} is not an example. {why}",
        line=finding.line or 0,
        name=name,
        why=findings.sentence(finding),
    )


@_error
def line_too_long(name: str, line: int) -> str:
    return _("Line {line} of {name} is too long to be read.", line=line, name=name)
