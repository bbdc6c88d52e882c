"""The title that people give a conversation."""

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.conversations.conversation import ConversationStore


class ConversationTitles:
    def __init__(self, conversations: ConversationStore, authority: Authority) -> None:
        self._conversations = conversations
        self._authority = authority

    async def change(self, caller: Caller, channel: str, thread_ts: str, title: str) -> None:
        """Keep it; nothing happens where the thread is no conversation. Raises Denied, NotFound."""
        conversation = await self._conversations.of_thread(channel, thread_ts)
        if conversation is None:
            return
        await self._authority.require(caller, Action.CHAT, conversation.resource, caller.posts_in)
        await self._conversations.update(conversation.id, lambda now: msgspec.structs.replace(now, title=title))
