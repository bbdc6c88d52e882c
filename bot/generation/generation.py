"""A generation: a run in which a teacher model writes training examples, first questions and then their answers.

Each example is stored as it comes about, the dropped ones with the reason, so that a run goes on where it was cut off
and says at the end what was left out.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol

import msgspec

from bot.audit import Entry
from bot.evaluations.run import Run, RunStore

MOST: Final = 2_000
"""Examples of one generation: each new question is compared with all before it."""
MOST_TOPICS: Final = 200
MOST_ROLES: Final = 12
MOST_IMITATED: Final = 8


class Pair(msgspec.Struct, frozen=True):
    """A question with its answer, written by hand."""

    question: str
    answer: str


class Topic(msgspec.Struct, frozen=True, omit_defaults=True):
    """What questions are about. `passage`: the text of a document that they are drawn from (untrusted); "" where the
    teacher goes by what it knows. `people`: whose words it holds, where it is a thread of a channel. `forgotten`: they
    took them back, and nothing more is asked about it."""

    name: str
    passage: str = ""
    people: tuple[str, ...] = ()
    forgotten: bool = False


class Instructions(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be written. `roles`: who asks; `style`: how answers read; `imitate`: examples by hand. `unanswerable`:
    the share of questions that cannot be answered, from 0 to 1, whose answers say so. `system`: the system message of
    each example."""

    teacher: str
    n: int
    roles: tuple[str, ...] = ()
    style: str = ""
    imitate: tuple[Pair, ...] = ()
    unanswerable: float = 0.0
    system: str = ""

    def wanted(self, *, answerable: bool) -> int:
        unanswerable = round(self.n * self.unanswerable)
        return self.n - unanswerable if answerable else unanswerable


class Generation(Run, frozen=True, kw_only=True):
    """`models`: the teacher. `topics`: how many there are; they are kept beside it, with their passages. `source`: the
    SHA-256 of the document that these come from, `source_name` its name; "" for topics that somebody typed.
    `exhausted`: new questions were all like those before, or most answers of no use: no more are asked for."""

    kind: ClassVar[str] = "generation"

    instructions: Instructions
    topics: int
    source: str = ""
    source_name: str = ""
    exhausted: bool = False

    @property
    def teacher(self) -> str:
        return self.instructions.teacher


class State(StrEnum):
    """Of one example: its answer is to be asked for; it is there; it was dropped; the teacher gave no answer."""

    ASKED = "asked"
    KEPT = "kept"
    DROPPED = "dropped"
    FAILED = "failed"


class Why(StrEnum):
    """Why one was dropped: another question or answer is nearly the same; the answer was cut off, is empty, or refuses;
    the example is none that can be trained on; a person dropped it; somebody took back the words that it was drawn
    from."""

    NEAR_DUPLICATE = "near_duplicate"
    CUT_OFF = "cut_off"
    EMPTY = "empty"
    REFUSED = "refused"
    INVALID = "invalid"
    BY_PERSON = "by_person"
    WITHDRAWN = "withdrawn"


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """One example of a generation. `number` counts all of them, from 0; `topic` is the number of its topic, `round`
    that of the round in which the question came. `filler`: what was taken off the beginning of the answer ("Sure! ").
    `masked`: how often something of each kind was. `take`: how often its answer was asked for again. `reviewer`: who
    looked at it last; `editors`: whose words it holds, too."""

    number: int
    topic: int
    round: int
    question: str
    answerable: bool = True
    state: State = State.ASKED
    why: Why | None = None
    answer: str = ""
    filler: str = ""
    masked: dict[str, int] = {}
    take: int = 0
    reviewer: str | None = None
    editors: tuple[str, ...] = ()

    @property
    def is_like_another_question(self) -> bool:
        """Dropped before it was asked; else it is its answer that is like another."""
        return self.why is Why.NEAR_DUPLICATE and not self.answer

    @property
    def version(self) -> str:
        """Another one where its words are changed, or its answer was asked for again."""
        return hashlib.sha256(f"{self.take}\n{self.question}\n{self.answer}".encode()).hexdigest()[:8]


class Counts(msgspec.Struct, frozen=True):
    """Of all drafts: by state, and of the dropped ones by reason. `fillers`: answers that began with one."""

    states: dict[str, int] = {}
    dropped: dict[str, int] = {}
    fillers: int = 0
    unanswerable: int = 0

    @property
    def kept(self) -> int:
        return self.states.get(State.KEPT, 0)


def counts_of(drafts: Sequence[Draft]) -> Counts:
    kept = [one for one in drafts if one.state is State.KEPT]
    return Counts(
        dict(Counter(one.state.value for one in drafts)),
        dict(Counter(one.why.value for one in drafts if one.state is State.DROPPED and one.why is not None)),
        sum(bool(one.filler) for one in kept),
        sum(not one.answerable for one in kept),
    )


class GenerationRequest(msgspec.Struct, frozen=True):
    instructions: Instructions
    topics: tuple[Topic, ...]
    source: str = ""
    source_name: str = ""


class GenerationPlan(msgspec.Struct, frozen=True):
    """What is said before money is spent. `calls`: about so many questions to the teacher. `usd` and `seconds` are None
    where nobody knows; `unpriced`: the price of the teacher is not known."""

    generation: Generation
    calls: int
    usd: float | None
    seconds: float | None
    unpriced: bool = False


class GenerationStore(RunStore[Generation], Protocol):
    async def open(self, generation: Generation, topics: Sequence[Topic], entry: Entry) -> Generation:
        """Keep it with its line in the audit log; what is stored already is left as it is, and given back."""

    async def topics(self, generation_id: str, /) -> list[Topic]: ...

    async def drafts(self, generation_id: str, /) -> list[Draft]:
        """By number."""

    async def draft(self, generation_id: str, number: int, /) -> Draft | None: ...

    async def add(self, generation_id: str, drafts: Sequence[Draft], /) -> None:
        """Those of one round, all or none; one that is there stays."""

    async def replace(self, generation_id: str, was: Draft, now: Draft, /, *, audit: Sequence[Entry] = ()) -> bool:
        """False, and nothing done, where it is another than `was` by now."""

    async def again(self, generation_id: str, was: Draft, now: Draft, /, *, audit: Sequence[Entry] = ()) -> bool:
        """As `replace`; and the run goes on, if it has finished: one transaction."""

    async def erase_replies(self, generation_id: str, /) -> None:
        """Whatever the teacher has said about its document."""


def as_example(draft: Draft, system: str) -> dict[str, Any]:
    """As a training file has it."""
    said = [
        {"role": "user", "content": draft.question},
        {"role": "assistant", "content": draft.answer},
    ]
    return {"messages": [{"role": "system", "content": system}, *said] if system.strip() else said}
