"""A conversation with a model, bound to one Slack thread."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from bot.providers.interface import ChatMessage


class Conversation(msgspec.Struct, frozen=True):
    """`system` is the system message that the training examples shared; a model answers best under it."""

    id: str
    model: str
    team: str
    channel: str
    thread_ts: str
    owner: str
    created_at: float
    private: bool = False
    system: str | None = None


class Turn(msgspec.Struct, frozen=True):
    """`ts` is the Slack message's; the answer to a message carries the same ts."""

    ts: str
    role: str
    content: str


class ConversationStore(Protocol):
    async def open(self, conversation: Conversation) -> None: ...

    async def of_thread(self, channel: str, thread_ts: str) -> Conversation | None: ...

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
    """What the model is given: the system message, then the latest `most` turns, beginning with a person's.

    Turns that were never answered (the model failed, or was gone) are left out, the last one aside: most chat
    templates refuse two messages of one role in a row.
    """
    paired: list[Turn] = []
    for turn in turns:
        if paired and paired[-1].role == turn.role:
            paired.pop()
        paired.append(turn)
    kept = paired if most is None else paired[max(len(paired) - most, 0) :]
    while kept and kept[0].role != "user":
        kept = kept[1:]
    messages = [ChatMessage(turn.role, turn.content) for turn in kept]
    return [ChatMessage("system", conversation.system), *messages] if conversation.system else messages
