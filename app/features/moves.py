"""Models that move to another provider, and channels that go on with them."""

from app.features.jobs import controls
from app.services import Services
from bot.datasets.checking import DatasetCheck
from bot.datasets.derived import DerivedDatasets
from bot.datasets.splitting import DatasetSplitting
from bot.evaluations.evaluations import Evaluations
from bot.job_requests import JobRequests
from bot.moves.data import MovedData
from bot.moves.examples import MoveExamples
from bot.moves.moves import Moves
from bot.moves.planning import MovePlanning
from bot.moves.progress import MoveProgress
from bot.moves.succession import Succession
from bot.store.grader_files import SqlGraderFileStore
from bot.store.outbox import SqlOutbox
from handlers.chat.listeners import ChatListeners
from handlers.modals import Modals
from handlers.moves.listeners import MoveListeners
from handlers.succession.listeners import SuccessionListeners


def move_listeners(services: Services, requests: JobRequests, evaluations: Evaluations) -> MoveListeners:
    groups, jobs, authority = services.groups, services.jobs, services.authority
    checking = DatasetCheck(
        services.datasets,
        services.file_store,
        services.pools,
        services.catalogue,
        services.channel_providers,
        tokenizers=services.settings.tokenizers,
    )
    data = MovedData(services.datasets, services.dataset_lookup, services.file_store, checking, services.providers)
    examples = MoveExamples(
        services.datasets,
        DatasetSplitting(
            services.dataset_lookup,
            DerivedDatasets(services.datasets, services.membership.locks("derived")),
            services.file_store,
            services.pools,
        ),
        checking,
        services.file_store,
        services.pools,
        services.model_spending,
        authority,
        tokenizers=services.settings.tokenizers,
    )
    planning = MovePlanning(
        jobs, data, examples, requests, services.submitter, services.catalogue, services.providers, authority
    )
    return MoveListeners(
        callers=services.callers,
        moves=Moves(
            groups,
            planning,
            services.submitter,
            controls(services),
            authority,
            services.audit,
        ),
        planning=planning,
        progress=MoveProgress(
            groups,
            evaluations,
            services.evaluations,
            services.cards,
            notices_channel=services.settings.finetune_notices_channel,
            look_every=services.timing.look_every,
        ),
        store=groups,
        catalogue=services.catalogue,
        models=services.model_lookup,
        trainable=services.trainable_models,
        providers=services.channel_providers,
        modals=Modals(services.poster),
        poster=services.poster,
    )


def succession_listeners(
    services: Services, moves: MoveListeners, chat: ChatListeners, evaluations: Evaluations
) -> SuccessionListeners:
    return SuccessionListeners(
        callers=services.callers,
        succession=Succession(
            moves.moves,
            services.groups,
            services.chat_models,
            services.model_uses,
            services.conversations,
            evaluations,
            services.evaluations,
            SqlGraderFileStore(services.database),
            SqlOutbox(services.database),
            services.authority,
        ),
        shown=chat.shown_settings,
    )
