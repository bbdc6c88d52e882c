"""`/finetune models`: what can be trained, and what can be talked to."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.administration.channel_models import ChannelModels
from bot.collections.learned import LearnedModels
from bot.models.lookup import ModelLookup
from bot.models.trainable import TrainableModels
from handlers.blocks.choice import which
from handlers.callers import Callers
from handlers.languages import Languages
from handlers.models import blocks
from handlers.request import Request
from handlers.web.poster import Poster
from texts import help
from texts.language import speaking


@dataclass(frozen=True)
class ModelListeners:
    callers: Callers
    trainable: TrainableModels
    lookup: ModelLookup
    channel_models: ChannelModels
    learned: LearnedModels
    several_providers: bool
    languages: Languages
    poster: Poster

    async def command(self, request: Request) -> None:
        """`allow MODEL | all` restricts the channel; without words, the models that there are."""
        caller = await self.callers.of(request)
        match request.text.split(maxsplit=1):
            case ["allow", "all"]:
                await self.channel_models.allow_all(caller)
                await self._tell_channel(request, [])
                return
            case ["allow", word]:
                model = await self.lookup.existing(caller, word.strip("`"))
                await self._tell_channel(request, await self.channel_models.allow(caller, model))
                return
            case ["allow"]:
                known = await self.lookup.names(caller, await self.lookup.search(caller, caller.posts_in, ""))
                models = [("all", help.all_models()), *known.items()]
                await request.answer(which(help.which_to_allow(), "models allow", models, help.no_models()))
                return
        fine_tuned = await self.lookup.visible(caller, caller.answers_in)
        shown = [model.id for model in fine_tuned[: blocks.TUNED_SHOWN]]
        sets = await self.learned.collections_of(caller, shown)
        await request.answer(
            blocks.model_list(
                await self.trainable.base(request.channel), fine_tuned, sets, several=self.several_providers
            )
        )

    async def _tell_channel(self, request: Request, allowed: Sequence[str]) -> None:
        with speaking(await self.languages.place(request.channel, request.user)):
            told = blocks.models_allowed(request.user, allowed)
        await self.poster.post_once(
            request.channel, told, idempotency_key=request.key, may_exist=request.is_retry, since=request.received_at
        )
