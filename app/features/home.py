"""People's Home tabs."""

from app.features.administration import budgets
from app.features.launcher import dashboards, personal_settings
from app.features.models import retirement_calendar
from app.services import Services
from bot.home import Homes
from bot.store.homes import SqlHomes
from handlers.home.keeper import HomeKeeper
from handlers.home.listeners import HomeListeners


def home_listeners(services: Services) -> HomeListeners:
    store, timing = SqlHomes(services.database), services.timing
    homes = Homes(
        store,
        dashboards(services),
        services.jobs,
        services.providers,
        services.datasets,
        services.model_lookup,
        services.model_uses,
        budgets(services),
        personal_settings(services),
        retirement_calendar(services),
        services.authority,
    )
    keeper = HomeKeeper(
        store,
        homes,
        services.cards,
        services.people,
        services.languages,
        services.poster,
        services.team,
        look_every=timing.look_every,
        between=timing.between_edits,
        backoff=timing.answer,
    )
    return HomeListeners(services.callers, homes, keeper)
