"""A file is fetched from Slack's own file host only, and the token goes nowhere else."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from bot.notices.interfaces import PostDoubtful
from handlers.web.download import Download, Interrupted
from handlers.web.poster import Poster
from tests.scripted_slack import Slack, error, text
from training_files import TrainingFileError

TOKEN = "xoxb-secret"


class Host:
    """A web server that remembers who came with what."""

    def __init__(self) -> None:
        self.tokens: list[str | None] = []
        self.answer: Callable[[web.Request], web.StreamResponse] = lambda _: web.Response(body=b"a file")

    async def __aenter__(self) -> "Host":
        async def serve(request: web.Request) -> web.StreamResponse:
            self.tokens.append(request.headers.get("Authorization"))
            return self.answer(request)

        app = web.Application()
        app.router.add_get("/{path:.*}", serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


@pytest.fixture
async def files() -> AsyncIterator[Host]:
    async with Host() as host:
        yield host


@pytest.fixture
async def elsewhere() -> AsyncIterator[Host]:
    async with Host() as host:
        yield host


@pytest.fixture
def download(slack: Slack, files: Host) -> Download:
    return Download(Poster(slack.client), lambda: TOKEN, f"{files.url}/api/")


async def _read(download: Download, file: dict[str, Any]) -> bytes:
    return b"".join([chunk async for chunk in download.chunks(file)])


def _file(host: Host, **fields: Any) -> dict[str, Any]:
    return {"id": "F1", "url_private_download": f"{host.url}/F1/train.jsonl", "filetype": "text", **fields}


async def test_the_bytes_come_with_the_token(download: Download, files: Host) -> None:
    assert await _read(download, _file(files)) == b"a file"
    assert files.tokens == [f"Bearer {TOKEN}"]


async def test_another_host_is_never_asked(download: Download, files: Host, elsewhere: Host) -> None:
    with pytest.raises(TrainingFileError, match="strange_place"):
        await _read(download, _file(elsewhere))
    assert elsewhere.tokens == []


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/F1",  # in the clear
        "https://files.slack.com.evil.test/F1",
        "https://files.slack.com@evil.test/F1",
        "https://evil.test/https://files.slack.com/F1",
        "//files.slack.com/F1",
        "",
    ],
)
async def test_what_only_looks_like_slacks_host_is_not_asked(slack: Slack, url: str) -> None:
    real = Download(Poster(slack.client), lambda: TOKEN, "https://slack.com/api/")
    with pytest.raises(TrainingFileError, match="strange_place"):
        await _read(real, {"id": "F1", "url_private_download": url})


async def test_a_redirect_is_not_followed(download: Download, files: Host, elsewhere: Host) -> None:
    def redirect(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{elsewhere.url}/login"})

    files.answer = redirect
    with pytest.raises(TrainingFileError, match="may_not_read_files"):
        await _read(download, _file(files))
    assert elsewhere.tokens == []


async def test_a_login_page_is_no_file_but_a_dropped_page_is(download: Download, files: Host) -> None:
    files.answer = lambda _: web.Response(text="<!doctype html>Sign in", content_type="text/html")
    with pytest.raises(TrainingFileError, match="may_not_read_files"):
        await _read(download, _file(files))
    assert await _read(download, _file(files, filetype="html"))


async def test_a_file_that_is_gone_is_said_to_be(download: Download, files: Host) -> None:
    files.answer = lambda _: web.Response(status=404)
    with pytest.raises(TrainingFileError, match="file_removed") as gone:
        await _read(download, _file(files))
    assert not isinstance(gone.value, Interrupted)


async def test_what_may_pass_is_told_apart(download: Download, files: Host) -> None:
    files.answer = lambda _: web.Response(status=503)
    with pytest.raises(Interrupted):
        await _read(download, _file(files))

    def half(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"half", headers={"Content-Encoding": "gzip"})

    files.answer = half
    with pytest.raises(Interrupted):
        await _read(download, _file(files))


async def test_a_stub_is_looked_up(slack: Slack, download: Download, files: Host) -> None:
    slack.replies["files.info"] = [{"ok": True, "file": _file(files, name="train.jsonl")}]
    details = await download.details({"id": "F1", "file_access": "check_file_info"})
    assert details["name"] == "train.jsonl"
    slack.replies["files.info"] = [error("file_deleted")]
    with pytest.raises(TrainingFileError, match="file_removed"):
        await download.details({"id": "F1"})
    slack.replies["files.info"] = [text(500)]
    with pytest.raises(PostDoubtful):
        await download.details({"id": "F1"})
