"""The sandbox as a server, in a process of its own or inside a test."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox import app_endpoints, control
from sandbox.manifest import Manifest
from sandbox.page import routes as page
from sandbox.security import Guard
from sandbox.settings import Settings
from sandbox.state import SandboxState
from sandbox.user_error import UserError


async def _healthz(request: Request) -> Response:
    return PlainTextResponse("ok")


async def _bad_request(request: Request, error: Exception) -> Response:
    return JSONResponse({"ok": False, "error": str(error)}, 400)


def create_app(state: SandboxState, allowed_hosts: frozenset[str] = frozenset()) -> Starlette:
    """All routes: Slack's API, the control API, the page."""
    return Starlette(
        routes=[Route("/healthz", _healthz), *app_endpoints.routes(state), *control.routes(state), *page.routes(state)],
        middleware=[Middleware(Guard, key=state.secrets.key, allowed_hosts=allowed_hosts)],
        exception_handlers={UserError: _bad_request, control.BadRequest: _bad_request},
    )


class Sandbox:
    """A workspace behind a real socket.

    async with Sandbox(data=tmp_path, manifest=Path("manifest.yml")) as sandbox:
        client = AsyncWebClient(sandbox.bot_token, base_url=sandbox.api_url)

    manifest  -- the app's manifest.yml
    samples   -- a folder with sample files for the page (see `samples`)
    settings  -- times and rates; Slack's by default
    tokens    -- bot_token, app_token, signing_secret, key; others are read from `data`, or generated
    allowed_hosts -- further host names under which the sandbox answers
    """

    def __init__(
        self,
        *,
        data: Path,
        manifest: Path,
        samples: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        settings: Settings | None = None,
        tokens: dict[str, str] | None = None,
        allowed_hosts: frozenset[str] = frozenset(),
    ) -> None:
        self.state = SandboxState(data, Manifest.read(manifest), samples, settings or Settings(), tokens or {})
        self.host, self.port = host, port
        self.bot_token = self.state.secrets.bot_token
        self.app_token = self.state.secrets.app_token
        self.signing_secret = self.state.secrets.signing_secret
        self.key = self.state.secrets.key
        self._allowed_hosts = allowed_hosts
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        name = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://[{name}]:{self.port}" if ":" in name else f"http://{name}:{self.port}"

    @property
    def api_url(self) -> str:
        """For AsyncWebClient(base_url=...)."""
        return self.url + "/api/"

    @property
    def page_url(self) -> str:
        """For a browser; contains the key."""
        return f"{self.url}/?key={self.key}"

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self.state.base_url = self.state.workspace.base_url = self.url
        config = uvicorn.Config(
            self._app(),
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            ws_max_size=32 * 1024 * 1024,
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            if self._task.done():
                await self._task
                raise RuntimeError("the sandbox did not start")
            await asyncio.sleep(0.01)

    def _app(self) -> ASGIApp:
        return create_app(self.state, self._allowed_hosts)

    async def stop(self) -> None:
        """Stop listening. The workspace is on disk already."""
        await self.state.close()
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._server = None

    async def reset(self) -> None:
        """Begin again with a new workspace in the same server; see SandboxState.reset."""
        await self.state.reset()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class _Server(uvicorn.Server):
    """Does not install signal handlers: that is up to the process that runs the sandbox."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
