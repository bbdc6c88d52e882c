"""All that a provider holds, as its own JSON and bytes: for a copy of it. Nothing here changes anything there."""

import json
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Protocol

import httpx2  # what the SDK speaks HTTP with; what breaks off in the middle of a content is its error
import openai
from openai import AsyncOpenAI, omit

from bot.providers.interface import Doubtful
from bot.providers.objects import Json
from bot.providers.sdk_errors import errors_classified

_PAGE = 100
_FILES = 1_000
_TIMEOUT = openai.Timeout(60, connect=5)


class _Answer(Protocol):
    @property
    def content(self) -> bytes: ...


class RawObjects:
    """Implements `bot.rescue.source.Source`."""

    def __init__(self, client: AsyncOpenAI) -> None:
        # A copy with other options; it shares the connections.
        self._client = client.with_options(max_retries=0, timeout=_TIMEOUT)
        self._raw = self._client.with_raw_response

    async def models(self) -> Json:
        return await _page(self._raw.models.list())

    async def files(self, after: str | None) -> Json:
        return await _page(self._raw.files.list(limit=_FILES, after=after or omit))

    async def file(self, file_id: str) -> Json:
        return await _object(self._raw.files.retrieve(file_id))

    async def jobs(self, after: str | None) -> Json:
        return await _page(self._raw.fine_tuning.jobs.list(limit=_PAGE, after=after or omit))

    async def events(self, job_id: str, after: str | None) -> Json:
        return await _page(self._raw.fine_tuning.jobs.list_events(job_id, limit=_PAGE, after=after or omit))

    async def checkpoints(self, job_id: str, after: str | None) -> Json:
        return await _page(self._raw.fine_tuning.jobs.checkpoints.list(job_id, limit=_PAGE, after=after or omit))

    async def content(self, file_id: str) -> AsyncIterator[bytes]:
        async with errors_classified(), self._client.files.with_streaming_response.content(file_id) as answer:
            try:
                async for chunk in answer.iter_bytes():
                    yield chunk
            except httpx2.TimeoutException as error:
                raise Doubtful("no_answer_in_time", code="timeout") from error
            except httpx2.HTTPError as error:
                raise Doubtful("connection_broke", code="connection_error") from error

    async def health(self) -> Json:
        """What our trainer says of itself, also where that is that a part of it has stopped; the protocol has no such
        thing."""
        async with errors_classified():
            try:
                return await self._client.get(str(self._client.base_url.join("../healthz")), cast_to=dict[str, Any])
            except openai.APIStatusError as error:
                if error.status_code == 503 and isinstance(error.body, dict) and "status" in error.body:
                    return error.body
                raise

    async def cluster(self) -> Json:
        """On which our trainer has its jobs trained; refused with 404 where it trains them itself."""
        async with errors_classified():
            return await self._client.get("/x/cluster", cast_to=dict[str, Any])

    async def close(self) -> None:
        await self._client.close()


async def _page(answer: Awaitable[_Answer]) -> Json:
    page = await _object(answer)
    async with errors_classified():
        data = page.get("data") or []
        if not isinstance(data, list) or not all(isinstance(one["id"], str) and one["id"] for one in data):
            raise TypeError("no page")
    return {**page, "data": data}


async def _object(answer: Awaitable[_Answer]) -> Json:
    async with errors_classified():
        # Not orjson: a training that diverged tells NaN, which is no JSON, but what Python writes.
        said: Any = json.loads((await answer).content)
        if not isinstance(said, dict):
            raise TypeError("no object")
    return said
