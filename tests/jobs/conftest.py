import pytest

from bot.access import Policy
from bot.authority import Authority
from bot.jobs.follow import Follower
from bot.jobs.lookup import JobLookup
from bot.jobs.sync import JobSync
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from tests.following import POLL, Clock, Make, follow
from tests.stand_in_provider import StandInProvider


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def audit(database: Database) -> SqlAuditLog:
    return SqlAuditLog(database)


@pytest.fixture
def authority(audit: SqlAuditLog) -> Authority:
    return Authority(Policy(), audit)


@pytest.fixture
def lookup(jobs: SqlJobStore, authority: Authority) -> JobLookup:
    return JobLookup(jobs, authority)


@pytest.fixture
def sync(jobs: SqlJobStore, provider: OpenAIProtocol, clock: Clock) -> JobSync:
    return JobSync(jobs, Providers(provider), notices_channel="C0ALL", clock=clock)


@pytest.fixture
def make(sync: JobSync, provider: OpenAIProtocol, clock: Clock) -> Make:
    return lambda: Follower(sync, provider, poll_seconds=POLL, steady=clock)


@pytest.fixture
def follower(make: Make) -> Follower:
    return make()


@pytest.fixture
async def theirs(stand_in: StandInProvider, jobs: SqlJobStore) -> str:
    """The provider's id of a job that we follow as job-1."""
    return await follow(stand_in, jobs)
