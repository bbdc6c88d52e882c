"""Fetch a file from Slack: from Slack's own file host only, never following a redirect with the token.

Without the right to read a file Slack redirects to a login page, which ends in 200 text/html (bolt-js#2585).
"""

from collections.abc import AsyncIterator
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
    """`api_url` is the base of the Web API; another one than Slack's brings its own file host."""

    def __init__(self, poster: Poster, token: str, api_url: str) -> None:
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
            raise TrainingFileError(_why_not(str(error))) from error

    async def chunks(self, file: dict[str, Any]) -> AsyncIterator[bytes]:
        """The file's bytes. Raises TrainingFileError with a sentence for the person, Interrupted where trying again
        may help.
        """
        if file.get("mode") == "external" or file.get("is_external"):
            raise TrainingFileError("The file lies outside of Slack. Download it, then drop the file itself here.")
        url = str(file.get("url_private_download") or file.get("url_private") or "")
        if urlsplit(url)[:2] != self._host:
            raise TrainingFileError("Slack names a strange place for this file, so I did not fetch it. Drop it again.")
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(None, sock_connect=10, sock_read=60)) as session,
                session.get(url, headers={"Authorization": f"Bearer {self._token}"}, allow_redirects=False) as response,
            ):
                if response.status in {404, 410}:
                    raise TrainingFileError(_why_not("file_deleted"))
                login = response.content_type == "text/html" and file.get("filetype") not in {"html", "htm"}
                if response.status in {301, 302, 303, 307, 308, 401, 403} or login:
                    raise TrainingFileError(_why_not("missing_scope"))
                if response.status != 200:
                    kind = Interrupted if response.status == 429 or response.status >= 500 else TrainingFileError
                    raise kind(
                        f"Slack did not hand the file out (status {response.status}). Drop it again in a minute."
                    )
                async for chunk in response.content.iter_chunked(_CHUNK):
                    yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Interrupted("The connection to Slack broke while I read the file. Drop it again.") from error


def _why_not(code: str) -> str:
    if code in {"file_deleted", "file_not_found"}:
        return "The file was removed before I could read it. Drop it again if you still want to train on it."
    if code.startswith("missing_scope"):
        return (
            "Slack does not let me read files: my app lacks the scope `files:read`. An administrator can add it under "
            "*OAuth & Permissions* and reinstall the app; then drop the file again."
        )
    return f"Slack did not let me read the file ({code}). Drop it again, or ask an administrator."
