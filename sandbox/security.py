"""Who gets in: the key in the address, a cookie after that, and no other web page.

The sandbox listens on this machine, where any web page that the person visits can send requests to it. So
the Host must be this machine by name or number (a foreign name that resolves here is DNS rebinding), writing
requests of a browser must come from the sandbox's own page (Origin), and the key is always needed.
"""

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "sandbox_key"
"""Followed by the port: cookies know no ports, and two sandboxes may run side by side."""
OPEN_PATHS = ("/healthz", "/api/", "/files-pri/", "/upload/", "/response/", "/signin", "/link/", "/static/")
"""Paths that need no key: the app's doors have tokens of their own."""


def signed_in(connection: HTTPConnection, key: str, *, by_cookie: bool = True) -> bool:
    """The key as Bearer, as ?key=, or in the cookie."""
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    offered = (
        token.strip() if kind.lower() == "bearer" else "",
        connection.query_params.get("key", ""),
        *(v for name, v in connection.cookies.items() if by_cookie and name.startswith(COOKIE)),
    )
    return any(hmac.compare_digest(o.encode(), key.encode()) for o in offered)


def is_this_machine(host: str, allowed: frozenset[str]) -> bool:
    """Whether a Host header names this machine: localhost, a bare address, or a name that was allowed."""
    name = urlsplit(f"//{host}").hostname or ""
    if name in allowed or name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """ASGI middleware that turns away requests which this sandbox's page or app did not make."""

    def __init__(self, app: ASGIApp, key: str, allowed_hosts: frozenset[str]) -> None:
        self.app = app
        self.key = key
        self.allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if reason := self._refusal(scope, headers):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4003})
            else:
                await PlainTextResponse(reason, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> str:
        host = headers.get("host", "")
        if not is_this_machine(host, self.allowed_hosts):
            return "This sandbox answers only under this machine's own names. (Host)"
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != host:
            return "Another web page may not talk to this sandbox. (Origin)"
        path = scope["path"]
        # A page on another port of this machine is the same site to a browser, and its pictures and links are
        # sent with our cookie: so the control API, where a GET acts, does not take the cookie.
        by_cookie = not path.startswith("/control/")
        if not path.startswith(OPEN_PATHS) and not signed_in(HTTPConnection(scope), self.key, by_cookie=by_cookie):
            return "This sandbox needs the key that it printed when it started: open the address with ?key=…"
        return ""
