"""How groups of jobs look, over a test's store."""

from typing import cast
from unittest.mock import Mock

from bot.evaluations.differences import Differences
from bot.evaluations.evaluations import Evaluations
from bot.moves.progress import MoveProgress
from bot.rehearsals.progress import RehearsalProgress
from bot.store.database import Database
from bot.store.evaluations import SqliteEvaluationStore
from bot.store.job_groups import SqliteGroupStore
from bot.store.jobs import SqliteJobStore
from bot.store.outbox import SqliteCardStore
from bot.sweeps.progress import SweepProgress
from handlers.outgoing.group_messages import GroupMessages


def group_messages(database: Database) -> GroupMessages:
    """Nothing is evaluated."""
    groups = SqliteGroupStore(database)
    moves = MoveProgress(groups, cast(Evaluations, Mock()), SqliteEvaluationStore(database), SqliteCardStore(database))
    jobs = SqliteJobStore(database)
    rehearsals = RehearsalProgress(
        groups,
        jobs,
        cast(Evaluations, Mock()),
        SqliteEvaluationStore(database),
        cast(Differences, Mock()),
        SqliteCardStore(database),
    )
    return GroupMessages(groups, SweepProgress(groups, jobs), moves, rehearsals)
