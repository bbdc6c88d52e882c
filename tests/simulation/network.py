"""The network between the process and the two services: latency, and everything that goes wrong on the way."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from tests.simulation.host import HOST, Host
from tests.simulation.loop import Timeline


class NotConnected(Exception):
    """Nothing was sent."""


class Reset(Exception):
    """The connection broke; whether the request was carried out cannot be told from here."""


class Slow(Exception):
    """No answer within the client's patience."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: dict[str, object]


@dataclass(frozen=True)
class Reply:
    status: int
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)


Serve = Callable[[Request], Reply]
REPEATED = "repeated"
# Seconds within which Slack carries out what it was sent by a process that is gone, as far as the bot allows for it.
_ALL_THE_SAME = 1.8
_NOT_READ = {"refused", "reset before", "carried out later", "error", "limited"}

# What can happen to one exchange, and how often, relative to each other.
_FATES = {
    "refused": 2,
    "reset before": 2,
    "reset after": 3,
    "carried out later": 2,
    "error": 2,
    "error after": 2,
    "limited": 2,
    "slow": 1,
    "truncated": 1,
    "repeated": 1,
}


class Network:
    """`rate`: which share of exchanges something happens to, until `calm_after`.

    `troubles`: the end of a path, and what happens to the first request there, beside what chance brings. `watch`
    hears of each request twice: before it sets out, and once it was carried out and its answer has yet to set out.
    """

    def __init__(self, rng: random.Random, timeline: Timeline, *, rate: float, calm_after: float) -> None:
        self._rng = rng
        self._timeline = timeline
        self._rate = rate
        self.calm_after = calm_after
        self._blackouts: list[tuple[str, float, float]] = []
        self.trace: list[str] = []
        self.troubles: list[tuple[str, str]] = []
        self.watch: Callable[[Request, bool], None] = lambda request, carried_out: None

    def black_out(self, service: str, begin: float, end: float) -> None:
        self._blackouts.append((service, begin, end))

    def note(self, line: str) -> None:
        host = HOST.get()
        self.trace.append(f"{self._timeline.now:9.3f} {f'{host.name}: ' if host else ''}{line}")

    async def exchange(self, service: str, serve: Serve, request: Request, *, patience: float) -> Reply:
        """Send `request`, and give what comes back. Raises NotConnected, Reset, Slow."""
        fate, rng = self._fate(service, request), self._rng
        line = f"{service} {request.method} {request.path}"
        self.watch(request, False)
        if (host := HOST.get()) is not None and fate not in _NOT_READ:
            reply = await self._under_way(host, serve, request)
        else:
            latency = self._latency()
            if fate == "carried out later":
                # Read by the service at once, and worked on whether whoever sent it goes on, stands still or is gone.
                self._timeline.at(self._timeline.now + self._work_time(request), lambda: self._quietly(serve, request))
            await asyncio.sleep(latency)
        if fate == "refused":
            self.note(f"{line}: no connection")
            raise NotConnected
        if fate == "reset before":
            self.note(f"{line}: reset before it was read")
            raise Reset
        if fate == "carried out later":
            self.note(f"{line}: reset, carried out later")
            raise Reset
        if fate == "error":
            self.note(f"{line}: 500")
            return Reply(500, _error_body(service))
        if fate == "limited":
            self.note(f"{line}: 429")
            return Reply(429, _error_body(service, "ratelimited"), {"retry-after": str(rng.randint(1, 20))})
        if host is None:
            reply = serve(request)
        self.note(f"{line}: {fate or 'ok'} {reply.status} {_gist(reply)}")
        self.watch(request, True)
        if fate == "slow":
            await asyncio.sleep(patience)
            raise Slow
        await asyncio.sleep(self._latency())
        if fate == "reset after":
            raise Reset
        if fate == "error after":
            return Reply(500, _error_body(service))
        if fate == "truncated":
            return Reply(reply.status, reply.content[: rng.randrange(len(reply.content))], reply.headers)
        if fate == REPEATED:
            return Reply(reply.status, _stutter(reply.content, rng), reply.headers)
        return reply

    async def _under_way(self, host: Host, serve: Serve, request: Request) -> Reply:
        """What has set out arrives, whatever becomes of who sent it; where the way is long it ends with them, or with
        their wait."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        latency = self._latency()

        def arrive() -> None:
            if latency > _ALL_THE_SAME and (reply.cancelled() or not host.alive):
                return
            served = serve(request)
            if host.alive and not reply.done():
                reply.set_result(served)

        self._timeline.at(self._timeline.now + latency, arrive)
        return await reply

    def _latency(self) -> float:
        """Seconds; now and then a way is long."""
        return self._rng.uniform(0.005, 0.2 if self._rng.random() < 0.95 else 8)

    def _fate(self, service: str, request: Request) -> str | None:
        for trouble in self.troubles:
            if request.path.endswith(trouble[0]):
                self.troubles.remove(trouble)
                return trouble[1]
        now = self._timeline.now
        if any(name == service and begin <= now < end for name, begin, end in self._blackouts):
            return "refused"
        if now >= self.calm_after or self._rng.random() >= self._rate:
            return None
        return self._rng.choices(list(_FATES), weights=list(_FATES.values()))[0]

    def _work_time(self, request: Request) -> float:
        """Creating a job may take a provider a while; nothing else does. Less than a restart of the process, too."""
        is_creation = request.method == "POST" and request.path.endswith("/jobs")
        return self._rng.uniform(0.1, 20.0 if is_creation else 1.8)

    def _quietly(self, serve: Serve, request: Request) -> None:
        reply = serve(request)
        self.note(f"(later) {request.method} {request.path}: {reply.status} {_gist(reply)}")


def _error_body(service: str, code: str = "server_error") -> bytes:
    if service == "slack":
        return orjson.dumps({"ok": False, "error": code if code == "ratelimited" else "internal_error"})
    return orjson.dumps({"error": {"message": "As the simulation wants it.", "type": "x", "param": None, "code": code}})


def _stutter(content: bytes, rng: random.Random) -> bytes:
    """A listing that shows one of its entries twice, as pages do that move while they are read."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:  # a stream
        return content
    entries = body.get("data") if isinstance(body, dict) else None
    if isinstance(entries, list) and entries:
        entries.insert(rng.randrange(len(entries) + 1), rng.choice(entries))
        return orjson.dumps(body)
    return content


def _gist(reply: Reply) -> str:
    return reply.content[:60].decode("utf-8", "replace")
