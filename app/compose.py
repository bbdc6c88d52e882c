"""The parts put together: stores, use cases, and the listeners that need them."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Policy
from bot.administration.audit_log import AuditLogReader
from bot.administration.channel_language import ChannelLanguage
from bot.administration.subscriptions import ChannelSubscriptions
from bot.authority import Authority
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.file_store import Copies
from bot.datasets.lookup import DatasetLookup
from bot.datasets.provider_files import ProviderFiles
from bot.errors import NotFound
from bot.jobs.admission import Rules
from bot.jobs.approval import Approvals
from bot.jobs.follow import Follower
from bot.jobs.lookup import JobLookup
from bot.jobs.queue import JobQueue
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.models.catalogue import Catalogue
from bot.models.deletion import ModelDeletion
from bot.models.lookup import ModelLookup
from bot.models.lost import LostModels
from bot.providers.registry import Providers
from bot.settings import Settings
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
from bot.worker_processes import Lanes
from handlers.administration.listeners import AdministrationListeners
from handlers.callers import Callers
from handlers.datasets import reports
from handlers.datasets.incoming_files import IncomingFiles
from handlers.deletion.listeners import DeletionListeners
from handlers.languages import Languages
from handlers.provider_files.listeners import ProviderFileListeners
from handlers.services import Services
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from texts.language import Language


async def services(
    settings: Settings,
    timing: Timing,
    client: AsyncWebClient,
    who: dict[str, object],
    providers: Providers,
    database: Database,
    lanes: Lanes,
) -> Services:
    jobs = SqliteJobStore(database)
    datasets = SqliteDatasetStore(database)
    conversations = SqliteConversationStore(database)
    copies = Copies(settings.finetune_data / "files", settings.finetune_max_file_mb * 1_000_000)
    copies.remove_leftovers()
    poster = Poster(client, pace=timing.pace)
    team = str(who["team_id"])
    elsewhere = settings.finetune_notices_channel

    async def locate(dataset_id: str) -> tuple[Path, str]:
        dataset = await datasets.get(dataset_id)
        if dataset is None or dataset.deleted_at is not None or not copies.path(dataset.sha256).exists():
            raise NotFound("The training file was deleted before it was uploaded. Drop it again and start anew.")
        return copies.path(dataset.sha256), dataset.sha256

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
    job_queue = JobQueue(
        jobs, [provider.name for provider in providers], submitter.release, most_running=rules.most_running
    )
    return Services(
        settings=settings,
        timing=timing,
        authority=authority,
        job_lookup=job_lookup,
        dataset_lookup=DatasetLookup(datasets, authority),
        model_lookup=ModelLookup(catalogue, authority),
        bot_user=str(who["user_id"]),
        team=team,
        jobs=jobs,
        cards=SqliteCardStore(database),
        datasets=datasets,
        copies=copies,
        conversations=conversations,
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
        lanes=lanes,
        incoming_files=IncomingFiles(SqliteInbox(database), SqliteMissedChannels(database)),
        conversation_threads=await conversations.threads(),
    )


def listeners(services: Services) -> Mapping[type[object], object]:
    """For each class that a feature names in its register."""
    callers = Callers(services.people, services.team)
    authority, providers = services.authority, services.providers
    made = [
        ProviderFileListeners(
            callers=callers,
            files=ProviderFiles(providers.default, services.datasets, services.jobs, authority),
            provider=providers.default.name,
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
            datasets=DatasetDeletion(services.datasets, services.copies, services.jobs, providers, authority),
            models=ModelDeletion(services.catalogue, services.lost_models, authority),
            lookup=services.model_lookup,
            poster=services.poster,
            take_down=partial(reports.take_down, services),
        ),
    ]
    return {type(each): each for each in made}
