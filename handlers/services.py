"""What handlers work with, put together once by `app` and handed to each of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.audit import AuditLog
from bot.authority import Authority
from bot.datasets.file_store import Copies
from bot.datasets.interfaces import DatasetStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.trainable import TrainableDatasets
from bot.jobs.admission import Rules
from bot.jobs.approval import Approvals
from bot.jobs.follow import Follower
from bot.jobs.interfaces import JobStore
from bot.jobs.lookup import JobLookup
from bot.jobs.queue import JobQueue
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.jobs.timeline import Deliveries
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.lost import LostModels
from bot.models.trainable import TrainableModels
from bot.notices.interfaces import CardStore, Subscriptions
from bot.providers.registry import Providers
from bot.settings import Settings
from bot.spending.interfaces import BudgetStore
from bot.timing import Timing
from bot.worker_processes import Lanes
from handlers.incoming_files import IncomingFiles
from handlers.languages import Languages
from handlers.web.people import People
from handlers.web.poster import Poster


@dataclass(frozen=True)
class Services:
    """`bot_user` is the bot's own Slack id, `team` the workspace it is installed in; `followers` by provider."""

    settings: Settings
    timing: Timing
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
    copies: Copies
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
    lanes: Lanes
    incoming_files: IncomingFiles
