"""How long examples are for one tokenizer: the texts of a batch, their counts, and the lengths made of them."""

from collections.abc import Sequence
from itertools import accumulate, chain

import msgspec

from training_files.catalog import ModelFacts
from training_files.chat import Counted, PlainMessage
from training_files.lengths import Lengths
from training_files.tokens import Tokenizer
from training_files.tool_text import as_types

OPENAI_FRAMING = (4, 1)
"""Tokens that each message and each example add, as OpenAI bills them; see `catalog.ModelFacts`."""


MOST_REMEMBERED = 1_000
LONGEST_REMEMBERED = 4_000
"""Shared texts, and the characters of one, whose tokens are remembered."""


OPENING = ("system", "developer")
"""Roles of a system prompt."""


class Texts(msgspec.Struct, gc=False):
    """What is counted of the examples of one batch. Four lists have an entry for each example: its line in
    `numbers`; in `systems` the system prompt that it opens with ("" where that stands in `texts`, None where there
    is none); how many more texts it has in `texts_each`; its messages in `messages_each`.

    A system prompt is shared by many examples as a rule, so it is counted once a batch; so are declarations of tools,
    whose JSON `tools` has by the example's place in the batch. `extras` are tokens known without counting, by place
    too; `roles` has the roles of each example's messages where a model's framing depends on them, else nothing.
    """

    numbers: list[int] = []
    systems: list[str | None] = []
    texts_each: list[int] = []
    messages_each: list[int] = []
    texts: list[str] = []
    extras: dict[int, int] = {}
    tools: dict[int, list[str]] = {}
    roles: list[list[str]] = []

    def prompts(self) -> list[str]:
        """The different system prompts."""
        return list(dict.fromkeys(prompt for prompt in self.systems if prompt is not None))

    def declarations(self) -> list[str]:
        """The different declarations of tools."""
        return list(dict.fromkeys(chain.from_iterable(self.tools.values())))

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

    def add(self, number: int, counted: Counted, roles: list[str]) -> None:
        """Adds one example, all of whose texts are counted."""
        if counted.extra:
            self.extras[len(self.numbers)] = counted.extra
        if counted.tools:
            self.tools[len(self.numbers)] = counted.tools
        self.numbers.append(number)
        self.systems.append("" if roles and roles[0] in OPENING else None)
        self.texts_each.append(len(counted.texts))
        self.messages_each.append(counted.messages)
        self.texts += counted.texts
        self.roles.append(roles)


class LengthCounter:
    """Measures examples with one tokenizer and the framing of one model (OpenAI's where `facts` is None)."""

    def __init__(self, tokenizer: Tokenizer, facts: ModelFacts | None) -> None:
        self.tokenizer = tokenizer
        self.lengths = Lengths()
        self._known: dict[str, int] = {}
        self.by_role = facts.role_tokens if facts else {}
        self._tools_as_json = facts is not None and facts.encoding == "own"
        self._framing = (facts.message_tokens, facts.frame_tokens) if facts else OPENAI_FRAMING
        self._default_system = facts.default_system_tokens if facts else 0

    def measures_like(self, other: "LengthCounter") -> bool:
        """Whether both give every example the same length."""
        mine, its = (
            (counter.tokenizer.name, counter._tools_as_json, counter._framing, counter._default_system, counter.by_role)
            for counter in (self, other)
        )
        return mine == its

    def texts(self, texts: Texts) -> list[str]:
        """All that is to be counted of a batch, each system prompt and each declaration of tools once."""
        return [*texts.texts, *texts.prompts(), *map(self._as_read, texts.declarations())]

    def count(self, texts: list[str], each: int) -> list[int]:
        """The tokens of all that `texts` gave for a batch. Those after the first `each` are what examples share: they
        are remembered from batch to batch.
        """
        known = self._known
        new = [text for text in texts[each:] if text not in known]
        counts = self.tokenizer.count([*texts[:each], *new])
        fresh = dict(zip(new, counts[each:], strict=True))
        known.update({text: tokens for text, tokens in fresh.items() if len(text) <= LONGEST_REMEMBERED})
        if len(known) > MOST_REMEMBERED:
            self._known = {}  # another thread may still be using the old ones
        return counts[:each] + [fresh[text] if text in fresh else known[text] for text in texts[each:]]

    def measure(self, texts: Texts, counts: list[int]) -> list[int]:
        """The length of each example. `counts` are the tokens of `self.texts(texts)`."""
        rest = iter(counts[len(texts.texts) :])
        systems: dict[str | None, int] = dict(zip(texts.prompts(), rest, strict=False))
        tools = dict(zip(texts.declarations(), rest, strict=True))
        until = list(accumulate(counts[: len(texts.texts)], initial=0))
        ends = list(accumulate(texts.texts_each, initial=0))
        each, frame = self._framing
        systems[None] = self._default_system
        found = [
            until[end] - until[start] + systems[system] + each * messages + frame
            for start, end, system, messages in zip(ends, ends[1:], texts.systems, texts.messages_each, strict=False)
        ]
        for place, extra in texts.extras.items():
            found[place] += extra
        for place, declared in texts.tools.items():
            found[place] += sum(tools[one] for one in declared)
        if self.by_role:
            for place, roles in enumerate(texts.roles):
                found[place] += sum(self.by_role.get(role, 0) for role in roles)
        return found

    def _as_read(self, tools: str) -> str:
        """Declarations of tools, given as JSON, as the model reads them. The chat templates of models that bring their
        own write JSON.
        """
        return tools if self._tools_as_json else as_types(msgspec.json.decode(tools)) or tools
