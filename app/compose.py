"""The listeners of every feature, put together from the parts they need."""

from collections.abc import Mapping

from app.services import Services
from bot.administration.audit_log import AuditLogReader
from bot.administration.channel_language import ChannelLanguage
from bot.administration.subscriptions import ChannelSubscriptions
from bot.collections.adding import ThreadCollections
from bot.collections.curation import CollectionCuration
from bot.collections.export import CollectionFiles
from bot.collections.learned import LearnedModels
from bot.collections.views import CollectionViews
from bot.collections.withdrawal import Withdrawal
from bot.compare.arenas import Arenas
from bot.compare.asking import Asking
from bot.compare.comparison import ComparisonStore
from bot.compare.comparisons import Comparisons
from bot.conversations.answers import Answers
from bot.conversations.chat import Chat
from bot.conversations.conversation import ConversationStore
from bot.conversations.message_changes import MessageChanges
from bot.conversations.opening import ConversationOpening
from bot.conversations.settings import ConversationSettings
from bot.conversations.titles import ConversationTitles
from bot.conversations.window import Window
from bot.datasets.checking import DatasetCheck
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.derived import DerivedDatasets
from bot.datasets.findings_file import FindingsFile
from bot.datasets.intake import DatasetIntake
from bot.datasets.overlaps import Overlaps
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.repairing import DatasetRepairing
from bot.datasets.report import DatasetReports
from bot.datasets.samples import DatasetSamples
from bot.datasets.second_pass import SecondPass
from bot.datasets.splitting import DatasetSplitting
from bot.evaluations.differences import Differences
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.export import EvaluationExport
from bot.evaluations.grader_files import GraderFiles
from bot.evaluations.model_answers import EmbeddingModel, ModelAnswers
from bot.evaluations.planning import EvaluationPlanning
from bot.evaluations.runs import EvaluationRuns
from bot.experiments.run_metrics import MetricsOverview
from bot.experiments.search import JobSearch
from bot.exports.exports import ModelExports
from bot.feedback.feedback import AnswerFeedback
from bot.job_requests import JobRequests
from bot.jobs.controls import JobControls
from bot.jobs.history import JobHistory
from bot.jobs.import_job import JobImport
from bot.jobs.job import Job
from bot.jobs.overview import JobOverview
from bot.jobs.results import JobResults
from bot.judges.check import JudgeChecks
from bot.judges.golden import GoldenAnswers
from bot.judges.pairwise import PairwiseJudging
from bot.models.deletion import ModelDeletion
from bot.reports.job_report import JobReports
from bot.retraining.next_model import NextModels
from bot.retraining.parent_arena import ParentArenas
from bot.retraining.sources import TrainingSources
from bot.retraining.votes import ArenaVotes
from bot.settings import Settings
from bot.spending.budgets import Budgets
from bot.store.collections import SqliteCollectionStore
from bot.store.comparisons import SqliteComparisonStore
from bot.store.conversations import SqliteConversationStore
from bot.store.evaluation_messages import SqliteEvaluationMessages
from bot.store.evaluations import SqliteEvaluationStore
from bot.store.experiments import SqliteExperimentStore
from bot.store.exports import SqliteExportStore
from bot.store.feedback import SqliteRatingStore
from bot.store.grader_files import SqliteGraderFileStore
from bot.sweeps.sweeps import Sweeps
from bot.thread_examples.adding import ThreadExamples
from graders.python import trusted_sources
from handlers.administration.listeners import AdministrationListeners
from handlers.agent.listeners import AgentListeners
from handlers.agent.sessions import AgentSessions
from handlers.callers import Callers
from handlers.chat.attached_files import AttachedFiles
from handlers.chat.display import AnswerDisplay
from handlers.chat.joining import Joining
from handlers.chat.listeners import ChatListeners
from handlers.chat.model_picker import ModelPicker
from handlers.chat.shown_settings import ShownSettings
from handlers.chat.thread_history import SlackThreadHistory
from handlers.chat.threads import ChatThreads
from handlers.collections.listeners import CollectionListeners
from handlers.compare.keeper import ComparisonKeeper
from handlers.compare.listeners import CompareListeners
from handlers.conversation_settings.listeners import ConversationSettingsListeners
from handlers.datasets.derived_files import DerivedFiles
from handlers.datasets.listeners import DatasetListeners
from handlers.datasets.reactions import Reactions
from handlers.datasets.reports import ReportMessages
from handlers.deletion.listeners import DeletionListeners
from handlers.evaluations.answer_files import AnswerFiles
from handlers.evaluations.choosing import Choosing
from handlers.evaluations.dropped_graders import DroppedGraders
from handlers.evaluations.keeper import EvaluationKeeper
from handlers.evaluations.listeners import EvaluationListeners
from handlers.evaluations.results import ResultMessages
from handlers.experiments.listeners import ExperimentListeners
from handlers.exports.keeper import ExportKeeper
from handlers.exports.listeners import ExportListeners
from handlers.feedback.listeners import FeedbackListeners
from handlers.function_calls.listeners import FunctionCallListeners
from handlers.job_controls.listeners import JobControlListeners
from handlers.jobs.listeners import JobListeners
from handlers.judges.listeners import JudgeListeners
from handlers.metrics.listeners import MetricsListeners
from handlers.modals import Modals
from handlers.models.listeners import ModelListeners
from handlers.provider_files.listeners import ProviderFileListeners
from handlers.repair.listeners import RepairListeners
from handlers.reports.listeners import ReportListeners
from handlers.retraining.listeners import RetrainingListeners
from handlers.spending.listeners import SpendingListeners
from handlers.start.listeners import StartListeners
from handlers.start.modal import StartModal
from handlers.sweeps.listeners import SweepListeners
from handlers.thread_examples.listeners import ThreadExampleListeners
from handlers.web.download import Download


