from dataclasses import dataclass, field

import pytest

from bot.access import Policy
from bot.authority import Authority
from bot.channels import Channel
from bot.store.audit import SqlAuditLog
from bot.store.database import Database


@pytest.fixture
def audit(database: Database) -> SqlAuditLog:
    return SqlAuditLog(database)


@pytest.fixture
def authority(audit: SqlAuditLog) -> Authority:
    return Authority(Policy(), audit)


@dataclass
class Workspace:
    """Every channel is public and the bot is in it, but for these."""

    private: set[str] = field(default_factory=lambda: {"G0SECRET"})
    without_bot: set[str] = field(default_factory=lambda: {"C0ELSEWHERE"})

    async def channel(self, channel: str) -> Channel:
        return Channel(channel, private=channel in self.private, member=channel not in self.without_bot)


@pytest.fixture
def channels() -> Workspace:
    return Workspace()
