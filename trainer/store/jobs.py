"""Jobs."""

from typing import Any

from trainer.objects import Job, JobStatus, Key
from trainer.store.rows import Rows, seen_by


class Jobs(Rows):
    def add_job(self, job: Job) -> None:
        self._insert("jobs", job)

    def job(self, id: str) -> Job | None:
        return self._one(Job, "jobs", "id = ?", [id])

    def status(self, id: str) -> JobStatus | None:
        job = self.job(id)
        return job.status if job else None

    def change_job(self, id: str, **changes: Any) -> Job:
        """Write some fields of a job; returns the job as it is now. KeyError if there is none."""
        with self._lock:
            self._change("jobs", id, changes)
            job = self.job(id)
        if job is None:
            raise KeyError(id)
        return job

    def jobs(
        self,
        *,
        key: Key,
        after: str | None,
        limit: int,
        metadata: dict[str, str] | None = None,
        without_metadata: bool = False,
    ) -> tuple[list[Job], bool]:
        """Newest first. `metadata` keeps the jobs that carry all of these pairs."""
        where, values = seen_by(key)
        if without_metadata:
            where += " AND (metadata IS NULL OR metadata = 'null' OR metadata = '{}')"
        for name, value in (metadata or {}).items():
            where += " AND EXISTS (SELECT 1 FROM json_each(jobs.metadata) WHERE key = ? AND value = ?)"
            values += [name, value]
        return self._page(Job, "jobs", where, values, after=after, limit=limit)

    def jobs_with_status(self, *statuses: str) -> list[Job]:
        """Oldest first."""
        marks = ", ".join("?" for _ in statuses)
        return self._rows(Job, "jobs", f"status IN ({marks}) ORDER BY seq", list(statuses))

    def count_jobs(self) -> dict[str, int]:
        """By status."""
        with self._lock:
            return dict(self._db.execute("SELECT status, count(*) FROM jobs GROUP BY status").fetchall())

    def untracked_jobs(self) -> list[Job]:
        """Those with an integration that has not been told all, oldest first."""
        return self._rows(Job, "jobs", "integrations IS NOT NULL AND NOT tracked ORDER BY seq", [])
