"""What can be trained and talked to: base models, and the fine-tuned ones that a person may know of."""

from bot.jobs.estimate import is_free
from handlers.services import Services
from handlers.start.start_form import ModelOption
from handlers.turn import Turn
from training_files import Report, lookup

# A menu is no place to look for an old model: `/finetune start model=ft:…` takes any.
_LATEST_TUNED = 25


async def model_options(services: Services, report: Report | None = None) -> list[ModelOption]:
    """The base models on offer that can be trained on such a file, the default first. Raises ProviderError."""
    offered = [_option(services, model, report) for model in await services.catalogue.base_models()]
    return [option for option in offered if option is not None]


async def tuned_options(turn: Turn, report: Report | None = None) -> list[ModelOption]:
    """The latest fine-tuned models that can be trained further on such a file, and that a job's card here may name."""
    # A window is shown anew with each character that is typed into some of its fields.
    caller = await turn.caller()
    models = (await turn.services.model_lookup.visible(caller, turn.posts_in, fresh=False))[:_LATEST_TUNED]
    offered = [_option(turn.services, model.id, report, tuned=True) for model in models]
    return [option for option in offered if option is not None]


def _option(services: Services, model: str, report: Report | None, *, tuned: bool = False) -> ModelOption | None:
    fits = services.catalogue.can_train(model, report.method if report else None, report)
    if fits is False:
        return None
    facts = lookup(model)
    provider = services.providers.default.name
    price = 0.0 if is_free(model, provider) else facts.training_price if facts else None
    return ModelOption(model, provider, model, price, sure=fits is not None, tuned=tuned)
