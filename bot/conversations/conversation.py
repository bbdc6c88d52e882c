"""A conversation with a model, bound to one Slack thread."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from bot.access import Resource
from bot.providers.chat import ChatMessage, Parameters


class Conversation(msgspec.Struct, frozen=True):
    """`system` is the system message that the training examples shared; a model answers best under it. So is it with
    `tools`, the protocol's JSON. `title` is the one that a person gave it."""

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

    @property
    def resource(self) -> Resource:
        return Resource(self.owner, self.channel, self.private, "conversation", self.id)


class Turn(msgspec.Struct, frozen=True):
    """`ts` is the Slack message's; the answer to a message carries the same ts, and what goes on with that answer the
    same with a number (`1700000000.000100+1`). `finish_reason`: why an answer ended; the protocol's word, or BROKEN.
    """

    ts: str
    role: str
    content: str
    finish_reason: str | None = None

    @property
    def message_ts(self) -> str:
        return self.ts.partition("+")[0]


# The connection to the model broke.
BROKEN: Final = "broken"


class ConversationStore(Protocol):
    async def open(self, conversation: Conversation) -> None: ...

    async def of_thread(self, channel: str, thread_ts: str) -> Conversation | None: ...

    async def of_person(self, owner: str, channel: str) -> list[Conversation]:
        """Those that this person has opened there, the latest first."""

    async def get(self, conversation_id: str) -> Conversation | None: ...

    async def update(self, conversation_id: str, change: Callable[[Conversation], Conversation]) -> Conversation | None:
        """Change what is stored; the conversation as it is then, None where there is none any more."""

    async def remove(self, conversation_id: str) -> None:
        """Delete a conversation in which nothing was said."""

    async def threads(self) -> set[tuple[str, str]]:
        """(channel, thread_ts) of all conversations."""

    async def turns(self, conversation_id: str) -> list[Turn]: ...

    async def add(self, conversation_id: str, turn: Turn) -> bool:
        """False if this turn (role and ts) is there already."""

    async def answered(self, conversation_id: str, turn: Turn) -> None:
        """Keep a model's whole answer. It counts as not shown until `answer_shown`."""

    async def answer_opened(self, conversation_id: str, asked_ts: str, answer_ts: str) -> None:
        """The message `answer_ts` is being written, as an answer to the message `asked_ts`."""

    async def answer_shown(self, conversation_id: str, asked_ts: str) -> None:
        """All of the answer to `asked_ts` can be read."""

    async def open_answer(self, conversation_id: str, asked_ts: str) -> list[str] | None:
        """The messages of an answer that was not shown to its end, oldest first; None where there is no such answer."""


def prompt(conversation: Conversation, turns: Sequence[Turn], most: int | None = None) -> list[ChatMessage]:
    """The prompt: the system message, then the latest `most` turns, beginning with a person's.

    An answer and its continuation are one turn. Turns that were never answered (the model failed, or was gone) are left
    out, except the last: most chat templates refuse two messages of one role in a row.
    """
    paired: list[Turn] = []
    for turn in _joined(turns):
        if paired and paired[-1].role == turn.role:
            paired.pop()
        paired.append(turn)
    kept = paired if most is None else paired[max(len(paired) - most, 0) :]
    while kept and kept[0].role != "user":
        kept = kept[1:]
    messages = [ChatMessage(turn.role, turn.content) for turn in kept]
    return [ChatMessage("system", conversation.system), *messages] if conversation.system else messages


def _joined(turns: Sequence[Turn]) -> list[Turn]:
    """Each answer as one turn, with all that went on with it."""
    whole: list[Turn] = []
    answers: dict[str, int] = {}
    for turn in turns:
        begun = answers.get(turn.message_ts) if turn.ts != turn.message_ts else None
        if begun is not None:
            whole[begun] = msgspec.structs.replace(whole[begun], content=whole[begun].content + turn.content)
            continue
        if turn.role == "assistant":
            answers[turn.message_ts] = len(whole)
        whole.append(turn)
    return whole
