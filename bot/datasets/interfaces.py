"""The store of data sets, as an interface; `bot.store.datasets` implements it."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from bot.audit import Entry
from bot.datasets.dataset import Dataset


class DatasetStore(Protocol):
    async def save(self, dataset: Dataset) -> None: ...

    async def update(
        self, dataset_id: str, make: Callable[[Dataset], Dataset], *, audit: Sequence[Entry] = ()
    ) -> Dataset | None:
        """Read a data set, let `make` say what becomes of it, and store that and the audit entries: one transaction, so
        nobody's change is lost. `make` is pure and quick. The data set as it was stored; None, and nothing done, where
        there is none, or it was deleted.
        """

    async def get(self, dataset_id: str) -> Dataset | None:
        """A deleted one too."""

    async def by_file(self, file_id: str) -> list[Dataset]:
        """Data sets made from one Slack file, not deleted."""

    async def by_hash(self, sha256: str) -> list[Dataset]:
        """Data sets with these bytes, not deleted."""

    async def by_hashes(self, sha256s: Collection[str]) -> dict[str, list[Dataset]]:
        """As `by_hash`, of several at once; a hash that has none is left out."""

    async def last_deleted(self, sha256: str) -> Dataset | None:
        """Of those with these bytes that were deleted, the one that was last."""

    async def of_message(self, channel: str, created_at: float) -> list[Dataset]:
        """Data sets that were dropped with one message, deleted ones too."""

    async def remember_reaction(self, dataset_id: str, reaction: str | None) -> None:
        """Of a deleted one too."""

    async def latest(self, limit: int) -> list[Dataset]:
        """Those that are listed and not deleted, the latest first."""

    async def unlisted_parts(self, dataset_id: str) -> list[Dataset]:
        """What is not listed and holds examples of this one, also what was deleted."""

    async def threads(self, channel: str, since: float, limit: int) -> list[str]:
        """The threads in which files were reported on since then (seconds since the epoch), the latest first."""

    async def direct_messages(self) -> list[str]:
        """Slack's ids of the conversations in which a person has given the bot a file directly."""

    async def report_ts(self, dataset_id: str) -> str | None:
        """The message that carries the report, once it has been posted."""

    async def set_report_ts(self, dataset_id: str, ts: str) -> None: ...
