"""A comparison: questions that several models are asked alike, what they answered, and how people voted.

Side by side, people see which model said what, and go on asking in the comparison's thread. In an arena two answers
stand side by side without names, until the names are revealed.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec

from bot.access import Resource
from bot.audit import Entry
from bot.conversations.starter import Starter
from bot.providers.chat import ChatMessage, ToolCall, Usage

FEWEST_MODELS: Final = 2
MOST_MODELS: Final = 4


class Arena(msgspec.Struct, frozen=True):
    """What is blind about a comparison. `seed`: of the prompts that were drawn, and of the order of the answers.
    `votes_wanted`: names are revealed once each pair has so many votes; at the latest at `reveal_at` (seconds since the
    epoch). `file_name` and `dataset_id`: of the training file that the prompts come from, None for one that somebody
    typed; `learned`: the models that were trained on it."""

    seed: int
    votes_wanted: int
    reveal_at: float
    file_name: str | None = None
    revealed_at: float | None = None
    dataset_id: str | None = None
    learned: tuple[str, ...] = ()


class Comparison(msgspec.Struct, frozen=True):
    """`thread_ts` is its message's, None until that was posted. `starters`: what each model is told beforehand."""

    id: str
    models: tuple[str, ...]
    team: str
    channel: str
    owner: str
    created_at: float
    private: bool = False
    starters: dict[str, Starter] = {}
    thread_ts: str | None = None
    arena: Arena | None = None

    @property
    def resource(self) -> Resource:
        return Resource(self.owner, self.channel, self.private, "comparison", self.id)

    @property
    def names_hidden(self) -> bool:
        """Whether nobody may see which model gave an answer."""
        return self.arena is not None and self.arena.revealed_at is None


class Question(msgspec.Struct, frozen=True):
    """`id`: the ts of the Slack message, or a number in an arena. `messages` are what is said to each model, without
    what was said before; the last one is the question. `pairs`: in an arena, which answers stand side by side, in the
    order in which they are shown."""

    id: str
    messages: tuple[ChatMessage, ...]
    models: tuple[str, ...]
    asker: str
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        return self.messages[-1].content


class Failure(msgspec.Struct, frozen=True):
    """Why a model gave no answer. `kind` and `values` as in BotError; where the provider said it, `kind` is its own
    words (untrusted). `code` is that of a ProviderError."""

    kind: str
    values: dict[str, Any] = {}
    by_provider: bool = False
    code: str | None = None


class ModelAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one model answered, whole, or why it did not. `first_token` and `seconds` are the time from the request to
    the first visible text and to the end; `cost_usd` is None where nobody knows the price."""

    content: str = ""
    finish_reason: str | None = None
    first_token: float | None = None
    seconds: float = 0
    usage: Usage | None = None
    cost_usd: float | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    failure: Failure | None = None


class Choice(StrEnum):
    """What somebody thinks of a pair."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    BAD = "bad"


class Vote(msgspec.Struct, frozen=True):
    """`pair` counts from 0 within the question. `at`: when it was given, in seconds since the epoch."""

    question: str
    pair: int
    voter: str
    choice: Choice
    at: float


class Due(msgspec.Struct, frozen=True):
    """A comparison on which there is work. `changes` counts what has happened to it."""

    comparison: Comparison
    changes: int


Answers = Mapping[tuple[str, str], ModelAnswer]
"""By question and model."""


class ComparisonStore(Protocol):
    async def open(self, comparison: Comparison, questions: Sequence[Question], entry: Entry) -> Comparison:
        """Keep it with its line in the audit log; what is stored already is left as it is, and given back."""

    async def get(self, comparison_id: str) -> Comparison | None: ...

    async def of_thread(self, channel: str, thread_ts: str) -> Comparison | None: ...

    async def arenas(self, channel: str) -> list[Comparison]:
        """Of this channel, the latest first."""

    async def questions(self, comparison_id: str) -> list[Question]:
        """In the order in which they are asked."""

    async def ask(self, comparison_id: str, question: Question) -> bool:
        """One more question; False if it is there already."""

    async def answers(self, comparison_id: str) -> Answers: ...

    async def answered(self, comparison_id: str, question_id: str, model: str, answer: ModelAnswer) -> None:
        """An answer that is there already stays."""

    async def ask_again(self, comparison_id: str, question_id: str) -> bool:
        """Forget which models failed on this question; False where none did."""

    async def posted(self, comparison_id: str, thread_ts: str) -> None:
        """Its first message is in Slack: its thread is the comparison's."""

    async def votes(self, comparison_id: str) -> list[Vote]: ...

    async def vote(self, comparison_id: str, vote: Vote, entry: Entry) -> bool:
        """A person's vote on a pair, in place of an earlier one of theirs; False where it changes nothing: it is the
        same or an older one. Raises Conflict where the names are revealed."""

    async def reveal(self, comparison_id: str, at: float, entry: Entry | None) -> bool:
        """False where the names are revealed already."""

    async def due(self, now: float) -> list[str]:
        """Ids of comparisons on which there is work."""

    async def begin(self, comparison_id: str) -> Due | None: ...

    async def rest(self, due: Due, until: float | None) -> None:
        """There is no more work until then, or until something happens to it."""
