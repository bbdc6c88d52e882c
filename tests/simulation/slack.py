"""A model of Slack: channels of messages, as far as the outbox and the cards need them.

It is asked by the real Web API client, whose HTTP session is the seam.
"""

import json
import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import aiohttp
import orjson
from simulation.network import Network, NotConnected, Reply, Request, Reset, Slow

Json = dict[str, Any]


class SlackModel:
    """`clock` is Slack's own. `messages[channel]` in the order of their ts."""

    def __init__(self, clock: Callable[[], float], rng: random.Random) -> None:
        self._clock = clock
        self._page = rng.choice([3, 100])
        self.messages: dict[str, list[Json]] = {}
        self.archived: set[str] = set()
        self.unreadable: set[str] = set()
        self._last = 0.0

    def serve(self, request: Request) -> Reply:
        arguments = {**request.query, **request.body}
        method = request.path
        channel = str(arguments.get("channel"))
        answer: Json
        if method == "chat.postMessage":
            answer = self._post(channel, arguments)
        elif method == "chat.update":
            answer = self._update(channel, arguments)
        elif method in {"conversations.history", "conversations.replies"}:
            answer = self._read(channel, arguments)
        elif method == "chat.getPermalink":
            answer = {"ok": True, "permalink": f"https://x.slack.com/archives/{channel}/p1"}
        else:
            raise AssertionError(f"the bot called {method}")
        return Reply(200, orjson.dumps(answer))

    def _post(self, channel: str, arguments: Json) -> Json:
        if channel in self.archived:
            return {"ok": False, "error": "is_archived"}
        self._last = max(self._clock(), self._last + 0.0001)
        message = {
            "type": "message",
            "ts": f"{self._last:.6f}",
            "thread_ts": arguments.get("thread_ts"),
            "text": arguments["text"],
            "blocks": arguments.get("blocks", []),
            "metadata": arguments.get("metadata") or {},
        }
        self.messages.setdefault(channel, []).append(message)
        return {"ok": True, "ts": message["ts"], "channel": channel}

    def _update(self, channel: str, arguments: Json) -> Json:
        if channel in self.archived:
            return {"ok": False, "error": "is_inactive"}
        for message in self.messages.get(channel, []):
            if message["ts"] == arguments["ts"]:
                message.update(text=arguments["text"], blocks=arguments.get("blocks", []))
                return {"ok": True, "ts": message["ts"]}
        return {"ok": False, "error": "message_not_found"}

    def _read(self, channel: str, arguments: Json) -> Json:
        if channel in self.unreadable or channel.startswith("U"):
            return {"ok": False, "error": "channel_not_found"}
        parent = arguments.get("ts")
        shown = [
            message
            for message in self.messages.get(channel, [])
            if (message["thread_ts"] == parent or message["ts"] == parent)
            and float(message["ts"]) > float(arguments["oldest"])
        ]
        if not parent:
            shown.reverse()
        start = int(arguments.get("cursor") or 0)
        more = start + self._page < len(shown)
        return {
            "ok": True,
            "messages": shown[start : start + self._page],
            "response_metadata": {"next_cursor": str(start + self._page) if more else ""},
        }


class Session:
    """What stands in for aiohttp's session in the Web API client: where its requests leave the process."""

    closed = False

    def __init__(self, network: Network, model: SlackModel) -> None:
        self._network = network
        self._model = model

    def request(self, verb: str, url: str, **arguments: Any) -> "_Exchange":
        method = url.rsplit("/", 1)[1]
        body = arguments.get("json") or arguments.get("data") or {}
        query = {key: str(value) for key, value in (arguments.get("params") or {}).items()}
        return _Exchange(self, Request(verb, method, query, dict(body)))

    async def exchange(self, request: Request) -> "_Response":
        try:
            reply = await self._network.exchange("slack", self._model.serve, request, patience=30)
        except NotConnected:
            where: Any = SimpleNamespace(host="slack", port=443, is_ssl=True, ssl=True)
            raise aiohttp.ClientConnectorError(where, OSError(111, "refused")) from None
        except Reset:
            raise aiohttp.ServerDisconnectedError from None
        except Slow:
            raise TimeoutError from None
        return _Response(reply)


class _Exchange:
    def __init__(self, session: Session, request: Request) -> None:
        self._session = session
        self._request = request

    async def __aenter__(self) -> "_Response":
        return await self._session.exchange(self._request)

    async def __aexit__(self, *_: object) -> None: ...


class _Response:
    content_type = "application/json"

    def __init__(self, reply: Reply) -> None:
        self._content = reply.content
        self.status = reply.status
        self.headers = {key.title(): value for key, value in reply.headers.items()}

    async def json(self) -> Any:
        return json.loads(self._content)

    async def text(self) -> str:
        return self._content.decode("utf-8", "replace")
