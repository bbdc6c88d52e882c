"""Answers that were given: found again from the message that shows one, and edited."""

import msgspec

from bot.conversations.conversation import Conversation, ConversationStore, Turn
from bot.conversations.prompt import parts_of, prompt, up_to
from bot.providers.chat import ChatMessage, ToolCall


class GivenAnswer(msgspec.Struct, frozen=True):
    """`conversation` as it was when it was asked. `prompt` is all that it answers, system message and question
    included; `answer` is whole, with what went on with it. `question` is what the person asked; its `user` asked it."""

    conversation: Conversation
    asked_ts: str
    prompt: tuple[ChatMessage, ...]
    question: Turn
    answer: Turn


class Answers:
    def __init__(self, conversations: ConversationStore) -> None:
        self._conversations = conversations

    async def shown_in(self, channel: str, message_ts: str) -> GivenAnswer | None:
        """The answer that this message of the bot shows, or a part of; None if it shows none, or one that is not whole
        yet."""
        found = await self._conversations.answer_of(channel, message_ts)
        return await self.get(*found) if found else None

    async def get(self, conversation_id: str, asked_ts: str) -> GivenAnswer | None:
        """By its ts, or that of a part with which it went on. None where the question was deleted."""
        conversation = await self._conversations.get(conversation_id)
        turns = await self._conversations.turns(conversation_id)
        parts = parts_of(turns, asked_ts)
        if conversation is None or not parts:
            return None
        first = parts[0]
        question = next((turn for turn in turns if turn.role == "user" and turn.ts == first.message_ts), None)
        if question is None or question.deleted_at:
            return None
        answer = msgspec.structs.replace(
            parts[-1],
            ts=first.ts,
            content="".join(part.content for part in parts),
            original=first.original,
            first_token=first.first_token,
            edited_at=first.edited_at,
            edited_by=first.edited_by,
        )
        conversation = conversation.as_asked(first)
        context = prompt(conversation, up_to(turns, first.ts))
        return GivenAnswer(conversation, first.ts, tuple(context), question, answer)

    async def edit(
        self, answer: GivenAnswer, text: str, by: str, at: float, calls: tuple[ToolCall, ...] = ()
    ) -> Turn | None:
        """The conversation goes on from `text`, and from `calls` in place of those of the answer, unless it was edited
        later than `at` (seconds since the epoch). What the model said first is kept as `original`. The answer's first
        part as it was before; None where it is gone."""
        before: Turn | None = None

        def change(turn: Turn) -> Turn:
            nonlocal before
            first = turn.ts == answer.asked_ts
            if first:
                before = turn
            if before is None or is_edited_after(before, at):
                return turn
            if calls and turn.tool_calls:
                original_calls = turn.original_calls or turn.tool_calls
                turn = msgspec.structs.replace(turn, tool_calls=calls, original_calls=original_calls)
            if not first:
                return msgspec.structs.replace(turn, content="")
            original = answer.answer.content if turn.original is None else turn.original
            return msgspec.structs.replace(turn, content=text, original=original, edited_at=at, edited_by=by)

        turns = await self._conversations.turns(answer.conversation.id)
        for part in parts_of(turns, answer.asked_ts):
            await self._conversations.change_turn(answer.conversation.id, part.ts, "assistant", change)
        return before

    async def messages_of(self, answer: GivenAnswer) -> list[tuple[str, str]]:
        """(channel, ts) of the messages that show it, oldest first."""
        turns = await self._conversations.turns(answer.conversation.id)
        return [
            message
            for part in parts_of(turns, answer.asked_ts)
            for message in await self._conversations.messages_of(answer.conversation.id, part.ts)
        ]


def is_edited_after(turn: Turn, at: float) -> bool:
    return turn.edited_at is not None and turn.edited_at > at
