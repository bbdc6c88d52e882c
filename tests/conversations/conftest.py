import pytest
from parts import channel_providers

from bot.access import Policy
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.models.answer_cost import answer_cost
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.model_use import ModelSpending
from bot.store.audit import SqliteAuditLog
from bot.store.channel_models import SqliteChannelModels
from bot.store.conversations import SqliteConversationStore
from bot.store.database import Database
from bot.store.jobs import SqliteJobStore
from bot.store.spending import SqliteBudgetStore, SqliteModelUseStore


@pytest.fixture
def conversations(database: Database) -> SqliteConversationStore:
    return SqliteConversationStore(database)


@pytest.fixture
def authority(database: Database) -> Authority:
    return Authority(Policy(), SqliteAuditLog(database))


@pytest.fixture
def catalogue(provider: OpenAIProtocol, jobs: SqliteJobStore) -> Catalogue:
    return Catalogue(Providers(provider), jobs)


@pytest.fixture
def channel_models(
    database: Database, authority: Authority, catalogue: Catalogue, provider: OpenAIProtocol
) -> ChannelModels:
    return ChannelModels(SqliteChannelModels(database), authority, catalogue, channel_providers(provider))


@pytest.fixture
def budgets(database: Database) -> SqliteBudgetStore:
    return SqliteBudgetStore(database)


@pytest.fixture
def spending(database: Database, budgets: SqliteBudgetStore, jobs: SqliteJobStore) -> ModelSpending:
    return ModelSpending(SqliteModelUseStore(database), budgets, jobs, answer_cost)


@pytest.fixture
def lost_models(provider: OpenAIProtocol, jobs: SqliteJobStore) -> LostModels:
    return LostModels(jobs, Providers(provider))
