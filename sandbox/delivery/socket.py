"""Socket Mode: envelopes out, acknowledgements in (docs.slack.dev/apis/events-api/using-socket-mode).

Not documented there, but reported by users: `retry_attempt` and `retry_reason` on events
(slackapi/bolt-js#2487; read 2026-11-21); what one connection too many is told (slackapi/node-slack-sdk#1654), and that
what a connection took with it when it broke comes again on another only if it is an event (slackapi/bolt-python#1071;
both read 2026-11-30).
"""

# A timeout is an ordinary argument here.
# ruff: noqa: ASYNC109

import asyncio
import contextlib
import json
import secrets
import time
import uuid
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sandbox.delivery.reply import Reply
from sandbox.model import Json
from sandbox.slack_errors import limit

TICKET_LIFE = 30.0


class Sockets:
    """The app's open connections, of one process or of several. Each envelope goes to one of them, in turn."""

    def __init__(self) -> None:
        self._open: list[WebSocket] = []
        self._tickets: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}
        self._next = 0
        self._connected = asyncio.Event()
        self.on_presence: Callable[[], None] = lambda: None
        """Called when the first connection opens and when the last one closes."""

    @property
    def count(self) -> int:
        return len(self._open)

    def ticket(self) -> str:
        """A single-use ticket for the URL that apps.connections.open returns."""
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = time.monotonic() + TICKET_LIFE
        return ticket

    async def wait_connected(self, timeout: float) -> bool:
        """Wait until the app has a socket open."""
        try:
            await asyncio.wait_for(self._connected.wait(), timeout)
        except TimeoutError:
            return False
        return True

    async def serve(self, ws: WebSocket, app_id: str, *, refresh_after: float = 0.0) -> None:
        """Hold one connection until either side closes it; after so many seconds, unless 0, it is asked to come
        back."""
        if self._tickets.pop(ws.query_params.get("ticket", ""), 0.0) < time.monotonic():
            await ws.close(code=4001)
            return
        await ws.accept()
        if len(self._open) >= limit("socket.count"):
            await self._ask_back(ws, "too_many_websockets")
            await ws.close()
            return
        self._open.append(ws)
        await self._send(
            ws,
            {
                "type": "hello",
                "num_connections": len(self._open),
                "connection_info": {"app_id": app_id},
                "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
            },
        )
        self._connected.set()
        if len(self._open) == 1:
            self.on_presence()
        refreshing = asyncio.create_task(self._refresh_after(ws, refresh_after)) if refresh_after else None
        try:
            while True:
                self._receive(await ws.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            if refreshing is not None:
                refreshing.cancel()
            if ws in self._open:
                self._open.remove(ws)
            if not self._open:
                self._connected.clear()
                self.on_presence()

    async def send(
        self, kind: str, payload: Json, *, accepts: bool, timeout: float, retry: tuple[int, str] | None
    ) -> Reply:
        """Send an envelope to one connection, and wait for its acknowledgement."""
        if not self._open:
            return Reply(False, "nobody")
        self._next = (self._next + 1) % len(self._open)
        ws = self._open[self._next]
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "payload": payload,
            "type": kind,
            "accepts_response_payload": accepts,
        }
        if retry is not None:
            envelope |= {"retry_attempt": retry[0], "retry_reason": retry[1]}
        answer: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = answer
        try:
            await self._send(ws, envelope)
            return Reply(True, payload=await asyncio.wait_for(answer, timeout))
        except TimeoutError:
            return Reply(False, "timeout")
        except (WebSocketDisconnect, RuntimeError):
            return Reply(False, "nobody")
        finally:
            self._waiting.pop(envelope["envelope_id"], None)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to come back, as Slack does with each about hourly, then close it."""
        for ws in list(self._open):
            await self._refresh(ws, reason)

    async def close(self) -> None:
        """Close every connection without notice."""
        for ws in list(self._open):
            await self._close(ws)
        self._connected.clear()

    async def _refresh_after(self, ws: WebSocket, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._refresh(ws, "refresh_requested")

    async def _refresh(self, ws: WebSocket, reason: str) -> None:
        await self._ask_back(ws, reason)
        await self._close(ws)

    async def _ask_back(self, ws: WebSocket, reason: str) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._send(ws, {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})

    async def _close(self, ws: WebSocket) -> None:
        if ws in self._open:
            self._open.remove(ws)
        if ws.client_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, TimeoutError):
                await asyncio.wait_for(ws.close(), 1.0)
        if not self._open:
            self._connected.clear()

    def _receive(self, text: str) -> None:
        try:
            answer = json.loads(text)
            waiting = self._waiting.get(answer["envelope_id"])
        except (ValueError, TypeError, KeyError):
            return  # Slack ignores messages that it cannot read, too.
        if waiting is not None and not waiting.done():
            payload = answer.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else None)

    async def _send(self, ws: WebSocket, message: Json) -> None:
        await ws.send_text(json.dumps(message, ensure_ascii=False))
