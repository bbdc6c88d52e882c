"""How fast trainings were, and what memory they took."""

from trainer.objects import Pace
from trainer.store.rows import Rows


class Paces(Rows):
    def add_pace(self, pace: Pace) -> None:
        self._insert("paces", pace)

    def paces(self, *, base: str, method: str, whole: bool, machine: str) -> list[Pace]:
        """Newest first."""
        where = "base = ? AND method = ? AND whole = ? AND machine = ? ORDER BY seq DESC LIMIT 100"
        return self._rows(Pace, "paces", where, [base, method, whole, machine])

    def latest_pace(self, machine: str) -> Pace | None:
        """Of whatever was trained there last: it tells the device."""
        return self._one(Pace, "paces", "machine = ? ORDER BY seq DESC LIMIT 1", [machine])
