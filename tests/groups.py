"""How groups of jobs look, over a test's store."""

from typing import cast
from unittest.mock import Mock

from bot.evaluations.differences import Differences
from bot.evaluations.evaluations import Evaluations
from bot.moves.progress import MoveProgress
from bot.rehearsals.progress import RehearsalProgress
from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from bot.sweeps.progress import SweepProgress
from handlers.outgoing.group_messages import GroupMessages


def group_messages(database: Database) -> GroupMessages:
    """Nothing is evaluated."""
    groups = SqlGroupStore(database)
    moves = MoveProgress(groups, cast(Evaluations, Mock()), SqlEvaluationStore(database), SqlCardStore(database))
    jobs = SqlJobStore(database)
    rehearsals = RehearsalProgress(
        groups,
        jobs,
        cast(Evaluations, Mock()),
        SqlEvaluationStore(database),
        cast(Differences, Mock()),
        SqlCardStore(database),
    )
    return GroupMessages(groups, SweepProgress(groups, jobs), moves, rehearsals)
