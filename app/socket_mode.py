"""Slack's Socket Mode: one connection, by which Slack sends and is answered."""

import asyncio
import contextlib
import logging
import time
from typing import Any, Final, Protocol

from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

# Two of the nine seconds that a stop may take: see app/background.py.
_ANSWER_SECONDS: Final = 1.0
_DISCONNECT_SECONDS: Final = 1.0
_PING_SECONDS: Final = 10.0


class Listening(Protocol):
    """What answers: Bolt's app, or what stands before several."""

    @property
    def logger(self) -> logging.Logger: ...

    async def async_dispatch(self, req: AsyncBoltRequest, /) -> BoltResponse: ...


class SocketMode:
    def __init__(self, app: Listening, token: str, client: AsyncWebClient) -> None:
        """`token`: the app's, for connections; `client` asks for them."""
        self.client = _Client(token, app.logger, client, ping_interval=_PING_SECONDS)
        self.client.socket_mode_request_listeners.append(self._answer)
        self._app = app

    async def connect(self) -> None:
        await self.client.connect()  # type: ignore[no-untyped-call]

    async def _answer(self, client: Any, asked: SocketModeRequest) -> None:
        began = time.time()
        request = AsyncBoltRequest(mode="socket_mode", body=asked.payload, headers=build_headers(asked))
        await send_async_response(client, asked, await self._app.async_dispatch(request), began)

    async def close(self) -> None:
        """Hear no more, from a moment on at which nobody in Slack waits for an answer, if one comes soon: a command or
        click that is not answered comes on no other connection. A WebSocket that is in trouble may never answer its
        close."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self.client.all_answered()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DISCONNECT_SECONDS):
                await self.client.close()  # type: ignore[no-untyped-call]


class _Client(SocketModeClient):
    """Knows how many of Slack's messages have come that nobody has dealt with yet."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_hand = 0
        self._answered = asyncio.Event()

    async def all_answered(self) -> None:
        while self._in_hand:
            self._answered.clear()
            await self._answered.wait()

    async def enqueue_message(self, message: str) -> None:
        self._in_hand += 1
        await super().enqueue_message(message)

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        try:
            await super().run_message_listeners(message, raw_message)
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._answered.set()
