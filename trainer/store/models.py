"""Fine-tuned models: further names, who may use them, and when they end."""

from trainer.objects import Model, Permission
from trainer.store.rows import Rows


class Models(Rows):
    def add_model(self, model: Model) -> None:
        self._insert("models", model)

    def model(self, id: str) -> Model | None:
        return self._one(Model, "models", "id = ?", [id])

    def models(self) -> list[Model]:
        return self._rows(Model, "models", "1 ORDER BY seq DESC", [])

    def delete_model(self, id: str) -> None:
        with self.atomic():
            self._delete("models", id)
            self.set_shutdown(id, None)
            self._db.execute("DELETE FROM permissions WHERE model = ?", [id])
            self._db.execute("DELETE FROM aliases WHERE model = ?", [id])

    def aliases(self) -> dict[str, str]:
        """The models that further names stand for, by those names."""
        with self._lock:
            return dict(self._db.execute("SELECT alias, model FROM aliases ORDER BY alias").fetchall())

    def set_alias(self, alias: str, model: str | None) -> None:
        with self._lock:
            self._db.execute("DELETE FROM aliases WHERE alias = ?", [alias])
            if model is not None:
                self._table("aliases").insert({"alias": alias, "model": model})

    def grant(self, permission: Permission) -> Permission:
        """Add a permission; returns the one that stands, which is the older one where the project had it already."""
        with self.atomic():
            where, values = "model = ? AND project = ?", [permission.model, permission.project]
            there = self._one(Permission, "permissions", where, values)
            if there is None:
                self._insert("permissions", permission)
        return there or permission

    def permissions(
        self, model: str, *, project: str | None, after: str | None, limit: int, ascending: bool
    ) -> tuple[list[Permission], bool]:
        where, values = "model = ?", [model]
        if project is not None:
            where, values = f"{where} AND project = ?", [*values, project]
        return self._page(Permission, "permissions", where, values, after=after, limit=limit, ascending=ascending)

    def revoke(self, id: str, model: str) -> bool:
        """Whether there was such a permission of this model."""
        with self._lock:
            return self._db.execute("DELETE FROM permissions WHERE id = ? AND model = ?", [id, model]).rowcount > 0

    def granted(self, model: str, project: str) -> bool:
        return self._one(Permission, "permissions", "model = ? AND project = ?", [model, project]) is not None

    def shutdowns(self) -> dict[str, str]:
        """The days (YYYY-MM-DD) from which models answer no more, by the models' ids."""
        with self._lock:
            return dict(self._db.execute("SELECT model, date FROM shutdowns").fetchall())

    def set_shutdown(self, model: str, date: str | None) -> None:
        with self._lock:
            self._db.execute("DELETE FROM shutdowns WHERE model = ?", [model])
            if date is not None:
                self._table("shutdowns").insert({"model": model, "date": date})
