"""What jobs tell while they train: events, metrics, checkpoints."""

from typing import Any

from trainer.objects import Checkpoint, Event
from trainer.store.rows import Rows


class Events(Rows):
    def add_event(self, event: Event) -> None:
        self._insert("events", event)

    def events(self, job_id: str, *, after: str | None, limit: int) -> tuple[list[Event], bool]:
        return self._page(Event, "events", "job_id = ?", [job_id], after=after, limit=limit)

    def metrics(self, job_id: str) -> list[dict[str, Any]]:
        """The measurements of a job, one for each step, in the order of the steps; of a step measured twice (a job
        that began again), the later ones."""
        rows = self._rows(Event, "events", "job_id = ? AND type = 'metrics' ORDER BY seq", [job_id])
        by_step = {row.data["step"]: row.data for row in rows}
        return [by_step[step] for step in sorted(by_step)]

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        self._insert("checkpoints", checkpoint)

    def checkpoints(self, job_id: str, *, after: str | None, limit: int) -> tuple[list[Checkpoint], bool]:
        """Highest step first: they are added in the order of their steps."""
        return self._page(Checkpoint, "checkpoints", "job_id = ?", [job_id], after=after, limit=limit)

    def checkpoint_of(self, model: str) -> Checkpoint | None:
        """The checkpoint that answers as this model."""
        return self._one(Checkpoint, "checkpoints", "model = ?", [model])
