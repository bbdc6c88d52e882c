"""Learning from what people say: training sets that grow in Slack, ratings, and the next model of a set."""

from app.services import Services
from bot.collections.adding import ThreadCollections
from bot.collections.curation import CollectionCuration
from bot.collections.export import CollectionFiles
from bot.collections.views import CollectionViews
from bot.collections.withdrawal import Withdrawal
from bot.feedback.feedback import AnswerFeedback
from bot.retraining.next_model import NextModels
from bot.retraining.parent_arena import ParentArenas
from bot.retraining.scheduled_runs import ScheduledRuns
from bot.retraining.scheduling import Scheduling
from bot.retraining.sources import TrainingSources
from bot.retraining.votes import ArenaVotes
from bot.store.generations import SqlGenerationStore
from bot.store.schedules import SqlScheduleStore
from bot.thread_examples.adding import ThreadExamples
from handlers.chat.thread_history import SlackThreadHistory
from handlers.collections.listeners import CollectionListeners
from handlers.compare.listeners import CompareListeners
from handlers.datasets.derived_files import DerivedFiles
from handlers.feedback.listeners import FeedbackListeners
from handlers.modals import Modals
from handlers.retraining.listeners import RetrainingListeners
from handlers.scheduled_training.files import ScheduledFiles
from handlers.scheduled_training.listeners import ScheduledTrainingListeners
from handlers.start.listeners import StartListeners
from handlers.thread_examples.listeners import ThreadExampleListeners


def collection_listeners(services: Services, derived: DerivedFiles) -> CollectionListeners:
    collections, authority = services.collections, services.authority
    return CollectionListeners(
        callers=services.callers,
        views=collection_views(services),
        curation=CollectionCuration(collections, authority),
        files=CollectionFiles(collections, services.datasets, services.file_store, authority),
        modals=Modals(services.poster),
        derived=derived,
        poster=services.poster,
        language=services.languages.place,
    )


def collection_views(services: Services) -> CollectionViews:
    return CollectionViews(services.collections, services.learned, services.audit, services.authority)


def thread_example_listeners(services: Services) -> ThreadExampleListeners:
    collections, authority = services.collections, services.authority
    return ThreadExampleListeners(
        callers=services.callers,
        examples=ThreadExamples(
            services.conversations,
            SlackThreadHistory(services.poster, services.people),
            ThreadCollections(collections, authority),
            services.people.names,
            authority,
            services.bot_user,
        ),
        people=services.people,
        withdrawal=withdrawal(services),
        modals=Modals(services.poster),
        languages=services.languages,
        poster=services.poster,
    )


def withdrawal(services: Services) -> Withdrawal:
    passages = SqlGenerationStore(services.database)
    return Withdrawal(services.collections, services.ratings, passages, services.learned, services.authority)


def feedback_listeners(services: Services, examples: ThreadExamples) -> FeedbackListeners:
    into = ThreadCollections(services.collections, services.authority)
    return FeedbackListeners(
        callers=services.callers,
        feedback=AnswerFeedback(services.ratings, services.conversations, examples, into, services.authority),
        modals=Modals(services.poster),
        languages=services.languages,
        poster=services.poster,
    )


def retraining_listeners(
    services: Services,
    compare: CompareListeners,
    start: StartListeners,
    derived: DerivedFiles,
) -> RetrainingListeners:
    collections, authority = services.collections, services.authority
    sources = TrainingSources(collections, services.datasets)
    return RetrainingListeners(
        callers=services.callers,
        next_models=NextModels(
            CollectionFiles(collections, services.datasets, services.file_store, authority),
            sources,
            services.learned,
            services.jobs,
            services.datasets,
            services.file_store,
            services.pools,
            authority,
        ),
        requests=start.requests,
        datasets=services.dataset_lookup,
        derived=derived,
        start=start.modal,
        arenas=ParentArenas(services.jobs, services.job_lookup, services.datasets, compare.arenas, authority),
        keeper=compare.keeper,
        votes=ArenaVotes(
            services.comparisons,
            compare.arenas,
            collections,
            ThreadCollections(collections, authority),
            sources,
            services.datasets,
            services.file_store,
            services.pools,
            services.people.names,
            authority,
        ),
        modals=Modals(services.poster),
        poster=services.poster,
        language=services.languages.place,
    )


def scheduled_training_listeners(
    services: Services, retraining: RetrainingListeners, collections: CollectionListeners, start: StartListeners
) -> ScheduledTrainingListeners:
    store, next_models = SqlScheduleStore(services.database), retraining.next_models
    return ScheduledTrainingListeners(
        callers=services.callers,
        scheduling=Scheduling(
            store, services.collections, start.requests, services.model_lookup, services.people, services.authority
        ),
        runs=ScheduledRuns(
            store,
            services.collections,
            services.learned,
            next_models,
            ScheduledFiles(next_models, services.datasets, retraining.derived, services.languages.place),
            services.datasets,
            services.trainable_datasets,
            services.trainable_models,
            start.requests,
            services.jobs,
            services.people,
            services.authority,
        ),
        views=collections.views,
        jobs=services.jobs,
        cards=services.cards,
        modals=Modals(services.poster),
        poster=services.poster,
        language=services.languages.place,
    )