async def listeners(services: Services) -> Mapping[type[object], object]:
    """For each class that a feature names in its register."""
    callers = Callers(services.people, services.team)
    authority, providers = services.authority, services.providers
    answered = SqliteEvaluationStore(services.database)
    deletion = DatasetDeletion(
        services.datasets, services.file_store, services.jobs, providers, answered.forget_file, authority
    )
    datasets = _datasets(services, callers, deletion)
    files = ProviderFiles(providers.default, services.datasets, services.jobs, authority)
    conversations = SqliteConversationStore(services.database)
    comparisons = SqliteComparisonStore(services.database)
    known = await conversations.threads() | await comparisons.threads()
    threads = ChatThreads(services.poster, services.languages, known)
    chat = _chat(services, callers, conversations, threads)
    compare = _compare(services, callers, comparisons, threads)
    start = _start(services, callers, files)
    made = [
        datasets,
        _repair(services, callers, datasets),
        *_jobs(services, callers, files),
        *_metrics(services, callers),
        ModelListeners(
            callers=callers,
            trainable=services.trainable_models,
            lookup=services.model_lookup,
            channel_models=services.channel_models,
            learned=_learned(services),
            languages=services.languages,
            poster=services.poster,
        ),
        _exports(services, callers),
        start,
        _sweeps(services, callers, start),
        _reports(services, callers),
        ProviderFileListeners(
            callers=callers,
            files=files,
            provider=providers.default.name,
        ),
        SpendingListeners(
            callers=callers,
            budgets=Budgets(
                services.budgets,
                services.jobs,
                authority,
                approval_above=services.rules.approval_above,
                approve_unknown=services.rules.approve_unknown,
                deciders=services.rules.deciders,
            ),
            approvals=services.approvals,
            languages=services.languages,
            poster=services.poster,
        ),
        AdministrationListeners(
            callers=callers,
            audit_log=AuditLogReader(services.audit, authority),
            subscriptions=ChannelSubscriptions(services.subscriptions, services.people, authority),
            channel_language=ChannelLanguage(services.languages.channels, services.people, authority),
            languages=services.languages,
            poster=services.poster,
        ),
        DeletionListeners(
            callers=callers,
            datasets=deletion,
            models=ModelDeletion(services.catalogue, services.lost_models, answered.forget_model, authority),
            lookup=services.model_lookup,
            poster=services.poster,
            take_down=datasets.reports.take_down,
        ),
        *chat,
        _agent(services, callers, conversations, chat[0]),
        compare,
        *_evaluations(services, callers, conversations, compare, datasets.derived),
        *_collections(services, callers, conversations, datasets),
        _retraining(services, callers, comparisons, datasets, compare, start),
    ]
    return {type(each): each for each in made}


