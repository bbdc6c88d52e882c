"""Evaluations: planned, run and shown, and the graders of their answers."""

from app.features.runs import run_keeper
from app.services import Services
from bot.evaluations.differences import Differences
from bot.evaluations.evaluation import Evaluation
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.export import EvaluationExport
from bot.evaluations.grader_files import GraderFiles
from bot.evaluations.model_answers import EmbeddingModel, ModelAnswers
from bot.evaluations.planning import EvaluationPlanning
from bot.evaluations.runs import EvaluationRuns
from bot.settings import Settings
from bot.store.grader_files import SqlGraderFileStore
from bot.store.shown_messages import SqlShownMessages
from graders.python import trusted_sources
from handlers.datasets.derived_files import DerivedFiles
from handlers.evaluations.answer_files import AnswerFiles
from handlers.evaluations.choosing import Choosing
from handlers.evaluations.dropped_graders import DroppedGraders
from handlers.evaluations.listeners import EvaluationListeners
from handlers.evaluations.messages import EvaluationMessages
from handlers.evaluations.results import ResultMessages
from handlers.modals import Modals


def evaluation_listeners(services: Services, answers: ModelAnswers, derived: DerivedFiles) -> EvaluationListeners:
    store, timing, authority = services.evaluations, services.timing, services.authority
    planning = EvaluationPlanning(
        store,
        services.chat_models,
        services.catalogue,
        services.model_spending,
        services.jobs,
        services.job_lookup,
        services.datasets,
        services.dataset_lookup,
        services.file_store,
        services.pools,
        authority,
        tokenizers=services.settings.tokenizers,
        trusted=_trusted(services.settings),
        embeddings=_embeddings(services),
    )
    use_case = Evaluations(
        store, planning, services.chat_models, services.catalogue, services.model_spending, authority
    )
    messages = SqlShownMessages(services.database)
    runs = EvaluationRuns(
        store,
        answers,
        services.model_spending,
        services.jobs,
        services.datasets,
        services.file_store,
        services.pools,
        look_every=timing.look_every,
        trusted=_trusted(services.settings),
    )
    differences = Differences(store, services.datasets, services.file_store, services.pools)
    results = ResultMessages(store, messages, differences, services.poster, services.pools)
    keeper = run_keeper(services, Evaluation.kind, store, EvaluationMessages(runs, results))
    choosing = Choosing(
        services.model_lookup,
        services.job_lookup,
        services.trainable_datasets,
        grader_files(services),
        planning,
    )
    return EvaluationListeners(
        callers=services.callers,
        choosing=choosing,
        planning=planning,
        evaluations=use_case,
        runs=runs,
        keeper=keeper,
        answer_files=AnswerFiles(
            EvaluationExport(use_case, store, services.datasets, services.file_store, services.pools),
            store,
            messages,
            services.languages,
            services.poster,
        ),
        dropped=DroppedGraders(
            services.callers,
            choosing.grader_files,
            derived,
            services.download,
            services.people,
            services.poster,
            services.languages.place,
        ),
        models=services.model_lookup,
        authority=authority,
        modals=Modals(services.poster),
        languages=services.languages,
        poster=services.poster,
    )


def model_answers(services: Services) -> ModelAnswers:
    """One for evaluations and judges: what both want is asked for once."""
    return ModelAnswers(
        services.evaluations,
        services.catalogue,
        services.lost_models,
        services.model_spending,
        retry=services.timing.evaluate,
        embeddings=_embeddings(services),
    )


def grader_files(services: Services) -> GraderFiles:
    store = SqlGraderFileStore(services.database)
    return GraderFiles(store, services.datasets, services.file_store, services.pools, services.authority)


def _embeddings(services: Services) -> dict[str, EmbeddingModel]:
    """By provider."""
    found = {}
    for provider in services.providers:
        config = services.providers.config(provider.name)
        if name := config.embeddings:
            found[provider.name] = EmbeddingModel(
                name, provider, anywhere=config.channels is None, usual=config.embedding_model is None
            )
    return found


def _trusted(settings: Settings) -> frozenset[str]:
    """The Python graders that may run."""
    return trusted_sources(settings.finetune_graders) if settings.finetune_graders else frozenset()
