import pytest

from bot.access import Policy
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.models.answer_cost import answer_cost
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.model_use import ModelSpending
from bot.store.audit import SqlAuditLog
from bot.store.channel_models import SqlChannelModels
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.spending import SqlBudgetStore, SqlModelUseStore
from tests.parts import channel_providers


@pytest.fixture
def conversations(database: Database) -> SqlConversationStore:
    return SqlConversationStore(database)


@pytest.fixture
def authority(database: Database) -> Authority:
    return Authority(Policy(), SqlAuditLog(database))


@pytest.fixture
def catalogue(provider: OpenAIProtocol, jobs: SqlJobStore) -> Catalogue:
    return Catalogue(Providers(provider), jobs)


@pytest.fixture
def channel_models(
    database: Database, authority: Authority, catalogue: Catalogue, provider: OpenAIProtocol
) -> ChannelModels:
    return ChannelModels(SqlChannelModels(database), authority, catalogue, channel_providers(provider))


@pytest.fixture
def budgets(database: Database) -> SqlBudgetStore:
    return SqlBudgetStore(database)


@pytest.fixture
def spending(database: Database, budgets: SqlBudgetStore, jobs: SqlJobStore) -> ModelSpending:
    return ModelSpending(SqlModelUseStore(database), budgets, jobs, answer_cost)


@pytest.fixture
def lost_models(provider: OpenAIProtocol, jobs: SqlJobStore) -> LostModels:
    return LostModels(jobs, Providers(provider))
