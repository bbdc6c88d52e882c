"""The parts that features share: stores, use cases, Slack's side."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from app.files import file_store_of
from bot.access import Policy
from bot.administration.channel_models import ChannelModels
from bot.audit import AuditLog
from bot.authority import Authority
from bot.collections.collection import CollectionStore
from bot.collections.learned import LearnedModels
from bot.compare.comparison import ComparisonStore
from bot.conversations.chat_models import ChatModels
from bot.conversations.conversation import ConversationStore
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.trainable import TrainableDatasets
from bot.errors import NotFound
from bot.jobs.admission import Rules
from bot.jobs.approval import Approvals
from bot.jobs.follow import Follower
from bot.jobs.group_approval import GroupApprovals
from bot.jobs.interfaces import JobStore
from bot.jobs.links import JobLinks
from bot.jobs.lookup import JobLookup
from bot.jobs.overview import JobOverview
from bot.jobs.queue import JobQueue
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.jobs.timeline import Deliveries
from bot.membership import Membership
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.lost import LostModels
from bot.models.prices import Prices
from bot.models.retirement_warnings import RetirementWarnings
from bot.models.trainable import TrainableModels
from bot.notices.interfaces import CardStore, Subscriptions
from bot.providers.channel_providers import ChannelProviders
from bot.providers.registry import Providers
from bot.settings import Settings
from bot.spending.interfaces import BudgetStore
from bot.spending.model_use import ModelSpending
from bot.store.audit import SqlAuditLog
from bot.store.channel_models import SqlChannelModels
from bot.store.channel_providers import SqlChannelProviders
from bot.store.collections import SqlCollectionStore
from bot.store.comparisons import SqlComparisonStore
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.feedback import SqlRatingStore
from bot.store.inbox import SqlInbox
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import SqlJobStore
from bot.store.languages import SqlChannelLanguages
from bot.store.missed_channels import SqlMissedChannels
from bot.store.model_uses import SqlModelUses
from bot.store.outbox import SqlCardStore, SqlOutbox
from bot.store.spending import SqlBudgetStore, SqlModelUseStore
from bot.store.subscriptions import SqlSubscriptions
from bot.store.timeline import SqlDeliveries
from bot.timing import Timing
from bot.worker_processes import WorkerPools
from handlers.callers import Callers
from handlers.incoming_files import IncomingFiles
from handlers.languages import Languages
from handlers.register import FEATURES
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
    membership: Membership
    authority: Authority
    job_lookup: JobLookup
    job_links: JobLinks
    dataset_lookup: DatasetLookup
    model_lookup: ModelLookup
    chat_models: ChatModels
    channel_models: ChannelModels
    channel_providers: ChannelProviders
    model_spending: ModelSpending
    trainable_datasets: TrainableDatasets
    trainable_models: TrainableModels
    overview: JobOverview
    learned: LearnedModels
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
    model_uses: SqlModelUses
    retirement_warnings: RetirementWarnings
    audit: AuditLog
    conversations: ConversationStore
    comparisons: ComparisonStore
    evaluations: SqlEvaluationStore
    collections: CollectionStore
    ratings: SqlRatingStore
    deliveries: Deliveries
    subscriptions: Subscriptions
    rules: Rules
    budgets: BudgetStore
    approvals: Approvals
    groups: SqlGroupStore
    group_approvals: GroupApprovals
    job_queue: JobQueue
    people: People
    callers: Callers
    languages: Languages
    poster: Poster
    download: Download
    pools: WorkerPools
    incoming_files: IncomingFiles


async def make_services(
    settings: Settings,
    timing: Timing,
    client: AsyncWebClient,
    who: dict[str, object],
    providers: Providers,
    database: Database,
    pools: WorkerPools,
    membership: Membership,
) -> Services:
    jobs = SqlJobStore(database)
    datasets = SqlDatasetStore(database)
    file_store = await asyncio.to_thread(file_store_of, settings)
    if membership.count == 1:  # or they are what another process is about to keep, or reads
        file_store.remove_leftovers()
        await asyncio.to_thread(file_store.seal_all)
    poster = Poster(client, pace=timing.pace, require=membership.require, processes=lambda: membership.count)
    team = str(who["team_id"])
    elsewhere = settings.finetune_notices_channel

    async def locate(dataset_id: str) -> tuple[Path, str]:
        dataset = await datasets.get(dataset_id)
        if dataset is None or dataset.deleted_at is not None or not file_store.has(dataset.sha256):
            raise NotFound("unknown_file")
        return file_store.path(dataset.sha256), dataset.sha256

    rules = Rules(
        settings.finetune_approval_above,
        settings.finetune_approve_unknown_prices,
        tuple(dict.fromkeys((*settings.finetune_approvers, *settings.finetune_admins))),
        settings.finetune_max_running,
        {one.name: most for one in providers if (most := providers.config(one.name).max_running) is not None},
    )
    submitter = Submitter(
        jobs,
        providers,
        locate,
        reading=lambda _, sha256: file_store.plain(sha256),
        rules=rules,
        notices_channel=elsewhere,
        retry=timing.submit,
        look_up=timing.look_up,
        leads=lambda: membership.leads,
        require=membership.require,
    )
    sync = JobSync(jobs, providers, notices_channel=elsewhere)
    audit = SqlAuditLog(database)
    policy = Policy(settings.finetune_allow_guests, settings.finetune_allow_other_organisations)
    authority = Authority(policy, audit)
    catalogue = Catalogue(providers, jobs)
    channel_providers = ChannelProviders(SqlChannelProviders(database), providers, authority)
    people = People(
        poster, team, Roles(settings.finetune_admins, settings.finetune_approvers, settings.finetune_members)
    )
    lost_models = LostModels(jobs, providers)
    model_uses = SqlModelUses(database)
    job_lookup = JobLookup(jobs, authority)
    dataset_lookup = DatasetLookup(datasets, authority)
    evaluations = SqlEvaluationStore(database)
    model_lookup = ModelLookup(catalogue, evaluations, authority)
    collections = SqlCollectionStore(database)
    channel_models = ChannelModels(SqlChannelModels(database), authority, catalogue, channel_providers)
    budgets = SqlBudgetStore(database)
    groups = SqlGroupStore(database)
    job_queue = JobQueue(jobs, [provider.name for provider in providers], submitter.release, most_running=rules.most)
    return Services(
        settings=settings,
        timing=timing,
        database=database,
        membership=membership,
        authority=authority,
        job_lookup=job_lookup,
        job_links=JobLinks(settings.finetune_public_url, jobs, authority),
        dataset_lookup=dataset_lookup,
        model_lookup=model_lookup,
        chat_models=ChatModels(catalogue, lost_models, jobs, datasets, file_store, authority, channel_models),
        channel_models=channel_models,
        channel_providers=channel_providers,
        model_spending=ModelSpending(SqlModelUseStore(database), budgets, jobs, Prices(providers).answer),
        trainable_datasets=TrainableDatasets(datasets, dataset_lookup, authority),
        trainable_models=TrainableModels(catalogue, model_lookup, providers, channel_providers),
        overview=JobOverview(jobs, job_lookup, providers, authority),
        learned=LearnedModels(collections, datasets, jobs, authority),
        bot_user=str(who["user_id"]),
        team=team,
        jobs=jobs,
        cards=SqlCardStore(database),
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
        lost_models=lost_models,
        model_uses=model_uses,
        retirement_warnings=RetirementWarnings(model_uses, catalogue, SqlOutbox(database)),
        conversations=SqlConversationStore(database),
        comparisons=SqlComparisonStore(database),
        evaluations=evaluations,
        collections=collections,
        ratings=SqlRatingStore(database),
        deliveries=SqlDeliveries(database),
        subscriptions=SqlSubscriptions(database),
        audit=audit,
        rules=rules,
        budgets=budgets,
        groups=groups,
        group_approvals=GroupApprovals(groups, jobs, authority, job_queue),
        approvals=Approvals(jobs, job_lookup, job_queue, notices_channel=elsewhere),
        job_queue=job_queue,
        people=people,
        callers=Callers(people, team),
        languages=Languages(people, SqlChannelLanguages(database), Language(settings.finetune_language)),
        poster=poster,
        download=Download(poster, lambda: client.token or "", settings.slack_api_url),
        pools=pools,
        incoming_files=IncomingFiles(
            SqlInbox(database),
            SqlMissedChannels(database),
            [name for feature in FEATURES for name, modal in feature.modals.items() if modal.makes_files],
        ),
    )
