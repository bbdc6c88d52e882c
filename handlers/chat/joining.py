"""A model that is called into a running thread."""

import contextlib
from dataclasses import dataclass

from bot.administration.channel_models import ChannelModels
from bot.conversations.conversation import Conversation
from bot.conversations.opening import ConversationOpening, OpenConversation
from bot.conversations.settings import AS_IT_IS, SettingsChange
from bot.errors import NotFound
from bot.models.lookup import ModelLookup
from handlers.callers import Callers
from handlers.request import Request


@dataclass(frozen=True)
class Joining:
    callers: Callers
    opening: ConversationOpening
    models: ModelLookup
    channel_models: ChannelModels

    def is_possible(self, request: Request) -> bool:
        """Whether the bot was mentioned in a thread."""
        event = request.body.get("event") or {}
        return event.get("type") == "app_mention" and bool(event.get("thread_ts"))

    async def join(
        self, request: Request, model: str, settings: SettingsChange = AS_IT_IS, provider: str | None = None
    ) -> OpenConversation:
        event = request.body["event"]
        caller = await self.callers.of(request)
        origin = await self.callers.origin(request, str(event["thread_ts"]))
        return await self.opening.join(
            caller, origin, model, str(event["thread_ts"]), str(event["ts"]), settings, provider
        )

    async def join_below(self, request: Request, model: str, ts: str) -> OpenConversation:
        """Call a model into the thread of the message `ts`, of which there is nothing more yet."""
        origin = await self.callers.origin(request, ts)
        return await self.opening.join(await self.callers.of(request), origin, model, ts, ts)

    async def join_at(self, request: Request, model: str, thread_ts: str, ts: str) -> OpenConversation:
        """Call a model into a running thread, of which it reads what was said before `ts`."""
        origin = await self.callers.origin(request, thread_ts)
        return await self.opening.join(await self.callers.of(request), origin, model, thread_ts, ts)

    async def join_last(self, request: Request) -> Conversation | None:
        """In the person's direct messages: the model that they talked to there last, or the only one that there is, is
        called into the thread of what they say. None where there is no such model."""
        caller = await self.callers.of(request)
        model = await self.opening.last_model(caller) or await self.only_model(request)
        if model is None:
            return None
        ts = str(request.body["event"]["ts"])
        with contextlib.suppress(NotFound):  # it is gone
            return (await self.join_below(request, model, ts)).conversation
        return None

    async def join_job(self, request: Request) -> Conversation | None:
        """In the thread of a job's card: the model that it made is called in. None elsewhere, and where there is none
        that may be talked to here."""
        caller = await self.callers.of(request)
        made = await self.opening.model_of_card(caller, str(request.body["event"]["thread_ts"]))
        models = await self.channel_models.among(caller.channel, [made] if made else [])
        return (await self.join(request, models[0])).conversation if models else None

    async def only_model(self, request: Request) -> str | None:
        """The model that must be meant, because there is no other in this place, or the channel is restricted to it."""
        caller = await self.callers.of(request)
        models = await self.channel_models.allowed(request.channel)
        if not models:
            models = [model.id for model in await self.models.visible(caller, caller.posts_in, fresh=False)]
        return models[0] if len(models) == 1 else None
