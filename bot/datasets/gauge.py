"""How long examples are for one tokenizer: the texts of a batch, their counts, and the lengths made of them."""

from collections.abc import Sequence
from itertools import accumulate

import msgspec

from bot.datasets.catalog import ModelFacts
from bot.datasets.chat import PlainMessage
from bot.datasets.lengths import Lengths
from bot.datasets.tokens import Tokenizer

OPENAI_FRAMING = (4, 1)
"""Tokens that each message and each example add, as OpenAI bills them; see `catalog.ModelFacts`."""


OPENING = ("system", "developer")
"""Roles of a system prompt."""


class Texts(msgspec.Struct, gc=False):
    """What is counted of the examples of one batch. Four lists have an entry for each example: its line in
    `numbers`; in `systems` the system prompt that it opens with ("" where that stands in `texts`, None where there
    is none); how many more texts it has in `texts_each`; its messages in `messages_each`.

    A system prompt is shared by many examples as a rule, so it is counted once a batch. `extras` are tokens known
    without counting, by the example's place in the batch; `roles` has the roles of each example's messages where a
    model's framing depends on them, else nothing.
    """

    numbers: list[int] = []
    systems: list[str | None] = []
    texts_each: list[int] = []
    messages_each: list[int] = []
    texts: list[str] = []
    extras: dict[int, int] = {}
    roles: list[list[str]] = []

    def add_plain(self, examples: Sequence[Sequence[PlainMessage]], *, with_roles: bool) -> None:
        """Adds examples of which only content is counted; their `numbers` are the caller's business."""
        self.systems += [messages[0].content if messages[0].role in OPENING else None for messages in examples]
        rest = [
            messages if system is None else messages[1:]
            for messages, system in zip(examples, self.systems, strict=True)
        ]
        self.texts += [message.content for messages in rest for message in messages]
        self.texts_each += map(len, rest)
        self.messages_each += map(len, examples)
        if with_roles:
            self.roles += [[message.role for message in messages] for messages in examples]

    def add(self, number: int, texts: list[str], messages: int, *, extra: int, roles: list[str]) -> None:
        """Adds one example, all of whose texts are counted."""
        if extra:
            self.extras[len(self.numbers)] = extra
        self.numbers.append(number)
        self.systems.append("" if roles and roles[0] in OPENING else None)
        self.texts_each.append(len(texts))
        self.messages_each.append(messages)
        self.texts += texts
        self.roles.append(roles)


class Gauge:
    """Measures examples with one tokenizer and the framing of one model (OpenAI's where `facts` is None)."""

    def __init__(self, tokenizer: Tokenizer, facts: ModelFacts | None) -> None:
        self.tokenizer = tokenizer
        self.lengths = Lengths()
        self.by_role = facts.role_tokens if facts else {}
        self._framing = (facts.message_tokens, facts.frame_tokens) if facts else OPENAI_FRAMING
        self._default_system = facts.default_system_tokens if facts else 0

    def measures_like(self, other: "Gauge") -> bool:
        """Whether both give every example the same length."""
        mine, its = (
            (gauge.tokenizer.name, gauge._framing, gauge._default_system, gauge.by_role) for gauge in (self, other)
        )
        return mine == its

    def measure(self, texts: Texts, counts: list[int], systems: dict[str | None, int]) -> list[int]:
        """The length of each example. `counts` are the tokens of `texts.texts`, `systems` those of its prompts."""
        until = list(accumulate(counts, initial=0))
        ends = list(accumulate(texts.texts_each, initial=0))
        each, frame = self._framing
        systems[None] = self._default_system
        found = [
            until[end] - until[start] + systems[system] + each * messages + frame
            for start, end, system, messages in zip(ends, ends[1:], texts.systems, texts.messages_each, strict=False)
        ]
        for place, extra in texts.extras.items():
            found[place] += extra
        if self.by_role:
            for place, roles in enumerate(texts.roles):
                found[place] += sum(self.by_role.get(role, 0) for role in roles)
        self.lengths.add(found)
        return found
