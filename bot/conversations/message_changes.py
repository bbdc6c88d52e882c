"""What people edit or delete in Slack changes the conversation: the model is given their words as they are now.

An answer that was given stays as it is, and nothing is asked anew.
"""

from collections.abc import Callable

import msgspec

from bot.conversations.conversation import BACKGROUND, Conversation, ConversationStore, Turn


class MessageChanges:
    def __init__(self, conversations: ConversationStore) -> None:
        self._conversations = conversations

    async def edited(self, conversation: Conversation, ts: str, user: str, text: str, at: float) -> None:
        """A person's message now reads `text`, since `at`. Events may come out of order, also before the message
        itself: the latest edit stands."""
        await self._change(
            conversation,
            Turn(ts, "user", text, user=user, edited_at=at),
            lambda turn: (
                turn
                if turn.deleted_at or (turn.edited_at or 0) > at
                else msgspec.structs.replace(turn, content=text, edited_at=at)
            ),
        )

    async def deleted(self, conversation: Conversation, ts: str, user: str, at: float) -> None:
        """A person's message is gone: nothing of it is kept, and neither it nor its answer is given to the model."""
        await self._change(
            conversation,
            Turn(ts, "user", "", user=user, deleted_at=at),
            lambda turn: msgspec.structs.replace(turn, content="", attachments=(), deleted_at=turn.deleted_at or at),
        )

    async def _change(self, conversation: Conversation, new: Turn, change: Callable[[Turn], Turn]) -> None:
        if await self._conversations.change_turn(conversation.id, new.ts, BACKGROUND, change):
            return
        if not await self._conversations.add(conversation.id, new):
            await self._conversations.change_turn(conversation.id, new.ts, "user", change)
