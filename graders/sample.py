"""What is graded, and the grade."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from graders.errors import GradeFault, GraderError


class TokenLogprob(msgspec.Struct, frozen=True):
    """A token of the answer, the natural logarithm of its probability, and that of the most probable one in its place,
    where it is known."""

    token: str
    logprob: float
    best: float | None = None


class Sample(msgspec.Struct, frozen=True):
    """A model's answer: its text, its tool calls as chat completions have them, its tokens where they were asked."""

    output_text: str
    output_tools: tuple[dict[str, Any], ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()


class Grade(msgspec.Struct, frozen=True):
    """What a grader gives an answer.

    `reward` is None where it could not be said: never a wrong number. `parts`: of a multi grader the rewards of its
    graders, by key; else figures that came along. `fault`: why there is no reward, or why it is 0 (an answer that is
    not the JSON it should be). `available` is False where the figure is not to be had here whatever the answer.
    `right`: what an example's own grader counts the answer as.
    """

    reward: float | None
    parts: dict[str, float] = {}
    fault: GradeFault | None = None
    available: bool = True
    right: bool | None = None

    @property
    def why(self) -> str:
        """The kind of the fault."""
        return self.fault.kind if self.fault else ""


class Judge(Protocol):
    """Asks a model. Raises `judge_failed` where it does not answer."""

    async def ask(self, model: str, messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]) -> str:
        """Its answer as text. `messages` and `parameters` as chat completions take them; `response_format` may be left
        out where the provider does not have it."""
        ...


def judge_failed(model: str, problem: str) -> GraderError:
    """A judge did not answer; `problem` in the words of whoever was asked."""
    return GraderError("grader_judge_failed", model=model, problem=problem)
