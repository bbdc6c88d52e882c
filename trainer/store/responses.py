"""Responses that are kept, for the next one to go on from."""

from trainer.objects import StoredResponse, now
from trainer.store.rows import UNEXPIRED, Rows


class Responses(Rows):
    def add_response(self, response: StoredResponse) -> None:
        self._insert("responses", response)

    def response(self, id: str) -> StoredResponse | None:
        return self._one(StoredResponse, "responses", f"id = ? AND {UNEXPIRED}", [id, now()])

    def delete_response(self, id: str) -> None:
        self._delete("responses", id)

    def delete_expired_responses(self, at: int) -> None:
        with self._lock:
            self._db.execute("DELETE FROM responses WHERE expires_at <= ?", [at])
