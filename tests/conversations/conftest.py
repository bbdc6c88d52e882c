import pytest
from parts import MODEL

from bot.access import Policy
from bot.authority import Authority
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqliteAuditLog
from bot.store.conversations import SqliteConversationStore
from bot.store.database import Database
from bot.store.jobs import SqliteJobStore


@pytest.fixture
def conversations(database: Database) -> SqliteConversationStore:
    return SqliteConversationStore(database)


@pytest.fixture
def authority(database: Database) -> Authority:
    return Authority(Policy(), SqliteAuditLog(database))


@pytest.fixture
def catalogue(provider: OpenAIProtocol, jobs: SqliteJobStore) -> Catalogue:
    return Catalogue(Providers(provider), jobs, default=MODEL)


@pytest.fixture
def lost_models(provider: OpenAIProtocol, jobs: SqliteJobStore) -> LostModels:
    return LostModels(jobs, Providers(provider))
