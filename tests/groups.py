"""How groups of jobs look, over a test's store."""

from bot.store.database import Database
from bot.store.job_groups import SqliteGroupStore
from bot.store.jobs import SqliteJobStore
from bot.sweeps.progress import SweepProgress
from handlers.outgoing.group_messages import GroupMessages


def group_messages(database: Database) -> GroupMessages:
    groups = SqliteGroupStore(database)
    return GroupMessages(groups, SweepProgress(groups, SqliteJobStore(database)))
