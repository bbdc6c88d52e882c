"""Jobs as they are looked for, and what came of those that have ended. Implements
`bot.experiments.interfaces.ExperimentStore`."""

from collections.abc import Mapping, Sequence

import msgspec

from bot.experiments.filters import Filters, JobNames, matches
from bot.experiments.interfaces import FoundJob, JobOutcome
from bot.jobs import states
from bot.jobs.job import Job
from bot.store.connection import Connection, marks, portions
from bot.store.database import Database


class SqlExperimentStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(self, filters: Filters) -> list[FoundJob]:
        where: list[str] = ["j.created_at >= ?"]
        arguments: list[object] = [filters.since or 0.0]
        for column, value in (("requester", filters.requester), ("origin_channel", filters.channel)):
            if value:
                where.append(f"j.{column} = ?")
                arguments.append(value)
        if filters.states:
            where.append(f"j.state IN ({marks(filters.states)})")
            arguments += filters.states
        # What is not asked for stays unread: all else is in the index.
        names = "j.value, (SELECT sha256 FROM datasets WHERE id = j.dataset_id)" if filters.by_name else "NULL, NULL"
        outcome = "(SELECT value FROM job_outcomes WHERE job_id = j.id)" if filters.sort != "date" else "NULL"
        select = (
            f"SELECT j.id, j.requester, j.origin_channel, j.origin_private, {outcome}, {names}"
            f" FROM jobs j WHERE {' AND '.join(where)} ORDER BY j.created_at DESC"
        )

        def work(db: Connection) -> list[FoundJob]:
            return [
                FoundJob(job_id, requester, channel, bool(private), _OUTCOME.decode(outcome) if outcome else None)
                for job_id, requester, channel, private, outcome, value, sha256 in db.execute(select, arguments)
                if value is None or matches(filters, _NAMES.decode(value), sha256)
            ]

        return await self._database.read(work)

    async def jobs(self, ids: Sequence[str]) -> list[Job]:
        found = dict(await self._rows("SELECT id, value FROM jobs WHERE id", ids))
        return [msgspec.json.decode(found[job_id], type=Job) for job_id in ids if job_id in found]

    async def hashes(self, dataset_ids: Sequence[str]) -> dict[str, str]:
        wanted = list(dict.fromkeys(dataset_ids))
        return dict(await self._rows("SELECT id, sha256 FROM datasets WHERE id", wanted))

    async def outcomes(self, ids: Sequence[str]) -> dict[str, JobOutcome]:
        rows = await self._rows("SELECT job_id, value FROM job_outcomes WHERE job_id", ids)
        return {job_id: _OUTCOME.decode(value) for job_id, value in rows}

    async def without_outcome(self, limit: int) -> list[str]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT id FROM jobs WHERE followed = 0 AND id NOT IN (SELECT job_id FROM job_outcomes)"
                f" AND state IN ({marks(states.ENDED)}) LIMIT ?",
                [*states.ENDED, limit],
            ).fetchall()
        )
        return [row[0] for row in rows]

    async def store_outcomes(self, outcomes: Mapping[str, JobOutcome]) -> None:
        rows = [(job_id, msgspec.json.encode(outcome).decode()) for job_id, outcome in outcomes.items()]

        def work(db: Connection) -> None:
            for row in rows:
                db.execute(
                    "INSERT INTO job_outcomes VALUES (?, ?) ON CONFLICT (job_id) DO UPDATE SET value = excluded.value",
                    row,
                )

        await self._database.write(work)

    async def _rows(self, select: str, ids: Sequence[str]) -> list[tuple[str, str]]:
        def work(db: Connection) -> list[tuple[str, str]]:
            return [row for some in portions(ids) for row in db.execute(f"{select} IN ({marks(some)})", some)]

        return await self._database.read(work)


_NAMES = msgspec.json.Decoder(JobNames)
_OUTCOME = msgspec.json.Decoder(JobOutcome)