def _chat(
    services: Services, callers: Callers, conversations: ConversationStore, threads: ChatThreads
) -> tuple[ChatListeners, FunctionCallListeners, ConversationSettingsListeners]:
    window = Window(services.catalogue, services.settings.tokenizers)
    opening = ConversationOpening(
        conversations,
        threads,
        services.chat_models,
        services.job_lookup,
        SlackThreadHistory(services.poster, services.people),
        window,
    )
    chat = Chat(
        conversations,
        services.catalogue,
        services.lost_models,
        services.authority,
        window,
        services.channel_models,
        services.model_spending,
        warm_up=services.timing.warm_up,
    )
    shown = ShownSettings(
        callers,
        ConversationSettings(conversations, services.chat_models, services.authority),
        threads,
        services.languages,
        services.poster,
    )
    picker = ModelPicker(callers, services.model_lookup, services.channel_models, services.authority)
    display = AnswerDisplay(
        chat,
        services.languages,
        services.poster,
        AgentSessions(services.poster, services.languages, stop_after=services.timing.stop_button),
        services.timing,
        services.bot_user,
        services.team,
    )
    return (
        ChatListeners(
            callers=callers,
            opening=opening,
            chat=chat,
            answers=Answers(conversations),
            spending=services.model_spending,
            changes=MessageChanges(conversations),
            attached_files=AttachedFiles(_download(services)),
            joining=Joining(callers, opening, services.model_lookup, services.channel_models),
            shown_settings=shown,
            picker=picker,
            authority=services.authority,
            threads=threads,
            languages=services.languages,
            poster=services.poster,
            display=display,
        ),
        FunctionCallListeners(callers, chat, display, Modals(services.poster), services.languages, services.poster),
        ConversationSettingsListeners(callers, shown, picker, Modals(services.poster)),
    )


def _agent(
    services: Services, callers: Callers, conversations: ConversationStore, chat: ChatListeners
) -> AgentListeners:
    return AgentListeners(
        callers=callers,
        chat=chat.chat,
        titles=ConversationTitles(conversations, services.authority),
        models=services.model_lookup,
        authority=services.authority,
        languages=services.languages,
        poster=services.poster,
    )


def _collections(
    services: Services, callers: Callers, conversations: ConversationStore, datasets: DatasetListeners
) -> tuple[CollectionListeners, ThreadExampleListeners, FeedbackListeners]:
    collections, authority = SqliteCollectionStore(services.database), services.authority
    ratings = SqliteRatingStore(services.database)
    learned = _learned(services)
    listing = CollectionListeners(
        callers=callers,
        views=CollectionViews(collections, learned, services.audit, authority),
        curation=CollectionCuration(collections, authority),
        files=CollectionFiles(collections, services.datasets, services.file_store, authority),
        modals=Modals(services.poster),
        derived=datasets.derived,
        poster=services.poster,
        language=services.languages.place,
    )
    into = ThreadCollections(collections, authority)
    examples = ThreadExamples(
        conversations,
        SlackThreadHistory(services.poster, services.people),
        into,
        services.people.names,
        authority,
        services.bot_user,
    )
    adding = ThreadExampleListeners(
        callers=callers,
        examples=examples,
        people=services.people,
        withdrawal=Withdrawal(collections, ratings, learned, authority),
        modals=Modals(services.poster),
        languages=services.languages,
        poster=services.poster,
    )
    feedback = FeedbackListeners(
        callers=callers,
        feedback=AnswerFeedback(ratings, conversations, examples, into, authority),
        modals=Modals(services.poster),
        languages=services.languages,
        poster=services.poster,
    )
    return listing, adding, feedback


