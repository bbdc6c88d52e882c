"""Files that the bot brings to Slack: their bytes first, seen by nobody, then shared where they belong."""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from bot.backoff import Backoff
from bot.notices.interfaces import PostDoubtful, PostRefused
from handlers.web.rate_limits import Priority
from handlers.web.web_api import WebApi

# Between looks whether Slack has shown a file; after the last it goes on without.
_SHARING = Backoff(0.1, longest=2, tries=6)


class Files:
    """All of it raises PostError."""

    def __init__(self, api: WebApi) -> None:
        self._api = api

    async def upload(self, name: str, content: bytes | Path, *, alt_text: str = "") -> str:
        """Bring a file's bytes (at least one) to Slack; its file id. Nobody sees it before it is completed."""
        length = content.stat().st_size if isinstance(content, Path) else len(content)
        arguments = {"filename": name, "length": length, **({"alt_txt": alt_text[:1000]} if alt_text else {})}
        slot = await self._api.call("files.getUploadURLExternal", arguments)
        with contextlib.ExitStack() as stack:
            data = stack.enter_context(content.open("rb")) if isinstance(content, Path) else content
            try:
                async with (
                    aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60 + length / 100_000)) as session,
                    session.post(slot["upload_url"], data=data) as response,
                ):
                    if response.status != 200:
                        raise PostRefused(f"upload answered {response.status}")
            except (aiohttp.ClientError, TimeoutError) as error:
                raise PostDoubtful(type(error).__name__) from error
        return str(slot["file_id"])

    async def upload_image(self, name: str, content: bytes, alt_text: str) -> str:
        """Upload a picture, shared nowhere yet; its file id, once Slack knows what it is.

        An image block that comes before that is refused with invalid_blocks (python-slack-sdk#1521).
        """
        file_id = await self.upload(name, content, alt_text=alt_text)
        await self._api.call("files.completeUploadExternal", {"files": [{"id": file_id, "title": name}]})
        for pause in (0.2, 0.5, 1, 2, 4, 8):
            info = await self._api.call("files.info", {"file": file_id})
            if (info.get("file") or {}).get("mimetype"):
                return file_id
            await asyncio.sleep(pause)
        raise PostRefused("Slack did not process the picture in time")

    async def share(self, files: Mapping[str, str], channel: str, thread_ts: str | None, comment: str = "") -> None:
        """Show uploaded files (id to title) in one message with `comment` (mrkdwn). Slack does not return its ts."""
        arguments: dict[str, Any] = {
            "files": [{"id": file_id, "title": title} for file_id, title in files.items()],
            "channel_id": channel,
            **({"initial_comment": comment} if comment else {}),
        }
        if thread_ts:
            arguments["thread_ts"] = thread_ts
        await self._api.call("files.completeUploadExternal", arguments, priority=Priority.CHAT)
        # What is posted next would otherwise stand above it.
        for pause in _SHARING:
            info = await self._api.call("files.info", {"file": next(iter(files))})
            if (info.get("file") or {}).get("shares"):
                return
            await asyncio.sleep(pause)

    async def link(self, file_id: str) -> str | None:
        """The address of a file in Slack; None where it was deleted, or never completed."""
        try:
            file = (await self._api.call("files.info", {"file": file_id})).get("file") or {}
        except PostRefused:
            return None
        return str(file.get("permalink") or "") or None

    async def delete(self, file_id: str) -> None:
        await self._api.call("files.delete", {"file": file_id}, priority=Priority.PROGRESS)
