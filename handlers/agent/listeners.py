"""The bot as Slack's agent: what people do with its sessions, and the prompts that it offers them."""

import contextlib
from dataclasses import dataclass

from bot.access import Action
from bot.authority import Authority
from bot.conversations.chat import Chat
from bot.conversations.titles import ConversationTitles
from bot.errors import Denied, NotFound
from bot.models.lookup import ModelLookup
from bot.notices.interfaces import PostError
from bot.providers.interface import ProviderError
from handlers.agent import blocks
from handlers.agent.sessions import LONGEST_TITLE
from handlers.blocks.parts import line
from handlers.blocks.text import clean, clip
from handlers.callers import Callers
from handlers.languages import Languages
from handlers.request import Request
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts import agent as texts
from texts.language import speaking


@dataclass(frozen=True)
class AgentListeners:
    callers: Callers
    chat: Chat
    titles: ConversationTitles
    models: ModelLookup
    authority: Authority
    languages: Languages
    poster: Poster

    async def stop(self, request: Request) -> None:
        """*Stop* below an answer that grows."""
        if not await self._stop(request):
            await request.answer(line(texts.nothing_to_stop()))

    async def session_stopped(self, request: Request) -> None:
        """Slack's own stop button."""
        with contextlib.suppress(Denied, NotFound):  # said in the thread, it would tell others what they may not know
            await self._stop(request)

    async def _stop(self, request: Request) -> bool:
        conversation = await self.chat.in_thread(request.channel, request.thread_ts)
        return conversation is not None and await self.chat.stop(await self.callers.of(request), conversation)

    async def title_changed(self, request: Request) -> None:
        """A person gave a session another title."""
        event = request.body["event"]
        title = clip(clean(str(event.get("title") or "")).strip(), LONGEST_TITLE)
        if not title or not request.thread_ts:
            return
        with contextlib.suppress(Denied, NotFound):  # Slack has let them; here they have nothing to be refused
            await self.titles.change(await self.callers.of(request), request.channel, request.thread_ts, title)

    async def pin_prompts(self, request: Request) -> None:
        """Offer the person their models on top of their Messages tab. A courtesy."""
        caller = await self.callers.of(request)
        if not self.authority.allows(caller, Action.USE):
            return
        try:
            models = await self.models.visible(caller, caller.posts_in, fresh=False)
        except ProviderError:
            models = []
        own_first = sorted(models, key=lambda model: model.owner != request.user)
        with speaking(await self.languages.person(request.user)):
            prompts = blocks.prompts(own_first)
        arguments = {"channel_id": request.channel, "prompts": prompts}
        with contextlib.suppress(PostError):
            await self.poster.call("assistant.threads.setSuggestedPrompts", arguments, priority=Priority.PROGRESS)
