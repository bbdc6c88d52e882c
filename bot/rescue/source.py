"""What a rescue asks of a provider; `bot.providers.raw_objects` implements it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from bot.providers.objects import Json


class Source(Protocol):
    """Each method asks once, and may raise ProviderError in one of its kinds. Listings come in pages: `after` is the id
    of the last object of the page before, whichever end the provider begins at."""

    async def models(self) -> Json: ...

    async def files(self, after: str | None) -> Json: ...

    async def file(self, file_id: str) -> Json: ...

    async def jobs(self, after: str | None) -> Json: ...

    async def events(self, job_id: str, after: str | None) -> Json: ...

    async def checkpoints(self, job_id: str, after: str | None) -> Json: ...

    def content(self, file_id: str) -> AsyncIterator[bytes]:
        """A file's bytes as they come. What came before an error is a part of them."""


async def listed(read: Callable[[str | None], Awaitable[Json]]) -> list[Json]:
    """All objects of a listing, each once, in its order. `read` gives the page after an id."""
    found: dict[str, Json] = {}
    after: str | None = None
    while True:
        page = await read(after)
        new = {one["id"]: one for one in page["data"] if one["id"] not in found}
        found |= new
        # A provider that does not know `after` gives the first page again and again.
        if not new or not page.get("has_more"):
            return list(found.values())
        after = str(page["data"][-1]["id"])
