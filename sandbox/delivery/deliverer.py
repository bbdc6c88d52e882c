"""Deliveries to the app: attempts, retries, and their outcome."""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from sandbox.delivery.http import post_signed
from sandbox.delivery.reply import Reply
from sandbox.delivery.socket import Sockets
from sandbox.ids import new_id
from sandbox.model import Json
from sandbox.settings import Settings

KEPT = 500
"""How many deliveries are remembered for the control API."""


@dataclass(slots=True)
class Delivery:
    """An event, a command, or an interaction for the app."""

    id: str
    kind: str  # events_api | slash_commands | interactive
    name: str
    payload: Json
    state: str = "pending"  # pending | delivered | failed
    attempts: int = 0
    reason: str = ""
    at: float = field(default_factory=time.time)

    def as_dict(self) -> Json:
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "state": self.state,
            "attempts": self.attempts,
            "reason": self.reason,
            "at": self.at,
            "payload": self.payload,
        }


class Deliverer:
    """Delivers by Socket Mode, or by HTTP if `settings.http_delivery` is set.

    Events that are not acknowledged in time are sent again (docs.slack.dev/apis/events-api, "Retries"); commands
    and interactions are sent once (read 2026-11-21).
    """

    def __init__(self, settings: Settings, signing_secret: str, sockets: Sockets | None = None) -> None:
        self.settings = settings
        self.signing_secret = signing_secret
        self.sockets = sockets or Sockets()
        self.log: deque[Delivery] = deque(maxlen=KEPT)
        self._tasks: set[asyncio.Task[None]] = set()

    def event(self, payload: Json) -> None:
        """Deliver an event in the background, with retries."""
        delivery = Delivery(payload["event_id"], "events_api", event_name(payload["event"]), payload)
        self.log.append(delivery)
        self.spawn(self._event(delivery))

    async def ask(self, kind: str, name: str, payload: Json) -> Reply:
        """Deliver once, and wait for the app's reply for at most `settings.ack_timeout`."""
        delivery = Delivery(new_id("Dl"), kind, name, payload)
        self.log.append(delivery)
        reply = await self._attempt(delivery, accepts=True)
        delivery.state = "delivered" if reply.acked else "failed"
        delivery.reason = reply.reason
        return reply

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the background, at most until `close`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.sockets.close()

    async def _event(self, delivery: Delivery) -> None:
        pauses = self.settings.retry_delays[:3]
        for number in range(len(pauses) + 1):
            reply = await self._attempt(delivery, accepts=False, number=number, why=delivery.reason)
            if reply.acked:
                delivery.state = "delivered"
                return
            delivery.reason = reply.reason
            if reply.no_retry or number == len(pauses):
                break
            await asyncio.sleep(pauses[number])
        delivery.state = "failed"

    async def _attempt(self, delivery: Delivery, *, accepts: bool, number: int = 0, why: str = "") -> Reply:
        delivery.attempts += 1
        settings = self.settings
        if settings.http_delivery:
            return await post_signed(
                settings.http_delivery,
                self.signing_secret,
                delivery.kind,
                delivery.payload,
                timeout=settings.ack_timeout,
                retry=(number, why) if number else None,
            )
        return await self.sockets.send(
            delivery.kind,
            delivery.payload,
            accepts=accepts,
            timeout=settings.ack_timeout,
            retry=(number, "timeout" if number else "") if delivery.kind == "events_api" else None,
        )


def event_name(event: Json) -> str:
    """The name by which a manifest subscribes to the event: `message.channels`, `app_mention`, ..."""
    if event["type"] != "message":
        return str(event["type"])
    return {"channel": "message.channels", "group": "message.groups", "im": "message.im"}[event["channel_type"]]
