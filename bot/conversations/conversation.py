"""A conversation with a model, bound to one Slack thread."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from bot.access import Resource
from bot.audit import Entry
from bot.conversations.completion import CompletionFormat
from bot.providers.chat import Parameters, ToolCall, Usage


class ReadBefore(msgspec.Struct, frozen=True):
    """What a model that was called into a running thread knows of it: the latest `messages`, without so many older ones
    that were too much (`left_out`). `why`: Slack's error, where they could not be read, or not to their end."""

    messages: int
    left_out: int = 0
    why: str | None = None


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What answers are asked with, beside what is said; the fields are the conversation's."""

    model: str
    system: str | None = None
    tools: tuple[dict[str, Any], ...] = ()
    completion: CompletionFormat | None = None


class Conversation(msgspec.Struct, frozen=True):
    """`system` is the system message that the training examples shared; a model answers best under it. So is it with
    `tools`, the protocol's JSON. `title` is the one that a person gave it.
    `trimmed`: people were told that the model no longer reads its beginning. `completion`: the model goes on with a
    text, in the format of its training data. `labels`: the few answers among which it was trained to choose.

    `chosen`: which of `system` and `tools` people set; what is not among them comes from the training file. `question`:
    one of the training file's, to begin with. `message_ts`: the bot's message that shows all this, the thread's first
    one where None. `read_before`: of a thread that was running when the model was called into it. `earlier`: what
    answers were asked with before each change of that. `provider`: the one that a person named; None where the model
    tells. `forgotten`: some of what was said was deleted for its age, and nobody was told yet."""

    id: str
    model: str
    team: str
    channel: str
    thread_ts: str
    owner: str
    created_at: float
    private: bool = False
    system: str | None = None
    parameters: Parameters = Parameters()
    tools: tuple[dict[str, Any], ...] = ()
    title: str | None = None
    trimmed: bool = False
    completion: CompletionFormat | None = None
    labels: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    question: str | None = None
    message_ts: str | None = None
    read_before: ReadBefore | None = None
    earlier: tuple[Asked, ...] = ()
    provider: str | None = None
    forgotten: bool = False

    @property
    def resource(self) -> Resource:
        return Resource(self.owner, self.channel, self.private, "conversation", self.id)

    @property
    def asked(self) -> Asked:
        return Asked(self.model, self.system, self.tools, self.completion)

    def as_asked(self, answer: "Turn") -> "Conversation":
        """As it was when this answer was asked."""
        if answer.changes >= len(self.earlier):
            return self
        return msgspec.structs.replace(self, **msgspec.structs.asdict(self.earlier[answer.changes]))


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file in a message: a text (`text`), or an image as a data URL (`image`)."""

    name: str
    text: str | None = None
    image: str | None = None


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that was said. Roles are the protocol's, and BACKGROUND.

    `ts` is the Slack message's. The answer to a message carries the same ts, what goes on with that answer the same
    with a number (`1700000000.000100+1`), and another answer to the same question with a number of its own
    (`1700000000.000100~1`). What a function gave (role `tool`) carries the ts of the answer that called it.

    `user`: the person who said it, or asked for it; `name`: how people call them, where the model is told.
    `finish_reason`: why an answer ended; the protocol's word, BROKEN or STOPPED. `first_token`: seconds from the
    request to its first visible text.
    `tool_calls` are the assistant's, `tool_call_id` says which of them a turn of role `tool` answers. `usage` and
    `cost_usd` are those of one answer. `probabilities`: of each label, where the model chose one. `original`: what an
    answer was before a person edited it (`edited_by`), with `original_calls`. `changes`: how many of
    `Conversation.earlier` there were when an answer was asked. A turn that was deleted (`deleted_at`) is no part of the
    prompt.
    Times in seconds since the epoch.
    """

    ts: str
    role: str
    content: str
    finish_reason: str | None = None
    user: str | None = None
    name: str | None = None
    model: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    attachments: tuple[Attachment, ...] = ()
    usage: Usage | None = None
    cost_usd: float | None = None
    first_token: float | None = None
    probabilities: tuple[tuple[str, float], ...] = ()
    edited_at: float | None = None
    edited_by: str | None = None
    original: str | None = None
    original_calls: tuple[ToolCall, ...] = ()
    deleted_at: float | None = None
    changes: int = 0

    @property
    def message_ts(self) -> str:
        """That of the question."""
        return re.split(r"[+~]", self.ts, maxsplit=1)[0]


BACKGROUND: Final = "background"
"""The role of what had been said in the thread before the model was called into it: it is given with the first
question."""

BROKEN: Final = "broken"
"""The connection to the model broke."""
STOPPED: Final = "stopped"
"""A person stopped the answer."""


class ConversationStore(Protocol):
    async def open(self, conversation: Conversation, turns: Sequence[Turn] = ()) -> None:
        """Keep a conversation, with what was said before; nothing where its thread has one already."""

    async def of_thread(self, channel: str, thread_ts: str) -> Conversation | None: ...

    async def of_person(self, owner: str, channel: str) -> list[Conversation]:
        """Those that this person has opened there, the latest first."""

    async def get(self, conversation_id: str) -> Conversation | None: ...

    async def update(
        self, conversation_id: str, change: Callable[[Conversation], Conversation], entry: Entry | None = None
    ) -> Conversation | None:
        """Change what is stored, together with its line in the audit log: where that stands there, the change was made
        already. The conversation as it is then, None where there is none any more."""

    async def remove(self, conversation_id: str) -> None:
        """Delete a conversation in which nothing was said."""

    async def turns(self, conversation_id: str) -> list[Turn]: ...

    async def add(self, conversation_id: str, turn: Turn) -> bool:
        """False if this turn (ts, role and call) is there already."""

    async def change_turn(
        self, conversation_id: str, ts: str, role: str, change: Callable[[Turn], Turn]
    ) -> Turn | None:
        """Change a turn; the turn as it is then, None where there is none."""

    async def answered(self, conversation_id: str, turn: Turn) -> None:
        """Keep a model's whole answer. It counts as not shown until `answer_shown`."""

    async def answer_opened(self, conversation_id: str, asked_ts: str, channel: str, message_ts: str) -> None:
        """The answer `asked_ts` is being written into this message."""

    async def answer_shown(self, conversation_id: str, asked_ts: str) -> None:
        """All of the answer `asked_ts` can be read."""

    async def open_answer(self, conversation_id: str, asked_ts: str) -> list[str] | None:
        """The messages of an answer that was not shown to its end, oldest first; None where there is no such answer."""

    async def answer_of(self, channel: str, message_ts: str) -> tuple[str, str] | None:
        """(conversation_id, asked_ts) of the answer that this message shows, or a part of."""

    async def messages_of(self, conversation_id: str, asked_ts: str) -> list[tuple[str, str]]:
        """(channel, ts) of the messages that show an answer, oldest first."""
