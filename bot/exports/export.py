"""A fine-tuned model that a provider writes as one file to take away: a value, and its store."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from bot.access import Resource
from bot.providers.interface import RemoteExport


class ExportState(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ExportFormat(StrEnum):
    ADAPTER = "adapter"
    MERGED = "merged"
    GGUF = "gguf"


class Export(msgspec.Struct, frozen=True):
    """`remote` is what the provider says of it; `owner` asked for it. The message about it stands in `channel`."""

    id: str
    provider: str
    model: str
    remote: RemoteExport
    owner: str
    team: str
    channel: str
    thread_ts: str | None
    private: bool
    created_at: float

    @property
    def state(self) -> ExportState:
        words = {"succeeded": ExportState.SUCCEEDED, "failed": ExportState.FAILED}
        return words.get(self.remote.status, ExportState.RUNNING)

    @property
    def resource(self) -> Resource:
        return Resource(self.owner, self.channel, self.private, "model", self.model)


class ExportStore(Protocol):
    async def put(self, export: Export) -> Export:
        """Store a new one; the one that is there already, of this id."""

    async def get(self, export_id: str) -> Export | None: ...

    async def update(self, export: Export) -> None: ...

    async def open(self) -> Sequence[str]:
        """Ids of those whose message does not show the end yet, oldest first."""

    async def rest(self, export_id: str) -> None:
        """Nothing more is to be shown."""
