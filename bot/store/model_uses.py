"""Where models and training files are used, gathered from all that uses them.

Implements `bot.models.uses.ModelUses` and `bot.unused.FileUses`.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bot.access import Resource
from bot.jobs.job import KeptCheckpoint, Loss
from bot.models.uses import Asking, ChannelUse
from bot.store.connection import Connection
from bot.store.database import Database
from bot.unused import FileUse

# model, channel, person, when it was used or NULL, whether it is current there, whether it is evaluated repeatedly
_USES: Final = """
SELECT model, channel, user_id, max(at), 0, 0 FROM model_use GROUP BY model, channel, user_id
UNION ALL SELECT model, channel, owner, max(created_at), 0, 0 FROM conversations GROUP BY model, channel, owner
UNION ALL SELECT model, channel, set_by, NULL, 1, 0 FROM current_models
UNION ALL SELECT fine_tuned_model, origin_channel, requester, NULL, 0, 0 FROM jobs
    WHERE fine_tuned_model IS NOT NULL
"""
_EVALUATIONS: Final = """
SELECT value, channel, owner, created_at, CASE WHEN repeats.evaluation_id IS NULL THEN 0 ELSE 1 END
FROM evaluations LEFT JOIN evaluation_repeats AS repeats ON repeats.evaluation_id = id
"""
_PRIVATE: Final = """
SELECT origin_channel FROM jobs WHERE origin_private = 1
UNION SELECT channel FROM datasets WHERE channel_private = 1
UNION SELECT channel FROM conversations WHERE private = 1
UNION SELECT channel FROM comparisons WHERE private = 1
UNION SELECT channel FROM evaluations WHERE private = 1
"""
_CONVERSATIONS: Final = """
SELECT id, CASE WHEN used_at > created_at THEN used_at ELSE created_at END AS latest FROM (
    SELECT c.id, c.created_at, max(u.at) AS used_at FROM conversations c LEFT JOIN model_use u ON u.subject = c.id
    WHERE c.channel = ? AND c.model = ? GROUP BY c.id, c.created_at
) AS talks ORDER BY latest DESC
"""
_REPEATS: Final = """
SELECT e.id, e.value FROM evaluation_repeats r JOIN evaluations e ON e.id = r.evaluation_id WHERE e.channel = ?
"""
# file, when, model that came of it, channel, whether that is private, person
_FILE_USES: Final = """
SELECT dataset_id, created_at, fine_tuned_model, origin_channel, origin_private, requester FROM jobs
    WHERE dataset_id IS NOT NULL
UNION ALL SELECT validation_dataset_id, created_at, NULL, origin_channel, origin_private, requester FROM jobs
    WHERE validation_dataset_id IS NOT NULL
UNION ALL SELECT dataset_id, created_at, NULL, channel, private, owner FROM evaluations
"""

_Row = tuple[Any, ...]


class _OfJob(msgspec.Struct):
    """What is asked of a job."""

    lost_models: dict[str, Loss] = {}
    kept: dict[str, KeptCheckpoint] = {}


class _Asked(msgspec.Struct):
    """What is asked of an evaluation."""

    models: tuple[str, ...]


class SqlModelUses:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[ChannelUse]:
        # Gathered where it is read: thousands of models would hold up the event loop.
        return await self._database.read(_every_use)

    async def asking(self, model: str, channel: str, since: float) -> Asking:
        def work(db: Connection) -> Asking:
            talks = db.execute(_CONVERSATIONS, [channel, model]).fetchall()
            repeats = db.execute(_REPEATS, [channel]).fetchall()
            return Asking(
                tuple(id for id, latest in talks if latest >= since),
                tuple(id for id, value in repeats if model in msgspec.json.decode(value, type=_Asked).models),
            )

        return await self._database.read(work)

    async def of_files(self) -> list[FileUse]:
        rows = await self._database.read(lambda db: db.execute(_FILE_USES).fetchall())
        return [
            FileUse(dataset_id, at, Resource(owner, channel, bool(private)), model)
            for dataset_id, at, model, channel, private, owner in rows
        ]


def _every_use(db: Connection) -> list[ChannelUse]:
    jobs = db.execute("SELECT value, origin_channel FROM jobs WHERE knows_models = 1").fetchall()
    of_jobs = [(msgspec.json.decode(value, type=_OfJob), channel) for value, channel in jobs]
    lost = {model for job, _ in of_jobs for model, loss in job.lost_models.items() if loss is not Loss.SHUT_DOWN}
    private = {channel for (channel,) in db.execute(_PRIVATE).fetchall()}
    rows: list[_Row] = db.execute(_USES).fetchall()
    rows += [
        (model, channel, owner, at, 0, repeated)
        for value, channel, owner, at, repeated in db.execute(_EVALUATIONS).fetchall()
        for model in msgspec.json.decode(value, type=_Asked).models
    ]
    rows += [(model, channel, kept.owner, None, 0, 0) for job, channel in of_jobs for model, kept in job.kept.items()]
    found: dict[tuple[str, str], list[_Row]] = {}
    for model, channel, *use in rows:
        if model not in lost:
            found.setdefault((model, channel), []).append(tuple(use))
    return [
        _use(model, channel, channel in private or channel.startswith("D"), uses)
        for (model, channel), uses in found.items()
    ]


def _use(model: str, channel: str, private: bool, uses: Sequence[_Row]) -> ChannelUse:
    latest = sorted(uses, key=lambda use: use[1] or 0, reverse=True)
    return ChannelUse(
        model,
        channel,
        private,
        tuple(dict.fromkeys(user for user, *_ in latest if user)),
        latest[0][1],
        any(current for _, _, current, _ in uses),
        any(repeated for *_, repeated in uses),
    )
