"""The parts put together: stores, use cases, and the listeners that need them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Policy
from bot.administration.audit_log import AuditLogReader
from bot.administration.channel_language import ChannelLanguage
from bot.administration.subscriptions import ChannelSubscriptions
from bot.audit import AuditLog
from bot.authority import Authority
from bot.conversations.chat import Chat
from bot.conversations.opening import ConversationOpening
from bot.datasets.checking import DatasetCheck
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.derived import DerivedDatasets
from bot.datasets.file_store import FileStore
from bot.datasets.findings_file import FindingsFile
from bot.datasets.intake import DatasetIntake
from bot.datasets.interfaces import DatasetStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.overlaps import Overlaps
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.repairing import DatasetRepairing
from bot.datasets.report import DatasetReports
from bot.datasets.samples import DatasetSamples
from bot.datasets.second_pass import SecondPass
from bot.datasets.splitting import DatasetSplitting
from bot.datasets.trainable import TrainableDatasets
from bot.errors import NotFound
from bot.job_requests import JobRequests
from bot.jobs.admission import Rules
from bot.jobs.approval import Approvals
from bot.jobs.controls import JobControls
from bot.jobs.follow import Follower
from bot.jobs.history import JobHistory
from bot.jobs.import_job import JobImport
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.jobs.overview import JobOverview
from bot.jobs.queue import JobQueue
from bot.jobs.results import JobResults
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.jobs.timeline import Deliveries
from bot.models.catalogue import Catalogue
from bot.models.deletion import ModelDeletion
from bot.models.lookup import ModelLookup
from bot.models.lost import LostModels
from bot.models.trainable import TrainableModels
from bot.notices.interfaces import CardStore, Subscriptions
from bot.providers.registry import Providers
from bot.settings import Settings
from bot.spending.budgets import Budgets
from bot.spending.interfaces import BudgetStore
from bot.store.audit import SqliteAuditLog
from bot.store.conversations import SqliteConversationStore
from bot.store.database import Database
from bot.store.datasets import SqliteDatasetStore
from bot.store.inbox import SqliteInbox
from bot.store.jobs import SqliteJobStore
from bot.store.languages import SqliteChannelLanguages
from bot.store.missed_channels import SqliteMissedChannels
from bot.store.outbox import SqliteCardStore
from bot.store.spending import SqliteBudgetStore
from bot.store.subscriptions import SqliteSubscriptions
from bot.store.timeline import SqliteDeliveries
from bot.timing import Timing
from bot.worker_processes import WorkerPools
from handlers.administration.listeners import AdministrationListeners
from handlers.callers import Callers
from handlers.chat.listeners import ChatListeners
from handlers.chat.threads import ChatThreads
from handlers.datasets.derived_files import DerivedFiles
from handlers.datasets.listeners import DatasetListeners
from handlers.datasets.reactions import Reactions
from handlers.datasets.reports import ReportMessages
from handlers.deletion.listeners import DeletionListeners
from handlers.incoming_files import IncomingFiles
from handlers.job_controls.listeners import JobControlListeners
from handlers.jobs.listeners import JobListeners
from handlers.languages import Languages
from handlers.modals import Modals
from handlers.models.listeners import ModelListeners
from handlers.provider_files.listeners import ProviderFileListeners
from handlers.register import FEATURES
from handlers.repair.listeners import RepairListeners
from handlers.spending.listeners import SpendingListeners
from handlers.start.listeners import StartListeners
from handlers.start.modal import StartModal
from handlers.web.download import Download
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from texts.language import Language


@dataclass(frozen=True)
class Services:
    """`bot_user` is the bot's own Slack id, `team` the workspace it is installed in; `followers` by provider."""

    settings: Settings
    timing: Timing
    database: Database
    authority: Authority
    job_lookup: JobLookup
    dataset_lookup: DatasetLookup
    model_lookup: ModelLookup
    trainable_datasets: TrainableDatasets
    trainable_models: TrainableModels
    bot_user: str
    team: str
    jobs: JobStore
    cards: CardStore
    datasets: DatasetStore
    file_store: FileStore
    providers: Providers
    submitter: Submitter
    sync: JobSync
    followers: Mapping[str, Follower]
    catalogue: Catalogue
    lost_models: LostModels
    audit: AuditLog
    deliveries: Deliveries
    subscriptions: Subscriptions
    rules: Rules
    budgets: BudgetStore
    approvals: Approvals
    job_queue: JobQueue
    people: People
    languages: Languages
    poster: Poster
    pools: WorkerPools
    incoming_files: IncomingFiles


