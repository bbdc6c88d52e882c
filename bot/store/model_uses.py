"""Where models and training files are used, gathered from all that uses them.

Implements `bot.models.uses.ModelUses` and `bot.unused.FileUses`.
"""

from collections.abc import Sequence
from typing import Any, Final

from bot.access import Resource
from bot.jobs.job import Loss
from bot.models.uses import Asking, ChannelUse
from bot.store.connection import Connection
from bot.store.database import Database
from bot.unused import FileUse

# model, channel, person, when it was used or NULL, whether it is current there, whether it is evaluated repeatedly
_USES: Final = """
SELECT model, channel, user, max(at), 0, 0 FROM model_use GROUP BY model, channel, user
UNION ALL SELECT json_extract(value, '$.model'), channel, json_extract(value, '$.owner'),
    max(json_extract(value, '$.created_at')), 0, 0 FROM conversations GROUP BY 1, 2, 3
UNION ALL SELECT each.value, channel, json_extract(e.value, '$.owner'), max(e.created_at), 0,
    max(EXISTS (SELECT 1 FROM evaluation_repeats r WHERE r.evaluation_id = e.id))
    FROM evaluations e, json_each(e.value, '$.models') each GROUP BY 1, 2, 3
UNION ALL SELECT model, channel, set_by, NULL, 1, 0 FROM current_models
UNION ALL SELECT fine_tuned_model, origin_channel, requester, NULL, 0, 0 FROM jobs
    WHERE fine_tuned_model IS NOT NULL
UNION ALL SELECT each.key, origin_channel, json_extract(each.value, '$.owner'), NULL, 0, 0
    FROM jobs j, json_each(j.value, '$.kept') each
"""
_LOST: Final = "SELECT each.key FROM jobs j, json_each(j.value, '$.lost_models') each WHERE each.value <> ?"
_PRIVATE: Final = """
SELECT origin_channel FROM jobs WHERE origin_private
UNION SELECT channel FROM datasets WHERE json_extract(value, '$.channel_private')
UNION SELECT channel FROM conversations WHERE json_extract(value, '$.private')
UNION SELECT channel FROM comparisons WHERE json_extract(value, '$.private')
UNION SELECT channel FROM evaluations WHERE json_extract(value, '$.private')
"""
_CONVERSATIONS: Final = """
SELECT c.id, max(json_extract(c.value, '$.created_at'), coalesce(max(u.at), 0)) AS latest
FROM conversations c LEFT JOIN model_use u ON u.subject = c.id
WHERE c.channel = ? AND json_extract(c.value, '$.model') = ?
GROUP BY c.id HAVING latest >= ? ORDER BY latest DESC
"""
_REPEATS: Final = """
SELECT e.id FROM evaluation_repeats r JOIN evaluations e ON e.id = r.evaluation_id
WHERE e.channel = ? AND EXISTS (SELECT 1 FROM json_each(e.value, '$.models') WHERE value = ?)
"""
# file, when, model that came of it, channel, whether that is private, person
_FILE_USES: Final = """
SELECT dataset_id, created_at, fine_tuned_model, origin_channel, origin_private, requester FROM jobs
    WHERE dataset_id IS NOT NULL
UNION ALL SELECT json_extract(value, '$.validation_dataset_id'), created_at, NULL, origin_channel, origin_private,
    requester FROM jobs WHERE json_extract(value, '$.validation_dataset_id') IS NOT NULL
UNION ALL SELECT json_extract(value, '$.dataset_id'), created_at, NULL, channel,
    coalesce(json_extract(value, '$.private'), 0), json_extract(value, '$.owner') FROM evaluations
"""


class SqlModelUses:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[ChannelUse]:
        def work(db: Connection) -> tuple[list[tuple[Any, ...]], set[str], set[str]]:
            lost = {model for (model,) in db.execute(_LOST, [Loss.SHUT_DOWN]).fetchall()}
            private = {channel for (channel,) in db.execute(_PRIVATE).fetchall()}
            return db.execute(_USES).fetchall(), lost, private

        rows, lost, private = await self._database.read(work)
        found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        for model, channel, *use in rows:
            if model not in lost:
                found.setdefault((model, channel), []).append(tuple(use))
        return [
            _use(model, channel, channel in private or channel.startswith("D"), uses)
            for (model, channel), uses in found.items()
        ]

    async def asking(self, model: str, channel: str, since: float) -> Asking:
        def work(db: Connection) -> Asking:
            found = [
                db.execute(_CONVERSATIONS, [channel, model, since]).fetchall(),
                db.execute(_REPEATS, [channel, model]).fetchall(),
            ]
            return Asking(*(tuple(id for id, *_ in rows) for rows in found))

        return await self._database.read(work)

    async def of_files(self) -> list[FileUse]:
        rows = await self._database.read(lambda db: db.execute(_FILE_USES).fetchall())
        return [
            FileUse(dataset_id, at, Resource(owner, channel, bool(private)), model)
            for dataset_id, at, model, channel, private, owner in rows
        ]


def _use(model: str, channel: str, private: bool, uses: Sequence[tuple[Any, ...]]) -> ChannelUse:
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
