"""One question to several models, side by side and blind."""

from app.services import Services
from bot.compare.arenas import Arenas
from bot.compare.asking import Asking
from bot.compare.comparisons import Comparisons
from bot.store.shown_messages import SqlShownMessages
from handlers.chat.threads import ChatThreads
from handlers.compare.keeper import ComparisonKeeper
from handlers.compare.listeners import CompareListeners
from handlers.modals import Modals


def asking_models(services: Services) -> Asking:
    return Asking(
        services.comparisons,
        services.catalogue,
        services.lost_models,
        services.model_spending,
        warm_up=services.timing.warm_up,
    )


def compare_listeners(services: Services, threads: ChatThreads) -> CompareListeners:
    comparisons = services.comparisons
    models, authority, timing = services.chat_models, services.authority, services.timing
    asking = asking_models(services)
    arenas = Arenas(
        comparisons, models, asking, services.dataset_lookup, services.file_store, services.pools, authority
    )
    return CompareListeners(
        callers=services.callers,
        comparisons=Comparisons(comparisons, models, asking, authority),
        arenas=arenas,
        keeper=ComparisonKeeper(
            comparisons,
            SqlShownMessages(services.database),
            asking,
            arenas,
            services.poster,
            services.languages,
            opening=threads.just_opened.opening,
            opened=threads.know,
            look_every=timing.look_every,
            between_edits=timing.between_edits,
            backoff=timing.answer,
            locks=services.membership.locks("message"),
        ),
        models=services.model_lookup,
        catalogue=services.catalogue,
        jobs=services.job_lookup,
        overview=services.overview,
        datasets=services.trainable_datasets,
        modals=Modals(services.poster),
    )
