"""Models: listed and chosen, when they end, and made ready to be taken away."""

from app.services import Services
from bot.exports.exports import ModelExports
from bot.models.retirement_calendar import RetirementCalendar
from bot.store.exports import SqlExportStore
from bot.store.shown_messages import SqlShownMessages
from bot.unused import UnusedThings
from handlers.exports.keeper import ExportKeeper
from handlers.exports.listeners import ExportListeners
from handlers.models.listeners import ModelListeners
from handlers.providers.listeners import ProviderListeners
from handlers.retirement.listeners import RetirementListeners


def model_listeners(services: Services) -> ModelListeners:
    return ModelListeners(
        callers=services.callers,
        trainable=services.trainable_models,
        lookup=services.model_lookup,
        channel_models=services.channel_models,
        learned=services.learned,
        several_providers=services.channel_providers.several,
        languages=services.languages,
        poster=services.poster,
    )


def retirement_listeners(services: Services) -> RetirementListeners:
    return RetirementListeners(services.callers, retirement_calendar(services), unused_things(services))


def retirement_calendar(services: Services) -> RetirementCalendar:
    return RetirementCalendar(services.model_uses, services.catalogue, services.model_lookup, services.authority)


def unused_things(services: Services) -> UnusedThings:
    return UnusedThings(
        services.model_uses,
        services.model_uses,
        services.model_lookup,
        services.catalogue,
        services.datasets,
        services.authority,
    )


def provider_listeners(services: Services) -> ProviderListeners:
    return ProviderListeners(
        services.callers, services.channel_providers, services.authority, services.languages, services.poster
    )


def export_listeners(services: Services) -> ExportListeners:
    store, timing = SqlExportStore(services.database), services.timing
    use_case = ModelExports(store, services.catalogue, services.model_lookup, services.providers, services.authority)
    keeper = ExportKeeper(
        store,
        SqlShownMessages(services.database),
        use_case,
        services.poster,
        services.languages,
        look_every=timing.look_every,
        between_edits=timing.between_edits,
        backoff=timing.answer,
        locks=services.membership.locks("message"),
    )
    return ExportListeners(services.callers, use_case, keeper, services.languages, services.poster)
