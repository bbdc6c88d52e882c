"""Files, and files that are uploaded in parts."""

from trainer.objects import File, Key, Upload, now
from trainer.store.rows import UNEXPIRED, Rows, seen_by


class Files(Rows):
    def add_file(self, file: File) -> None:
        self._insert("files", file)

    def file(self, id: str) -> File | None:
        return self._one(File, "files", f"id = ? AND {UNEXPIRED}", [id, now()])

    def files(
        self, *, key: Key, after: str | None, limit: int, purpose: str | None, ascending: bool
    ) -> tuple[list[File], bool]:
        where, values = seen_by(key)
        where, values = f"{where} AND {UNEXPIRED}", [*values, now()]
        if purpose:
            where, values = f"{where} AND purpose = ?", [*values, purpose]
        return self._page(File, "files", where, values, after=after, limit=limit, ascending=ascending)

    def expired_files(self, at: int) -> list[File]:
        """Those that nobody sees any more, and whose contents can go."""
        return self._rows(File, "files", "expires_at <= ?", [at])

    def delete_file(self, id: str) -> None:
        self._delete("files", id)

    def add_upload(self, upload: Upload) -> None:
        self._insert("uploads", upload)

    def upload(self, id: str) -> Upload | None:
        return self._one(Upload, "uploads", "id = ?", [id])

    def expired_uploads(self, at: int) -> list[Upload]:
        """Those that were neither completed nor cancelled in time."""
        return self._rows(Upload, "uploads", "status = 'pending' AND expires_at <= ?", [at])

    def ended_uploads(self, at: int) -> list[Upload]:
        """Those that have ended, and whose time was over by then."""
        return self._rows(Upload, "uploads", "status != 'pending' AND expires_at <= ?", [at])

    def delete_upload(self, id: str) -> None:
        self._delete("uploads", id)

    def end_upload(self, id: str, status: str) -> None:
        with self._lock:
            self._db.execute("UPDATE uploads SET status = ? WHERE id = ?", [status, id])
