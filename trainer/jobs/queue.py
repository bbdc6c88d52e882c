"""The jobs that wait, in the order of their turns."""

from __future__ import annotations

import time

from trainer.jobs.fairness import LATELY, Waiting, in_order
from trainer.objects import PRIORITIES, Job
from trainer.store import Store


class Queue:
    def __init__(self, store: Store) -> None:
        self._store = store

    def jobs(self) -> list[Job]:
        """The next first."""
        at = time.time()
        queued = {job.id: job for job in self._store.jobs_with_status("queued")}
        waiting = [
            Waiting(
                job.id,
                since=job.queued_at or job.created_at,
                group=job.group,
                priority=PRIORITIES.index(job.priority),
                devices=job.devices,
            )
            for job in queued.values()
        ]
        used = self._store.device_seconds(since=at - LATELY, until=at) if len(waiting) > 1 else {}
        return [queued[one.id] for one in in_order(waiting, used, at)]

    def places(self) -> dict[str, int]:
        """Of each job that waits, from 1."""
        return {job.id: place for place, job in enumerate(self.jobs(), 1)}
