"""Rehearsals of training files, and learning curves."""

from app.features.jobs import controls
from app.services import Services
from bot.datasets.checking import DatasetCheck
from bot.datasets.derived import DerivedDatasets
from bot.evaluations.differences import Differences
from bot.evaluations.evaluations import Evaluations
from bot.rehearsals.data import RehearsalData
from bot.rehearsals.progress import RehearsalProgress
from bot.rehearsals.rehearsals import Rehearsals
from handlers.rehearsals.listeners import RehearsalListeners
from handlers.start.listeners import StartListeners


def rehearsal_listeners(
    services: Services, start: StartListeners, derived: DerivedDatasets, evaluations: Evaluations
) -> RehearsalListeners:
    checking = DatasetCheck(
        services.datasets,
        services.file_store,
        services.pools,
        services.catalogue,
        services.channel_providers,
        tokenizers=services.settings.tokenizers,
    )
    return RehearsalListeners(
        callers=services.callers,
        rehearsals=Rehearsals(
            services.groups,
            RehearsalData(derived, start.trainable, services.file_store, checking, services.pools),
            start.trainable,
            services.trainable_models,
            services.catalogue,
            start.requests,
            services.submitter,
            controls(services),
            services.authority,
            services.audit,
        ),
        progress=RehearsalProgress(
            services.groups,
            services.jobs,
            evaluations,
            services.evaluations,
            Differences(services.evaluations, services.datasets, services.file_store, services.pools),
            services.cards,
            notices_channel=services.settings.finetune_notices_channel,
            look_every=services.timing.look_every,
        ),
        start=start,
        poster=services.poster,
    )
