"""Access control: the key in the address, later a cookie, and no requests from other web pages.

The sandbox listens on this machine, and any web page that a person visits can send requests to it. So Host must
name this machine or be an IP address (a foreign name that resolves here is DNS rebinding), a browser's requests
must come from the sandbox's own page (Origin), and the key is always needed.
"""

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "sandbox_key"
"""Followed by the port: cookies are shared between ports, and two sandboxes may run side by side."""
OPEN_PATHS = ("/healthz", "/api/", "/files-pri/", "/upload/", "/response/", "/signin", "/link/", "/static/")
"""Paths that need no key: the app's endpoints check tokens."""


def signed_in(connection: HTTPConnection, key: str, *, by_cookie: bool = True) -> bool:
    """Whether a request carries the key: as Bearer, as ?key=, or in the cookie."""
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    offered = (
        token.strip() if kind.lower() == "bearer" else "",
        connection.query_params.get("key", ""),
        *(v for name, v in connection.cookies.items() if by_cookie and name.startswith(COOKIE)),
    )
    return any(hmac.compare_digest(o.encode(), key.encode()) for o in offered)


def is_this_machine(host: str, allowed: frozenset[str]) -> bool:
    """Whether a Host header names this machine: localhost, an IP address, or an allowed name."""
    name = urlsplit(f"//{host}").hostname or ""
    if name in allowed or name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """ASGI middleware that rejects requests which do not come from this sandbox's page, the app, or a test."""

    def __init__(self, app: ASGIApp, key: str, allowed_hosts: frozenset[str]) -> None:
        self.app = app
        self.key = key
        self.allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if reason := self._denial(scope, headers):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4003})
            else:
                await PlainTextResponse(reason, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _denial(self, scope: Scope, headers: Headers) -> str:
        host = headers.get("host", "")
        if not is_this_machine(host, self.allowed_hosts):
            return "This sandbox answers only under this machine's own names (Host)."
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != host:
            return "Other web pages may not send requests to this sandbox (Origin)."
        path = scope["path"]
        # To a browser, a page on another port of this machine is the same site: its image and link requests carry
        # our cookie. In the control API a GET has effects, so it does not accept the cookie.
        by_cookie = not path.startswith("/control/")
        if not path.startswith(OPEN_PATHS) and not signed_in(HTTPConnection(scope), self.key, by_cookie=by_cookie):
            return "This sandbox needs the key that it printed at start: open the address with ?key=…"
        return ""
