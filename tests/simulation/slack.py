"""A model of Slack: channels of messages, as far as the outbox, the cards and conversations need them.

It is asked by the real Web API client, whose HTTP session is the seam.
"""

import json
import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import aiohttp
import orjson

from tests.simulation.network import Network, NotConnected, Reply, Request, Reset, Slow

Json = dict[str, Any]
BOT = "UBOT"


class SlackModel:
    """`clock` is Slack's own. `messages[channel]` in the order of their ts."""

    def __init__(self, clock: Callable[[], float], rng: random.Random) -> None:
        self._clock = clock
        self.page = rng.choice([3, 100])
        self.messages: dict[str, list[Json]] = {}
        self.whispers: list[Json] = []  # which one person sees
        self.archived: set[str] = set()
        self.unreadable: set[str] = set()
        self.guests: set[str] = set()
        self.views: dict[str, Json] = {}  # by the trigger that opened them
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
        elif method in {"chat.startStream", "chat.appendStream", "chat.stopStream"}:
            answer = self._stream(method, channel, arguments)
        elif method == "chat.delete":
            answer = self._delete(channel, arguments)
        elif method == "chat.postEphemeral":
            self.whispers.append(arguments)
            answer = {"ok": True, "message_ts": f"{self._clock():.6f}"}
        elif method == "auth.test":
            answer = {"ok": True, "team_id": "T1", "user_id": BOT, "bot_id": "B1", "user": "finetune", "team": "Acme"}
        elif method == "users.info":
            user = arguments["user"]
            person = {"id": user, "team_id": "T1", "name": user, "locale": "en-US"}
            answer = {"ok": True, "user": {**person, "is_restricted": user in self.guests}}
        elif method == "conversations.info":
            answer = {"ok": True, "channel": {"id": channel, "name": channel, "is_member": True, "is_private": False}}
        elif method == "views.open":
            view = arguments["view"]
            view = (orjson.loads(view) if isinstance(view, str) else view) | {"id": f"V{len(self.views)}"}
            self.views[str(arguments["trigger_id"])] = view
            answer = {"ok": True, "view": view}
        elif method in {"assistant.threads.setStatus", "agents.sessions.setStatus"}:
            answer = {"ok": True}
        else:
            raise AssertionError(f"the bot called {method}")
        return Reply(200, orjson.dumps(answer))

    def say(self, channel: str, thread_ts: str | None, user: str, text: str) -> str:
        """A person writes; the message's ts."""
        return str(self._add(channel, user, text, thread_ts)["ts"])

    def _post(self, channel: str, arguments: Json) -> Json:
        if channel in self.archived:
            return {"ok": False, "error": "is_archived"}
        message = self._add(channel, BOT, _text(arguments), arguments.get("thread_ts"))
        message.update(blocks=arguments.get("blocks", []), metadata=arguments.get("metadata") or {})
        return {"ok": True, "ts": message["ts"], "channel": channel}

    def _add(self, channel: str, user: str, text: str, thread_ts: str | None) -> Json:
        self._last = max(self._clock(), self._last + 0.0001)
        said = {"type": "message", "ts": f"{self._last:.6f}", "thread_ts": thread_ts, "user": user, "text": text}
        message = {**said, "blocks": [], "metadata": {}}
        self.messages.setdefault(channel, []).append(message)
        return message

    def _stream(self, method: str, channel: str, arguments: Json) -> Json:
        if channel in self.archived:
            return {"ok": False, "error": "is_archived"}
        if method == "chat.startStream":
            message = self._add(channel, BOT, arguments.get("markdown_text", ""), arguments["thread_ts"])
            message["streaming_state"] = "in_progress"
            return {"ok": True, "ts": message["ts"], "channel": channel}
        found = self._find(channel, arguments["ts"])
        if found is None:
            return {"ok": False, "error": "message_not_found"}
        if found.get("streaming_state") != "in_progress":
            return {"ok": False, "error": "message_not_in_streaming_state"}
        found["text"] += arguments.get("markdown_text", "")
        if method == "chat.stopStream":
            found.update(streaming_state="completed", metadata=arguments.get("metadata") or found["metadata"])
            found["blocks"] = arguments.get("blocks", [])
        return {"ok": True, "ts": found["ts"]}

    def _delete(self, channel: str, arguments: Json) -> Json:
        found = self._find(channel, arguments["ts"])
        if found is None:
            return {"ok": False, "error": "message_not_found"}
        self.messages[channel].remove(found)
        return {"ok": True, "ts": found["ts"]}

    def _find(self, channel: str, ts: str) -> Json | None:
        return next((message for message in self.messages.get(channel, []) if message["ts"] == ts), None)

    def _update(self, channel: str, arguments: Json) -> Json:
        if channel in self.archived:
            return {"ok": False, "error": "is_inactive"}
        message = self._find(channel, arguments["ts"])
        if message is None:
            return {"ok": False, "error": "message_not_found"}
        if message.get("streaming_state") == "in_progress":
            return {"ok": False, "error": "streaming_state_conflict"}
        message.update(text=_text(arguments), blocks=arguments.get("blocks", []))
        message["metadata"] = arguments.get("metadata") or message["metadata"]
        return {"ok": True, "ts": message["ts"]}

    def _read(self, channel: str, arguments: Json) -> Json:
        if channel in self.unreadable or channel.startswith("U"):
            return {"ok": False, "error": "channel_not_found"}
        parent = arguments.get("ts")
        shown = [
            message
            for message in self.messages.get(channel, [])
            if (message["thread_ts"] == parent or message["ts"] == parent)
            and float(message["ts"]) > float(arguments.get("oldest", 0))
        ]
        if not parent:
            shown.reverse()
        cursor = arguments.get("cursor")
        if cursor:  # the ts of the next one, as in Slack's own: what is deleted meanwhile moves nothing
            place, sign = float(cursor), 1 if parent else -1
            shown = [one for one in shown if sign * float(one["ts"]) >= sign * place]
        page, more = shown[: self.page], shown[self.page :]
        return {"ok": True, "messages": page, "response_metadata": {"next_cursor": more[0]["ts"] if more else ""}}


def _text(arguments: Json) -> str:
    return str(arguments.get("text") or arguments.get("markdown_text") or "")


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
