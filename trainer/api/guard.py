"""Checks before any endpoint: Host, Origin, key, and the size of the body."""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trainer.api.errors import error_body
from trainer.objects import FROM_ENVIRONMENT, Key
from trainer.settings import Settings
from trainer.store import Store

MAX_UPLOAD = 512 << 20  # a file; the service's own limit (OpenAPI description, read November 2026)
_MAX_PART = 64 << 20  # of an upload in parts
_MAX_FORM = 64 << 10  # what a form has around the file
_MAX_JSON = 16 << 20

METRICS = "/metrics"
METRICS_READER = Key("metrics", admin=True)  # on that path alone
_OPEN_PATHS = ("/livez", "/healthz", "/openapi.json", "/docs", "/docs-static/")


class Guard:
    """ASGI middleware. It answers before a body is read, so that nobody without a key can fill the disk."""

    def __init__(self, app: ASGIApp, settings: Settings, store: Store) -> None:
        self._app = app
        self._settings = settings
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._foreign(headers)
        if refusal is None and not _open(scope["path"]):
            found = self._key(headers, scope["path"])
            if isinstance(found, Key):
                scope.setdefault("state", {})["key"] = found
            else:
                refusal = found
        if refusal is None and headers.get("content-encoding", "identity") != "identity":
            refusal = _refuse(415, "Compressed bodies are not read here. Send it as it is, without Content-Encoding.")
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        limit = _limit(scope["path"])
        if int(headers.get("content-length") or 0) > limit:
            await _too_large(limit)(scope, receive, send)
            return
        started = over = False

        async def receiving() -> Message:
            nonlocal limit, over
            message = await receive()
            limit -= len(message.get("body", b""))
            if limit < 0:
                over = True
                raise _TooLarge
            return message

        async def sending(message: Message) -> None:
            nonlocal started
            if over and not started:
                return  # whoever read the body took its end for a mistake in it, and says so
            started = True
            await send(message)

        try:
            await self._app(scope, receiving, sending)
        except _TooLarge:
            if started:
                raise
        if over and not started:
            await _too_large(_limit(scope["path"]))(scope, receive, send)

    def _foreign(self, headers: Headers) -> JSONResponse | None:
        host = headers.get("host", "")
        if not self._known(host):
            # A page whose name was pointed at this machine (DNS rebinding) asks under its own name.
            return _refuse(403, f"This server is not {host!r}. Set TRAINER_ALLOWED_HOSTS to allow that name.")
        origin = headers.get("origin")
        if origin is not None and _netloc(origin) != host:
            return _refuse(403, "Requests from web pages of other origins are refused.")
        return None

    def _key(self, headers: Headers, path: str) -> Key | JSONResponse:
        """Whose key came with the request, or the answer that it gets."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            return _refuse(
                401,
                "You didn't provide an API key. Send it as a header: Authorization: Bearer YOUR_KEY.",
                "invalid_api_key",
            )
        token = self._settings.metrics_token
        if path == METRICS and token is not None and hmac.compare_digest(key.strip().encode(), token.encode()):
            return METRICS_READER
        given = self._settings.key
        if given is not None and hmac.compare_digest(key.strip().encode(), given.encode()):
            return FROM_ENVIRONMENT
        return self._store.key(key.strip()) or _refuse(
            401,
            "Incorrect API key provided. Use the one in TRAINER_KEY, or make one: "
            "finetune-bot trainer keys create NAME",
            "invalid_api_key",
        )

    def _known(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        if name in {"localhost", self._settings.host.lower(), *self._settings.allowed_hosts}:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True  # a bare address cannot be rebound


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _limit(path: str) -> int:
    if path == "/v1/files":
        return MAX_UPLOAD + _MAX_FORM
    if path.startswith("/v1/uploads/") and path.endswith("/parts"):
        return _MAX_PART + _MAX_FORM
    return _MAX_JSON


def _open(path: str) -> bool:
    """Whether a path needs no key: it gives away nothing that is not in the source code."""
    return path in _OPEN_PATHS or path.startswith(_OPEN_PATHS[-1])


class _TooLarge(Exception):
    pass


def _refuse(status: int, message: str, code: str | None = None) -> JSONResponse:
    return JSONResponse(error_body(message, code=code), status)


def _too_large(limit: int) -> JSONResponse:
    return _refuse(413, f"The request is larger than the {limit >> 20} MB that are accepted here.", "request_too_large")
