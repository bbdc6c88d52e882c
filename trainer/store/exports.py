"""Exports of models."""

from typing import Any

from trainer.objects import Export, Key
from trainer.store.rows import Rows, seen_by


class Exports(Rows):
    def add_export(self, export: Export) -> None:
        self._insert("exports", export)

    def export(self, id: str) -> Export | None:
        return self._one(Export, "exports", "id = ?", [id])

    def change_export(self, id: str, **changes: Any) -> Export | None:
        """Write some fields; the export as it is now, None where it was deleted meanwhile."""
        with self._lock:
            self._change("exports", id, changes)
            return self.export(id)

    def exports(self, *, key: Key, model: str | None, after: str | None, limit: int) -> tuple[list[Export], bool]:
        where, values = seen_by(key)
        if model is not None:
            where, values = f"{where} AND model = ?", [*values, model]
        return self._page(Export, "exports", where, values, after=after, limit=limit)

    def exports_of(self, model: str) -> list[Export]:
        return self._rows(Export, "exports", "model = ?", [model])

    def unfinished_exports(self) -> list[Export]:
        """Oldest first."""
        return self._rows(Export, "exports", "status IN ('queued', 'running') ORDER BY seq", [])

    def expired_exports(self, at: int) -> list[Export]:
        return self._rows(Export, "exports", "expires_at <= ?", [at])

    def delete_export(self, id: str) -> None:
        self._delete("exports", id)
