"""One question to one model, outside of any conversation."""

import hashlib

from bot.access import Caller
from bot.compare.asking import Asking
from bot.compare.comparison import Comparison, Question
from bot.conversations.chat import CUT_OFF
from bot.conversations.chat_models import ChatModels
from bot.errors import BotError, Invalid, NotFound
from bot.jobs.job import Origin
from bot.models.lookup import ModelLookup
from bot.providers.chat import ChatMessage
from bot.workflow_steps.steps import Outputs


class SingleQuestions:
    """`asking` asks a model as in a comparison: this is one of one model, which is kept nowhere."""

    def __init__(self, models: ChatModels, lookup: ModelLookup, asking: Asking) -> None:
        self._models = models
        self._lookup = lookup
        self._asking = asking

    async def ask(self, caller: Caller, origin: Origin, word: str, text: str) -> Outputs:
        """`answer` and `model`. `word` names the model; without one it is the channel's current model.

        Raises Invalid, NotFound, Denied, OverBudget, ProviderError; BotError where the model says nothing.
        """
        if not text:
            raise Invalid("step_without_question")
        model = await (self._lookup.named(caller, word) if word else self._lookup.current(caller))
        if model is None:
            raise NotFound("step_without_model")
        await self._models.require(caller, model)
        alone = Comparison(
            id="step-" + hashlib.sha256(caller.key.encode()).hexdigest()[:12],
            models=(model,),
            team=origin.team,
            channel=origin.channel,
            owner=caller.user,
            created_at=caller.at,
            private=origin.private,
            starters={model: await self._models.starter(caller, model)},
        )
        question = Question("1", (ChatMessage("user", text),), alone.models, caller.user)
        answer = await self._asking.answer(alone, [question], {}, model)
        content = answer.content.strip()
        if not content:  # it calls functions, which nobody here can run
            raise BotError("model_said_nothing")
        return {"answer": f"{content} …" if answer.finish_reason in CUT_OFF else content, "model": model}
