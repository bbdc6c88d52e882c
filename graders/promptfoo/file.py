"""What a Promptfoo configuration holds that is of use here."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from graders.foreign import LeftOut
from graders.grader import Grader, OfItem, judges
from graders.reading import as_json
from graders.templates import as_text

VARIABLE: Final = re.compile(r"\{\{-?\s*([A-Za-z_][\w.]*(?:\[\d+\])*(?:\.\w+)*)\s*(\|\s*dump\s*)?-?\}\}")
"""A variable in a text, and whether it is written as JSON."""


class Prompt(msgspec.Struct, frozen=True):
    """Messages whose texts may hold `{{variable}}`. A prompt that is one variable for all messages has its name."""

    label: str
    messages: tuple[dict[str, Any], ...] = ()
    variable: str = ""


class Case(msgspec.Struct, frozen=True):
    """A test: its variables, and its grader where it has one that could be read."""

    variables: dict[str, Any]
    grader: Grader | None = None
    description: str = ""


class PromptfooFile(msgspec.Struct, frozen=True):
    description: str
    prompts: tuple[Prompt, ...]
    cases: tuple[Case, ...]
    models: tuple[str, ...] = ()
    tools: tuple[dict[str, Any], ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def grader(self) -> Grader | None:
        """One for all examples: the one that they share, or the one that each brings. None where no test has any."""
        own = [case.grader for case in self.cases if case.grader is not None]
        if not own:
            return None
        if all(case.grader == own[0] for case in self.cases):
            return own[0]
        asked = dict.fromkeys(model for one in own for model in judges(one))
        return OfItem(name=self.description[:60] or "promptfoo", models=tuple(asked))

    def examples(self, prompt: int = 0) -> Iterator[dict[str, Any]]:
        """Of one prompt, in the form of reinforcement fine-tuning: messages that end with the user's, the variables,
        and `grader`. Tests without one are left out."""
        for case in self.cases:
            if case.grader is not None:
                messages = _filled(self.prompts[prompt], case.variables)
                tools = {"tools": list(self.tools)} if self.tools else {}
                yield {"messages": messages, **tools, **case.variables, "grader": as_json(case.grader)}


def is_chat(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and {"role", "content"} <= set(one) for one in value)
    )


def _filled(prompt: Prompt, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    if prompt.variable:
        value: Any = variables.get(prompt.variable)
        return list(value) if is_chat(value) else [{"role": "user", "content": as_text(value)}]

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return VARIABLE.sub(lambda found: as_text(_at(variables, found[1])), value)
        if isinstance(value, dict):
            return {name: fill(inner) for name, inner in value.items()}
        return [fill(inner) for inner in value] if isinstance(value, list) else value

    filled: list[dict[str, Any]] = [fill(message) for message in prompt.messages]
    return filled


def _at(variables: Mapping[str, Any], path: str) -> Any:
    """As Nunjucks has it, what is not there is an empty text."""
    value: Any = variables
    for step in re.findall(r"\w+", path):
        if isinstance(value, Mapping):
            value = value.get(step, "")
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return ""
    return value
