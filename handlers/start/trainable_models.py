"""What can be trained and talked to: base models, and the fine-tuned ones that a person may know of."""

from bot.access import Act, Place
from bot.jobs.estimate import is_free
from bot.models.model import FineTunedModel
from bot.models.names import short_name
from bot.naming import the_one_named
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
    models = (await visible_models(turn, turn.posts_in, fresh=False))[:_LATEST_TUNED]
    offered = [_option(turn.services, model.id, report, tuned=True) for model in models]
    return [option for option in offered if option is not None]


async def visible_models(turn: Turn, place: Place, *, fresh: bool = True) -> list[FineTunedModel]:
    """Fine-tuned models that may be seen in `place`, newest first; unless `fresh`, as of the last half minute.
    Raises ProviderError.
    """
    models = await turn.services.catalogue.fine_tuned(fresh=fresh)
    things = await turn.services.catalogue.things([model.id for model in models])
    return [model for model in models if await turn.may(Act.SEE, things[model.id], place)]


async def model_named(turn: Turn, word: str, *, tuned_only: bool = False) -> str:
    """The id of the model that `word` names among those that this person may know of: by its id, its short name, the id
    of the job that made it, or the beginning of one of these. What is not known is given back as it is.

    Raises Ambiguous, with the ids, where it names several; ProviderError.
    """
    catalogue = turn.services.catalogue
    if await catalogue.exists(word) and await turn.may(Act.SEE, await catalogue.thing(word)):
        return word
    tuned = [(model.id, model.job_id) for model in await visible_models(turn, turn.answers_in, fresh=False)]
    base = [] if tuned_only else [(model, None) for model in await catalogue.base_models()]

    def names(model: tuple[str, str | None]) -> tuple[str | None, ...]:
        return model[0], short_name(model[0]), model[0].rpartition("/")[2], model[1]

    found = the_one_named(word, [*tuned, *base], names, label=lambda model: model[0])
    return found[0] if found else word


def _option(services: Services, model: str, report: Report | None, *, tuned: bool = False) -> ModelOption | None:
    fits = services.catalogue.can_train(model, report.method if report else None, report)
    if fits is False:
        return None
    facts = lookup(model)
    provider = services.provider.name
    price = 0.0 if is_free(model, provider) else facts.training_price if facts else None
    return ModelOption(model, provider, model, price, sure=fits is not None, tuned=tuned)