async def services(
    settings: Settings,
    timing: Timing,
    client: AsyncWebClient,
    who: dict[str, object],
    providers: Providers,
    database: Database,
    pools: WorkerPools,
) -> Services:
    jobs = SqliteJobStore(database)
    datasets = SqliteDatasetStore(database)
    file_store = FileStore(settings.finetune_data / "files", settings.finetune_max_file_mb * 1_000_000)
    file_store.remove_leftovers()
    poster = Poster(client, pace=timing.pace)
    team = str(who["team_id"])
    elsewhere = settings.finetune_notices_channel

    async def locate(dataset_id: str) -> tuple[Path, str]:
        dataset = await datasets.get(dataset_id)
        if dataset is None or dataset.deleted_at is not None or not file_store.path(dataset.sha256).exists():
            raise NotFound("unknown_file")
        return file_store.path(dataset.sha256), dataset.sha256

    rules = Rules(
        settings.finetune_approval_above,
        settings.finetune_approve_unknown_prices,
        tuple(dict.fromkeys((*settings.finetune_approvers, *settings.finetune_admins))),
        settings.finetune_max_running,
    )
    submitter = Submitter(
        jobs,
        providers,
        locate,
        rules=rules,
        notices_channel=elsewhere,
        retry=timing.submit,
        look_up=timing.look_up,
    )
    sync = JobSync(jobs, providers, notices_channel=elsewhere)
    audit = SqliteAuditLog(database)
    policy = Policy(settings.finetune_allow_guests, settings.finetune_allow_other_organisations)
    authority = Authority(policy, audit)
    catalogue = Catalogue(providers, jobs, wanted=settings.finetune_models, default=settings.finetune_default_model)
    people = People(
        poster, team, Roles(settings.finetune_admins, settings.finetune_approvers, settings.finetune_members)
    )
    job_lookup = JobLookup(jobs, authority)
    dataset_lookup = DatasetLookup(datasets, authority)
    model_lookup = ModelLookup(catalogue, authority)
    job_queue = JobQueue(
        jobs, [provider.name for provider in providers], submitter.release, most_running=rules.most_running
    )
    return Services(
        settings=settings,
        timing=timing,
        database=database,
        authority=authority,
        job_lookup=job_lookup,
        dataset_lookup=dataset_lookup,
        model_lookup=model_lookup,
        trainable_datasets=TrainableDatasets(datasets, dataset_lookup, authority),
        trainable_models=TrainableModels(catalogue, model_lookup, providers.default),
        bot_user=str(who["user_id"]),
        team=team,
        jobs=jobs,
        cards=SqliteCardStore(database),
        datasets=datasets,
        file_store=file_store,
        providers=providers,
        submitter=submitter,
        sync=sync,
        followers={
            provider.name: Follower(sync, provider, poll_seconds=settings.finetune_poll_seconds)
            for provider in providers
        },
        catalogue=catalogue,
        lost_models=LostModels(jobs, providers),
        deliveries=SqliteDeliveries(database),
        subscriptions=SqliteSubscriptions(database),
        audit=audit,
        rules=rules,
        budgets=SqliteBudgetStore(database),
        approvals=Approvals(jobs, job_lookup, job_queue, notices_channel=elsewhere),
        job_queue=job_queue,
        people=people,
        languages=Languages(people, SqliteChannelLanguages(database), Language(settings.finetune_language)),
        poster=poster,
        pools=pools,
        incoming_files=IncomingFiles(
            SqliteInbox(database),
            SqliteMissedChannels(database),
            [name for feature in FEATURES for name, modal in feature.modals.items() if modal.makes_files],
        ),
    )


async def listeners(services: Services) -> Mapping[type[object], object]:
    """For each class that a feature names in its register."""
    callers = Callers(services.people, services.team)
    authority, providers = services.authority, services.providers
    deletion = DatasetDeletion(services.datasets, services.file_store, services.jobs, providers, authority)
    datasets = _datasets(services, callers, deletion)
    files = ProviderFiles(providers.default, services.datasets, services.jobs, authority)
    conversations = SqliteConversationStore(services.database)
    threads = ChatThreads(services.poster, services.languages, await conversations.threads())
    made = [
        datasets,
        _repair(services, callers, datasets),
        *_jobs(services, callers, files),
        ModelListeners(callers=callers, trainable=services.trainable_models, lookup=services.model_lookup),
        _start(services, callers, files),
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
            models=ModelDeletion(services.catalogue, services.lost_models, authority),
            lookup=services.model_lookup,
            poster=services.poster,
            take_down=datasets.reports.take_down,
        ),
        ChatListeners(
            callers=callers,
            opening=ConversationOpening(
                conversations,
                threads,
                services.catalogue,
                services.lost_models,
                services.jobs,
                services.datasets,
                services.file_store,
                authority,
            ),
            chat=Chat(
                conversations,
                services.catalogue,
                services.lost_models,
                authority,
                warm_up=services.timing.warm_up,
            ),
            models=services.model_lookup,
            authority=authority,
            threads=threads,
            languages=services.languages,
            poster=services.poster,
            timing=services.timing,
            bot_user=services.bot_user,
            team=services.team,
        ),
    ]
    return {type(each): each for each in made}


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
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    return DatasetListeners(
        callers=callers,
        intake=DatasetIntake(datasets, file_store, pools, checking, services.authority),
        checking=checking,
        splitting=DatasetSplitting(services.dataset_lookup, making, file_store, pools),
        samples=DatasetSamples(services.dataset_lookup, file_store, pools),
        findings=FindingsFile(datasets, services.dataset_lookup),
        deletion=deletion,
        reports=reports,
        derived=DerivedFiles(making, checking, file_store, reports, poster, language),
        download=Download(poster, token, settings.slack_api_url),
        modals=Modals(poster),
        people=services.people,
        poster=poster,
        language=language,
    )


def _jobs(services: Services, callers: Callers, files: ProviderFiles) -> tuple[JobListeners, JobControlListeners]:
    def hint(job: Job) -> None:
        services.followers[job.provider].hint(job.provider_job_id or "")

    jobs, lookup, authority = services.jobs, services.job_lookup, services.authority
    return (
        JobListeners(
            callers=callers,
            overview=JobOverview(jobs, lookup, authority),
            job_history=JobHistory(jobs, lookup, services.audit, services.deliveries),
            results=JobResults(lookup, services.providers),
            imports=JobImport(services.sync, authority, services.catalogue.resource, files.require_to_post),
            cards=services.cards,
            poster=services.poster,
            language_of=services.languages.place,
        ),
        JobControlListeners(
            callers=callers,
            lookup=lookup,
            controls=JobControls(lookup, services.sync, services.submitter, authority, hint),
        ),
    )


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
