"""Slack's Socket Mode: one connection, by which Slack sends and is answered; two while one takes the other's place."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from aiohttp import WSMessage
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
# Of one that Slack said it would close, and does not.
_LEFT_OPEN_SECONDS: Final = 30.0
# Another reason is `too_many_websockets`: then one has to be closed first.
_ENDS_SOON: Final = frozenset({"warning", "refresh_requested"})


class Listening(Protocol):
    """What answers: Bolt's app, or what stands before several."""

    @property
    def logger(self) -> logging.Logger: ...

    async def async_dispatch(self, req: AsyncBoltRequest, /) -> BoltResponse: ...


class SocketMode:
    """Slack closes each connection now and then, and says so shortly before. Then a new one is opened first, and what
    still comes by the old one is heard until Slack has closed it: a command or click that nobody hears comes on no
    other. The SDK by itself closes the old one before it asks for another."""

    def __init__(self, app: Listening, token: str, client: AsyncWebClient) -> None:
        """`token`: the app's, for connections; `client` asks for them."""
        self._app = app
        self._token = token
        self._web_client = client
        self._clients: list[_Client] = []
        self._replacing: set[asyncio.Task[None]] = set()
        self._current = self._new()

    async def connect(self) -> None:
        await self._current.connect()  # type: ignore[no-untyped-call]

    async def is_connected(self) -> bool:
        return await self._current.is_connected()

    async def close(self) -> None:
        """Hear no more, from a moment on at which nobody in Slack waits for an answer, if one comes soon."""
        for task in self._replacing:
            task.cancel()
        await asyncio.gather(*map(self._end, list(self._clients)))

    def _new(self) -> "_Client":
        client = _Client(self._token, self._app.logger, self._web_client, ping_interval=_PING_SECONDS)
        client.socket_mode_request_listeners.append(self._answer)
        client.on_ending = self._replace
        self._clients.append(client)
        return client

    async def _answer(self, client: Any, asked: SocketModeRequest) -> None:
        began = time.time()
        request = AsyncBoltRequest(mode="socket_mode", body=asked.payload, headers=build_headers(asked))
        answer = await self._app.async_dispatch(request)
        try:
            await send_async_response(client, asked, answer, began)
        except ConnectionError:  # it was closed meanwhile
            if client is self._current:
                raise
            await send_async_response(self._current, asked, answer, began)

    def _replace(self, old: "_Client") -> None:
        task = asyncio.create_task(self._have_replaced(old))
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _have_replaced(self, old: "_Client") -> None:
        new = self._new()
        await new.connect()  # type: ignore[no-untyped-call]
        self._current = new
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEFT_OPEN_SECONDS):
                await old.ended.wait()
        await self._end(old)

    async def _end(self, client: "_Client") -> None:
        """A WebSocket that is in trouble may never answer its close."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                await client.all_answered()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DISCONNECT_SECONDS):
                await client.close()  # type: ignore[no-untyped-call]
        self._clients.remove(client)


class _Client(SocketModeClient):
    """One connection, and those that the SDK opens after it where it breaks without a word. Knows how many of Slack's
    messages have come that nobody has dealt with yet. `on_ending` hears that Slack is about to close it; `ended`: it
    has."""

    on_ending: "Callable[[_Client], None]"

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_hand = 0
        self._answered = asyncio.Event()
        self._is_ending = False
        self.ended = asyncio.Event()
        self.on_close_listeners.append(self._note_end)

    async def all_answered(self) -> None:
        while self._in_hand:
            self._answered.clear()
            await self._answered.wait()

    async def enqueue_message(self, message: str) -> None:
        self._in_hand += 1
        await super().enqueue_message(message)

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        try:
            if message.get("type") == "disconnect" and message.get("reason") in _ENDS_SOON:
                self._tell_ending()
            else:
                await super().run_message_listeners(message, raw_message)
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._answered.set()

    def _tell_ending(self) -> None:
        if not self._is_ending:
            self._is_ending = True
            self.auto_reconnect_enabled = self.default_auto_reconnect_enabled = False
            self.on_ending(self)

    async def _note_end(self, _: WSMessage) -> None:
        self.ended.set()
