"""The check of a judge: a run in which a model that judges is held to what people said, or compares the answers of an
evaluation pair by pair. What a judge says is kept by what it was asked, as all models' answers are."""

from typing import ClassVar, Protocol

import msgspec

from bot.access import Caller
from bot.audit import Entry
from bot.evaluations.run import Run, RunStore


class JudgeRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody asks for. A `model` alone is held to what people said in the channel; an `evaluation` alone: its
    own judge is; both: the model compares the answers of the evaluation."""

    model: str = ""
    rubric: str | None = None
    evaluation: str = ""


class JudgeCheck(Run, frozen=True, kw_only=True):
    """`models`: that judge. `file_name`: of an evaluation, what its models were asked. `total`: how many answers and
    pairs there were to judge when it began. `asker`: who started it, as they were then; what it reads is what they may
    see."""

    kind: ClassVar[str] = "judge_check"

    request: JudgeRequest
    asker: Caller
    total: int
    file_name: str = ""

    @property
    def pairwise(self) -> bool:
        """Whether it compares the answers of an evaluation."""
        return bool(self.request.model and self.request.evaluation)


class JudgePlan(msgspec.Struct, frozen=True):
    """What is said before money is spent. `answers` and `pairs` are judged, the latter in both orders, which takes
    `calls` and `cached`, whose answers are there. `usd` and `seconds` are None where nobody knows; `unpriced`: models
    that have no known price."""

    models: tuple[str, ...]
    answers: int
    pairs: int
    calls: int
    cached: int
    usd: float | None
    seconds: float | None
    unpriced: tuple[str, ...] = ()
    file_name: str = ""


class JudgeCheckStore(RunStore[JudgeCheck], Protocol):
    async def open(self, check: JudgeCheck, entry: Entry) -> JudgeCheck:
        """Keep it with its line in the audit log; what is stored already is left as it is, and given back."""

    async def done(self, check_id: str) -> int:
        """Of the answers and pairs, how many have been judged."""

    async def set_done(self, check_id: str, done: int) -> None:
        """Never less than it was."""
