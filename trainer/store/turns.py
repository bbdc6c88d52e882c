"""When jobs had how many devices."""

from trainer.objects import Job
from trainer.store.rows import Rows


class Turns(Rows):
    def begin_turn(self, job: Job, at: float) -> None:
        owner, channel = job.group
        row = {"job_id": job.id, "owner": owner, "channel": channel, "devices": job.devices, "began_at": at}
        with self.atomic():
            self.end_turn(job.id, at)  # of a server that was cut off
            self._table("turns").insert(row)

    def end_turn(self, job_id: str, at: float) -> None:
        with self._lock:
            self._db.execute("UPDATE turns SET ended_at = ? WHERE job_id = ? AND ended_at IS NULL", [at, job_id])

    def end_turns_of_resting_jobs(self, at: float) -> None:
        """After the start: of those that do not train any more."""
        resting = "job_id NOT IN (SELECT id FROM jobs WHERE status = 'running')"
        with self._lock:
            self._db.execute(f"UPDATE turns SET ended_at = ? WHERE ended_at IS NULL AND {resting}", [at])

    def device_seconds(self, *, since: float, until: float) -> dict[tuple[str, str], float]:
        """Of each key and channel. What ended before is forgotten."""
        used: dict[tuple[str, str], float] = {}
        with self.atomic():
            self._db.execute("DELETE FROM turns WHERE ended_at <= ?", [since])
            rows = self._db.execute("SELECT owner, channel, devices, began_at, ended_at FROM turns").fetchall()
        for owner, channel, devices, began_at, ended_at in rows:
            seconds = max(0.0, min(ended_at or until, until) - max(began_at, since)) * devices
            used[owner, channel] = used.get((owner, channel), 0.0) + seconds
        return used
