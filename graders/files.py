"""Files that hold graders: OpenAI's grader JSON, its evals, Promptfoo's configurations. Data, of which nothing is
fetched or run."""

from enum import StrEnum
from typing import Any

import msgspec

from graders.foreign import LeftOut
from graders.grader import Grader
from graders.openai_evals import read_openai_eval
from graders.promptfoo import read_promptfoo
from graders.reading import read_grader


class FileKind(StrEnum):
    GRADER = "grader"
    OPENAI_EVAL = "openai_eval"
    PROMPTFOO = "promptfoo"


class GraderFile(msgspec.Struct, frozen=True):
    """What a file holds. `examples`: its tests or items, in the form of reinforcement fine-tuning, where there are any;
    of several prompts those of the first. `left_out`: what could not be taken over (`texts.graders.left_out`)."""

    kind: FileKind
    name: str
    grader: Grader | None
    examples: tuple[dict[str, Any], ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def read_grader_file(data: bytes, judge: str | None = None) -> GraderFile:
    """`judge`: the model that rubrics ask where the file names none. Raises GraderError."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return _of_promptfoo(data, judge)  # YAML, as a rule
    if isinstance(value, dict) and {"testing_criteria", "eval"} & set(value):
        found = read_openai_eval(data)
        examples = tuple(found.examples()) if found.messages else ()
        return GraderFile(FileKind.OPENAI_EVAL, found.name or "eval", found.grader, examples, found.left_out)
    if isinstance(value, dict) and {"prompts", "tests", "defaultTest"} & set(value):
        return _of_promptfoo(data, judge)
    grader = read_grader(data)
    return GraderFile(FileKind.GRADER, grader.name, grader)


def may_hold_grader(name: str) -> bool:
    """Whether a file of this name is worth looking into; training files have other endings."""
    return name.lower().endswith((".json", ".yaml", ".yml"))


def _of_promptfoo(data: bytes, judge: str | None) -> GraderFile:
    found = read_promptfoo(data, judge)
    examples = tuple(found.examples()) if found.prompts else ()
    return GraderFile(FileKind.PROMPTFOO, found.description or "promptfoo", found.grader, examples, found.left_out)
