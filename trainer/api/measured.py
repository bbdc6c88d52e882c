"""Every request measured and traced: how many, how long they take, and in whose trace they are made."""

from __future__ import annotations

import time
from contextlib import nullcontext

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry import traces
from trainer import instruments


class Measured:
    """ASGI, around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.monotonic()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else "other"
        above = Headers(scope=scope).get(traces.HEADER)
        # Who names no trace asks again and again, as a rule: for the state of a job, for metrics.
        with traces.span(f"trainer {method}", kind="server", parent=above) if above else nullcontext() as span:
            try:
                await self._app(scope, receive, sending)
            finally:
                route = getattr(scope.get("route"), "path", "")  # a path holds ids, and whatever somebody tries
                instruments.REQUESTS.labels(method, route, str(status)).inc()
                instruments.REQUEST_SECONDS.labels(method, route).observe(time.monotonic() - began)
                if span is not None:
                    span.set(route=route, status=status)


_METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
