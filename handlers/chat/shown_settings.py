"""A conversation's settings as its thread shows them: the message that says what holds, and who changed it."""

from dataclasses import dataclass, field

from bot.conversations.conversation import Conversation
from bot.conversations.settings import ConversationSettings, SettingsChange
from bot.keyed_locks import KeyedLocks
from handlers.blocks.message import Message
from handlers.callers import Callers
from handlers.chat import blocks
from handlers.chat.threads import ChatThreads
from handlers.languages import Languages
from handlers.request import Request
from handlers.web import replies
from handlers.web.poster import Poster
from texts.language import speaking


@dataclass(frozen=True)
class ShownSettings:
    callers: Callers
    settings: ConversationSettings
    threads: ChatThreads
    languages: Languages
    poster: Poster
    # The message is edited to what holds by then, and by one at a time, or an older state could come last.
    _editing: KeyedLocks = field(default_factory=KeyedLocks)

    async def change(self, request: Request, conversation: Conversation, change: SettingsChange) -> None:
        """Raises as `ConversationSettings.change`. Done again after a crash it is told and changed once."""
        if await self.settings.change(await self.callers.of(request), conversation.id, change):
            with speaking(await self.languages.place(conversation.channel, request.user)):
                told = blocks.settings_changed(request.user, change)
            await self._show(request, conversation, told)

    async def change_model(self, request: Request, conversation: Conversation, model: str) -> None:
        """Raises as `ConversationSettings.change_model`."""
        if await self.settings.change_model(await self.callers.of(request), conversation.id, model):
            with speaking(await self.languages.place(conversation.channel, request.user)):
                told = blocks.model_changed(request.user, model)
            await self._show(request, conversation, told)

    async def _show(self, request: Request, conversation: Conversation, told: Message) -> None:
        async with self._editing.of(conversation.id):
            now = await self.settings.now(conversation.id)
            if now is not None:
                await self.threads.show(now)
        await replies.in_thread(
            self.poster,
            conversation.channel,
            conversation.thread_ts,
            request.user,
            told,
            idempotency_key=f"{request.key}/changed",
            may_exist=request.is_retry,
            since=request.received_at,
        )
