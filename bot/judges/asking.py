"""What a judge is to be asked: the same questions, whether it is asked or they are only counted."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.judges.check import JudgeCheck
from graders.grading import Embedder
from graders.sample import Judge

Question = Callable[[Judge, Embedder | None], Awaitable[Any]]
"""Asks a judge about one answer, or one pair of them, and gives what it made of that."""


@dataclass(frozen=True)
class Questions:
    """`answers` and `pairs`: how many there are of each; `file`: whose words they hold (its SHA-256, GOLDEN)."""

    answers: int
    pairs: int
    file: str
    each: AsyncGenerator[Question, None]


class Material(Protocol):
    """What a judge is checked on."""

    async def questions(self, check: JudgeCheck) -> Questions:
        """Raises Conflict where there is nothing to ask, NotFound, TrainingFileError."""

    async def report(self, check: JudgeCheck, found: Sequence[Any]) -> bytes:
        """What came of it, as JSON, of what the questions gave, in their order."""
