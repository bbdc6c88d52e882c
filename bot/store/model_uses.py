"""Where models and training files are used, gathered from all that uses them.

Implements `bot.models.uses.ModelUses` and `bot.unused.FileUses`.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import msgspec

from bot.access import Resource
from bot.jobs.job import KeptCheckpoint, Loss
from bot.models.uses import Asking, ChannelUse
from bot.store.connection import Connection, marks, portions
from bot.store.database import Database
from bot.unused import FileUse

# Models that are used in a channel, or anywhere.
_MODELS: Final = (
    "SELECT DISTINCT model FROM model_use WHERE {here}",
    "SELECT DISTINCT model FROM conversations WHERE {here}",
    "SELECT model FROM current_models WHERE {here}",
    "SELECT model FROM (SELECT fine_tuned_model AS model, origin_channel AS channel FROM jobs"
    " WHERE fine_tuned_model IS NOT NULL) AS made WHERE {here}",
)
# Each of model, channel, person, when it was used or NULL, whether it is current there, whether it is evaluated
# repeatedly; of some models.
_USES: Final = (
    "SELECT model, channel, user_id, max(at), 0, 0 FROM model_use WHERE model IN ({among})"
    " GROUP BY model, channel, user_id",
    "SELECT model, channel, owner, max(created_at), 0, 0 FROM conversations WHERE model IN ({among})"
    " GROUP BY model, channel, owner",
    "SELECT model, channel, set_by, NULL, 1, 0 FROM current_models WHERE model IN ({among})",
    "SELECT * FROM (SELECT fine_tuned_model AS model, origin_channel, requester, NULL AS at, 0 AS is_current,"
    " 0 AS is_repeated FROM jobs WHERE fine_tuned_model IS NOT NULL) AS made WHERE model IN ({among})",
)
_EVALUATIONS: Final = """
SELECT value, channel, owner, created_at, CASE WHEN repeats.evaluation_id IS NULL THEN 0 ELSE 1 END
FROM evaluations LEFT JOIN evaluation_repeats AS repeats ON repeats.evaluation_id = id
"""
_PRIVATE: Final = (
    "SELECT DISTINCT origin_channel FROM jobs WHERE origin_private = 1 AND origin_channel IN ({channels})",
    "SELECT DISTINCT channel FROM datasets WHERE channel_private = 1 AND channel IN ({channels})",
    "SELECT DISTINCT channel FROM conversations WHERE private = 1 AND channel IN ({channels})",
    "SELECT DISTINCT channel FROM comparisons WHERE private = 1 AND channel IN ({channels})",
    "SELECT DISTINCT channel FROM evaluations WHERE private = 1 AND channel IN ({channels})",
)
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

    async def models(self, channel: str | None = None) -> set[str]:
        return await self._database.read(lambda db: _models(db, channel))

    async def of(self, models: Sequence[str]) -> list[ChannelUse]:
        # Gathered where it is read: thousands of models would hold up the event loop.
        return await self._database.read(lambda db: _uses(db, {*models}))

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


def _models(db: Connection, channel: str | None) -> set[str]:
    here, values = ("1 = 1", []) if channel is None else ("channel = ?", [channel])
    found = {model for sql in _MODELS for (model,) in db.execute(sql.format(here=here), values).fetchall()}
    for asked, where, *_ in _evaluations(db):
        if channel in (None, where):
            found.update(asked)
    of_jobs = _of_jobs(db)
    for job, where in of_jobs:
        if channel in (None, where):
            found.update(job.kept)
    return found - _lost(of_jobs)


def _uses(db: Connection, models: Collection[str]) -> list[ChannelUse]:
    of_jobs = _of_jobs(db)
    wanted = {*models} - _lost(of_jobs)
    if not wanted:
        return []
    found: dict[tuple[str, str], list[_Row]] = {}
    for model, channel, *use in _rows(db, wanted, of_jobs):
        found.setdefault((model, channel), []).append(tuple(use))
    private = _private(db, {channel for _, channel in found})
    return [
        _use(model, channel, channel in private or channel.startswith("D"), uses)
        for (model, channel), uses in found.items()
    ]


def _rows(db: Connection, models: set[str], of_jobs: Sequence[tuple[_OfJob, str]]) -> Iterator[_Row]:
    for some in portions(models):
        for sql in _USES:
            yield from db.execute(sql.format(among=marks(some)), some).fetchall()
    for asked, channel, owner, at, repeated in _evaluations(db):
        yield from ((model, channel, owner, at, 0, repeated) for model in models.intersection(asked))
    for job, channel in of_jobs:
        yield from ((model, channel, job.kept[model].owner, None, 0, 0) for model in models & job.kept.keys())


def _evaluations(db: Connection) -> Iterator[_Row]:
    """Models that were asked, the channel, who had them asked and when, and whether that is repeated."""
    for value, *others in db.execute(_EVALUATIONS).fetchall():
        yield msgspec.json.decode(value, type=_Asked).models, *others


def _of_jobs(db: Connection) -> list[tuple[_OfJob, str]]:
    """Those that know of kept or lost models, with their channels."""
    rows = db.execute("SELECT value, origin_channel FROM jobs WHERE knows_models = 1").fetchall()
    return [(msgspec.json.decode(value, type=_OfJob), channel) for value, channel in rows]


def _lost(of_jobs: Sequence[tuple[_OfJob, str]]) -> set[str]:
    return {model for job, _ in of_jobs for model, loss in job.lost_models.items() if loss is not Loss.SHUT_DOWN}


def _private(db: Connection, channels: Collection[str]) -> set[str]:
    """Those of these channels that are known to be private."""
    return {
        channel
        for some in portions(channels)
        for sql in _PRIVATE
        for (channel,) in db.execute(sql.format(channels=marks(some)), some).fetchall()
    }


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
