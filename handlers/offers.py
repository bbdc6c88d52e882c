"""What can be trained: base models, and the fine-tuned ones from which a person may go on."""

from bot.access import Act
from bot.datasets import lookup
from bot.errors import BotError
from bot.jobs.job import SUPERVISED
from bot.models.model import FineTunedModel
from handlers.blocks.start_form import ModelOption
from handlers.services import Services
from handlers.turn import Turn, thing_of_job

# A menu is no place to look for an old model: `/finetune start model=ft:…` takes any.
_LATEST_TUNED = 25


async def model_options(services: Services, method: str | None = None) -> list[ModelOption]:
    """The base models on offer that can be trained so, the default first. Raises ProviderError."""
    offered = [_option(services, model, method) for model in await services.catalogue.base_models()]
    return [option for option in offered if option is not None]


async def tuned_options(turn: Turn, method: str | None = None) -> list[ModelOption]:
    """The latest fine-tuned models that can be trained further so, and that this person may know of."""
    # A window is shown anew with each character that is typed into some of its fields.
    models = (await visible_models(turn, fresh=False))[:_LATEST_TUNED]
    offered = [_option(turn.services, model.id, method, tuned=True) for model in models]
    return [option for option in offered if option is not None]


async def visible_models(turn: Turn, *, fresh: bool = True) -> list[FineTunedModel]:
    """Fine-tuned models that this person may know of, newest first; unless `fresh`, as of the last half minute.
    Raises ProviderError.
    """
    ours = await turn.services.jobs.models()
    visible = []
    for model in await turn.services.catalogue.fine_tuned(fresh=fresh):
        job = ours.get(model.id)
        try:
            await turn.actor(Act.SEE, thing_of_job(job, turn.channel) if job else None)
        except BotError:
            continue
        visible.append(model)
    return visible


def trains(model: str, method: str | None) -> bool | None:
    """Whether a model can be trained with a method of the protocol; None where nobody has told us."""
    facts = lookup(model)
    if method is None or (facts is None and method == SUPERVISED):
        return True
    return None if facts is None else method in facts.methods


def _option(services: Services, model: str, method: str | None, *, tuned: bool = False) -> ModelOption | None:
    fits = trains(model, method)
    if fits is False:
        return None
    facts = lookup(model)
    price = facts.training_price if facts else None
    return ModelOption(model, services.provider.name, model, price, sure=fits is not None, tuned=tuned)
