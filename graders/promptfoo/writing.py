"""A grader and examples as a Promptfoo configuration."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import yaml

from graders.foreign import LeftOut, Reason, shown
from graders.grader import (
    ANSWER,
    Contains,
    EditDistance,
    Grader,
    JsonSchema,
    Multi,
    Pattern,
    ScoreModel,
    StringCheck,
    TextSimilarity,
    ValidCalls,
)
from graders.judging import rubric_of
from graders.promptfoo.assertions import SIMILAR


class Written(msgspec.Struct, frozen=True):
    """A configuration as YAML, and what of the grader it could not say."""

    text: str
    left_out: tuple[LeftOut, ...]


def write_promptfoo(
    examples: Iterable[Mapping[str, Any]], grader: Grader, providers: Sequence[str], description: str = ""
) -> Written:
    """Examples as training files have them, graded by one grader. Each becomes a test whose variable `messages` is the
    prompt."""
    left_out: list[LeftOut] = []
    asserted = list(_written(grader, left_out))
    tests = [{"vars": {name: value for name, value in one.items() if name != "grader"}} for one in examples]
    config = {
        "description": description,
        "prompts": ["{{ messages | dump }}"],
        "providers": list(providers),
        "defaultTest": {"options": {"disableVarExpansion": True}, "assert": asserted},
        "tests": tests,
    }
    text = yaml.dump(config, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=120)
    return Written(text, tuple(left_out))


def _written(grader: Grader, left_out: list[LeftOut]) -> Iterator[dict[str, Any]]:
    """The assertions that say the same as a grader."""
    if isinstance(grader, Multi):
        plain = f"min({', '.join(grader.graders)})"
        if grader.calculate_output not in (plain, next(iter(grader.graders))):
            left_out.append(LeftOut(Reason.ASSERTION, "calculate_output", shown(grader.calculate_output)))
        for one in grader.graders.values():
            yield from _written(one, left_out)
        return
    said = _assertion_of(grader)
    if said is None:
        left_out.append(LeftOut(Reason.ASSERTION, grader.name, str(grader.__struct_config__.tag)))
        return
    yield {"metric": grader.name, **msgspec.to_builtins(said, builtin_types=())}


def _assertion_of(grader: Grader) -> dict[str, Any] | None:
    if getattr(grader, "input", ANSWER) != ANSWER and not isinstance(grader, ScoreModel | ValidCalls):
        return None
    match grader:
        case StringCheck():
            kind = {"eq": "equals", "ne": "not-equals", "like": "contains", "ilike": "icontains"}[grader.operation]
            return {"type": kind, "value": _untemplated(grader.reference)}
        case Contains():
            kind = f"{'i' if grader.ignore_case else ''}contains-{grader.match}"
            return {"type": kind, "value": [_untemplated(value) for value in grader.values]}
        case Pattern(ignore_case=False):
            return {"type": "regex", "value": grader.pattern}
        case Pattern():
            return {"type": "regex", "value": f"(?i){grader.pattern}"}
        case JsonSchema():
            schema = {} if grader.schema is True else {"value": grader.schema}
            return {"type": "contains-json" if grader.within else "is-json", **schema}
        case TextSimilarity():
            kinds = {metric: kind for kind, (metric, _) in SIMILAR.items()}
            kind = kinds.get(grader.evaluation_metric, "")
            threshold = 0.5 if grader.pass_threshold is None else grader.pass_threshold
            return {"type": kind, "value": _untemplated(grader.reference), "threshold": threshold} if kind else None
        case EditDistance():
            return {"type": "levenshtein", "value": _untemplated(grader.reference), "threshold": grader.most}
        case ValidCalls():
            return {"type": "is-valid-openai-tools-call"}
        case ScoreModel():
            rubric = rubric_of(grader)
            threshold = 0.5 if grader.pass_threshold is None else grader.pass_threshold
            if rubric is None:
                return None
            return {
                "type": "llm-rubric",
                "value": _untemplated(rubric),
                "threshold": threshold,
                "provider": grader.model,
            }
    return None


def _untemplated(text: str) -> str:
    return re.sub(r"\{\{\s*item\.", "{{", text)
