"""Fetch a file from Slack: from Slack's own file host only, never following a redirect with the token.

Without the right to read a file Slack redirects to a login page, which ends in 200 text/html (bolt-js#2585).
"""

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.notices.interfaces import PostRefused
from handlers.web.poster import Poster
from training_files import TrainingFileError

_CHUNK = 256 * 1024
_SLACKS = ("https", "files.slack.com")


class Interrupted(TrainingFileError):
    """Slack did not hand the file out to its end this time; it may the next."""


class Download:
    """`token` gives the one that is valid now. `api_url` is the base of the Web API; another one than Slack's brings
    its own file host."""

    def __init__(self, poster: Poster, token: Callable[[], str], api_url: str) -> None:
        self._poster = poster
        self._token = token
        api = urlsplit(api_url)
        self._host = _SLACKS if (api.hostname or "").endswith("slack.com") else (api.scheme, api.netloc)

    async def details(self, file: dict[str, Any]) -> dict[str, Any]:
        """The file object in full: events may carry a stub of it (Slack Connect, or sent too early).

        Raises TrainingFileError where the file is gone or not for us, PostLater and PostDoubtful where Slack cannot
        tell at the moment.
        """
        if file.get("url_private") and file.get("file_access", "visible") == "visible":
            return file
        try:
            return dict((await self._poster.call("files.info", {"file": file["id"]}))["file"])
        except PostRefused as error:
            raise _refused(str(error)) from error

    async def chunks(self, file: dict[str, Any]) -> AsyncIterator[bytes]:
        """The file's bytes. Raises TrainingFileError, Interrupted where trying again may help."""
        if file.get("mode") == "external" or file.get("is_external"):
            raise TrainingFileError("outside_of_slack")
        url = str(file.get("url_private_download") or file.get("url_private") or "")
        if urlsplit(url)[:2] != self._host:
            raise TrainingFileError("strange_place")
        headers = {"Authorization": f"Bearer {self._token()}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(None, sock_connect=10, sock_read=60)) as session,
                session.get(url, headers=headers, allow_redirects=False) as response,
            ):
                if response.status in {404, 410}:
                    raise _refused("file_deleted")
                login = response.content_type == "text/html" and file.get("filetype") not in {"html", "htm"}
                if response.status in {301, 302, 303, 307, 308, 401, 403} or login:
                    raise _refused("missing_scope")
                if response.status == 429 or response.status >= 500:
                    raise Interrupted("not_handed_out", status=response.status)
                if response.status != 200:
                    raise TrainingFileError("not_handed_out", status=response.status)
                async for chunk in response.content.iter_chunked(_CHUNK):
                    yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Interrupted("connection_broke") from error


def _refused(code: str) -> TrainingFileError:
    """`code`: Slack's error."""
    if code in {"file_deleted", "file_not_found"}:
        return TrainingFileError("file_removed")
    if code.startswith("missing_scope"):
        return TrainingFileError("may_not_read_files")
    return TrainingFileError("refused_by_slack", slack=code)
