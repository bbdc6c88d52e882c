"""A Web API behind a real socket that answers what a test wrote down."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

Answer = Callable[[web.Request], web.StreamResponse]
Reply = Callable[[web.Request], web.StreamResponse | Awaitable[web.StreamResponse]]


class Slack:
    """`replies[method]` are given in order, the last one for ever; without any, {"ok": true, "ts": "1.0"}."""

    def __init__(self) -> None:
        self.replies: defaultdict[str, list[Reply | dict[str, Any]]] = defaultdict(list)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def __aenter__(self) -> "Slack":
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/"
        self.client = AsyncWebClient(token="xoxb-test", base_url=self.url, retry_handlers=[], timeout=60)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def called(self, method: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == method]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json":
            arguments |= await request.json()
        self.calls.append((method, arguments))
        replies = self.replies[method]
        reply = (replies.pop(0) if len(replies) > 1 else replies[0]) if replies else {"ok": True, "ts": "1.0"}
        if isinstance(reply, dict):
            return web.json_response(reply)
        answer = reply(request)
        return await answer if isawaitable(answer) else answer


def error(code: str, **more: Any) -> dict[str, Any]:
    return {"ok": False, "error": code, **more}


def limited(seconds: str) -> Answer:
    return lambda _: web.json_response(error("ratelimited"), status=429, headers={"Retry-After": seconds})


def text(status: int, body: str = "upstream connect error", content_type: str = "text/plain") -> Answer:
    return lambda _: web.Response(status=status, text=body, content_type=content_type)


def broken(request: web.Request) -> web.StreamResponse:
    """The connection breaks instead of an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