def _retraining(
    services: Services,
    callers: Callers,
    comparisons: ComparisonStore,
    datasets: DatasetListeners,
    compare: CompareListeners,
    start: StartListeners,
) -> RetrainingListeners:
    collections, authority = SqliteCollectionStore(services.database), services.authority
    learned = _learned(services)
    sources = TrainingSources(collections, services.datasets)
    return RetrainingListeners(
        callers=callers,
        next_models=NextModels(
            CollectionFiles(collections, services.datasets, services.file_store, authority),
            sources,
            learned,
            services.jobs,
            services.datasets,
            services.file_store,
            services.pools,
            authority,
        ),
        requests=start.requests,
        datasets=services.dataset_lookup,
        derived=datasets.derived,
        start=start.modal,
        arenas=ParentArenas(services.jobs, services.job_lookup, services.datasets, compare.arenas, authority),
        keeper=compare.keeper,
        votes=ArenaVotes(
            comparisons,
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


def _learned(services: Services) -> LearnedModels:
    collections = SqliteCollectionStore(services.database)
    return LearnedModels(collections, services.datasets, services.jobs, services.authority)


def _download(services: Services) -> Download:
    token = services.settings.slack_bot_token
    return Download(services.poster, token.get_secret_value() if token else "", services.settings.slack_api_url)


def _compare(
    services: Services, callers: Callers, comparisons: ComparisonStore, threads: ChatThreads
) -> CompareListeners:
    models, authority, timing = services.chat_models, services.authority, services.timing
    asking = Asking(
        comparisons, services.catalogue, services.lost_models, services.model_spending, warm_up=timing.warm_up
    )
    arenas = Arenas(
        comparisons, models, asking, services.dataset_lookup, services.file_store, services.pools, authority
    )
    return CompareListeners(
        callers=callers,
        comparisons=Comparisons(comparisons, models, asking, authority),
        arenas=arenas,
        keeper=ComparisonKeeper(
            comparisons,
            asking,
            arenas,
            services.poster,
            services.languages,
            opening=threads.just_opened.opening,
            opened=threads.know,
            look_every=timing.look_every,
            between_edits=timing.between_edits,
            backoff=timing.answer,
        ),
        models=services.model_lookup,
        catalogue=services.catalogue,
        jobs=services.job_lookup,
        overview=JobOverview(services.jobs, services.job_lookup, authority),
        datasets=services.trainable_datasets,
        modals=Modals(services.poster),
    )


def _evaluations(
    services: Services,
    callers: Callers,
    conversations: ConversationStore,
    compare: CompareListeners,
    derived: DerivedFiles,
) -> tuple[EvaluationListeners, JudgeListeners]:
    store, timing, authority = SqliteEvaluationStore(services.database), services.timing, services.authority
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
    messages = SqliteEvaluationMessages(services.database)
    answers = ModelAnswers(
        store,
        services.catalogue,
        services.lost_models,
        services.model_spending,
        retry=timing.evaluate,
        embeddings=_embeddings(services),
    )
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
    keeper = EvaluationKeeper(
        store,
        messages,
        use_case,
        runs,
        ResultMessages(store, messages, differences, services.poster, services.pools),
        services.poster,
        services.languages,
        look_every=timing.look_every,
        between_edits=timing.between_edits,
        backoff=timing.answer,
    )
    choosing = Choosing(
        services.model_lookup,
        services.job_lookup,
        services.trainable_datasets,
        _grader_files(services),
        planning,
    )
    listening = EvaluationListeners(
        callers=callers,
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
            callers,
            choosing.grader_files,
            derived,
            _download(services),
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
    golden = GoldenAnswers(SqliteRatingStore(services.database), conversations, compare.arenas, authority)
    judging = JudgeListeners(
        callers=callers,
        checks=JudgeChecks(golden, use_case, store, answers, services.chat_models, services.pools, authority),
        pairwise=PairwiseJudging(
            use_case,
            store,
            answers,
            services.chat_models,
            services.datasets,
            services.file_store,
            services.pools,
            authority,
        ),
        models=services.model_lookup,
        poster=services.poster,
        language=services.languages.place,
    )
    return listening, judging


def _grader_files(services: Services) -> GraderFiles:
    store = SqliteGraderFileStore(services.database)
    return GraderFiles(store, services.datasets, services.file_store, services.pools, services.authority)


def _embeddings(services: Services) -> EmbeddingModel | None:
    name = services.settings.embedding_model
    return EmbeddingModel(name, services.providers.default) if name else None


def _exports(services: Services, callers: Callers) -> ExportListeners:
    store, timing = SqliteExportStore(services.database), services.timing
    use_case = ModelExports(store, services.catalogue, services.model_lookup, services.providers, services.authority)
    keeper = ExportKeeper(
        store,
        use_case,
        services.poster,
        services.languages,
        look_every=timing.look_every,
        between_edits=timing.between_edits,
        backoff=timing.answer,
    )
    return ExportListeners(callers, use_case, keeper, services.languages, services.poster)


def _trusted(settings: Settings) -> frozenset[str]:
    """The Python graders that may run."""
    return trusted_sources(settings.finetune_graders) if settings.finetune_graders else frozenset()


def _datasets(services: Services, callers: Callers, deletion: DatasetDeletion) -> DatasetListeners:
    settings, datasets, file_store, pools = services.settings, services.datasets, services.file_store, services.pools
    poster, language = services.poster, services.languages.place
    provider = services.providers.default.name
    default = settings.finetune_default_model
    checking = DatasetCheck(
        datasets, file_store, pools, services.catalogue, default=default, tokenizers=settings.tokenizers
    )
    making = DerivedDatasets(datasets)
    reports = ReportMessages(
        datasets=datasets,
        reports=DatasetReports(datasets, services.jobs, services.catalogue, pools, provider=provider, default=default),
        second_pass=SecondPass(datasets, file_store, pools),
        reactions=Reactions(datasets, poster),
        poster=poster,
        language=language,
        provider=provider,
        between_edits=services.timing.between_report_edits,
    )
    return DatasetListeners(
        callers=callers,
        intake=DatasetIntake(datasets, file_store, pools, checking, services.authority),
        checking=checking,
        splitting=DatasetSplitting(services.dataset_lookup, making, file_store, pools),
        samples=DatasetSamples(services.dataset_lookup, file_store, pools),
        findings=FindingsFile(datasets, services.dataset_lookup),
        deletion=deletion,
        graders=_grader_files(services),
        reports=reports,
        derived=DerivedFiles(making, checking, file_store, reports, poster, language),
        download=_download(services),
        modals=Modals(poster),
        people=services.people,
        poster=poster,
        language=language,
    )


def _controls(services: Services) -> JobControls:
    def hint(job: Job) -> None:
        services.followers[job.provider].hint(job.provider_job_id or "")

    return JobControls(services.job_lookup, services.sync, services.submitter, services.authority, hint)


def _jobs(services: Services, callers: Callers, files: ProviderFiles) -> tuple[JobListeners, JobControlListeners]:
    jobs, lookup, authority = services.jobs, services.job_lookup, services.authority
    return (
        JobListeners(
            callers=callers,
            overview=JobOverview(jobs, lookup, authority),
            job_history=JobHistory(jobs, lookup, services.audit, services.deliveries),
            results=JobResults(jobs, lookup, services.providers),
            imports=JobImport(services.sync, authority, services.catalogue.resource, files.require_to_post),
            learned=_learned(services),
            cards=services.cards,
            poster=services.poster,
            language_of=services.languages.place,
        ),
        JobControlListeners(
            callers=callers,
            lookup=lookup,
            controls=_controls(services),
        ),
    )


def _metrics(services: Services, callers: Callers) -> tuple[MetricsListeners, ExperimentListeners]:
    jobs, lookup, authority = services.jobs, services.job_lookup, services.authority
    overlaps = Overlaps(services.file_store, services.pools)
    metrics = MetricsListeners(
        callers=callers,
        overview=JobOverview(jobs, lookup, authority),
        metrics_of=MetricsOverview(jobs, lookup, services.datasets, overlaps, authority),
        pools=services.pools,
        poster=services.poster,
        language_of=services.languages.place,
    )
    experiments = ExperimentListeners(
        callers=callers,
        search=JobSearch(SqliteExperimentStore(services.database), jobs, authority),
        drawn=metrics,
        cards=services.cards,
        poster=services.poster,
        language_of=services.languages.place,
    )
    return metrics, experiments


def _start(services: Services, callers: Callers, files: ProviderFiles) -> StartListeners:
    provider = services.providers.default
    requests = JobRequests(
        jobs=services.jobs,
        job_lookup=services.job_lookup,
        dataset_lookup=services.dataset_lookup,
        trainable=services.trainable_datasets,
        provider_files=files,
        catalogue=services.catalogue,
        submitter=services.submitter,
        provider=provider,
        authority=services.authority,
        audit=services.audit,
    )
    modal = StartModal(
        callers=callers,
        requests=requests,
        datasets=services.dataset_lookup,
        trainable=services.trainable_datasets,
        models=services.trainable_models,
        overlaps=Overlaps(services.file_store, services.pools),
        poster=services.poster,
        provider=provider.name,
    )
    return StartListeners(
        callers=callers,
        requests=requests,
        datasets=services.dataset_lookup,
        trainable=services.trainable_datasets,
        provider_files=files,
        models=services.trainable_models,
        model_lookup=services.model_lookup,
        incoming_files=services.incoming_files,
        modal=modal,
        provider=provider.name,
    )


def _reports(services: Services, callers: Callers) -> ReportListeners:
    return ReportListeners(
        callers=callers,
        reports=JobReports(
            services.job_lookup,
            services.jobs,
            services.datasets,
            SqliteCollectionStore(services.database),
            SqliteEvaluationStore(services.database),
            services.authority,
        ),
        overview=JobOverview(services.jobs, services.job_lookup, services.authority),
        people=services.people,
        cards=services.cards,
        pools=services.pools,
        poster=services.poster,
        language_of=services.languages.place,
    )


def _sweeps(services: Services, callers: Callers, start: StartListeners) -> SweepListeners:
    return SweepListeners(
        callers=callers,
        sweeps=Sweeps(
            services.sweeps,
            start.requests,
            services.submitter,
            _controls(services),
            services.authority,
            services.audit,
        ),
        approvals=services.sweep_approvals,
        store=services.sweeps,
        start=start,
        modals=Modals(services.poster),
        languages=services.languages,
        poster=services.poster,
    )


def _repair(services: Services, callers: Callers, datasets: DatasetListeners) -> RepairListeners:
    repairing = DatasetRepairing(
        services.dataset_lookup,
        services.trainable_datasets,
        datasets.derived.datasets,
        services.file_store,
        services.pools,
        tokenizers=services.settings.tokenizers,
    )
    return RepairListeners(callers, repairing, datasets.derived, datasets.modals)
