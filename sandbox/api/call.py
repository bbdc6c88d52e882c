"""One call of a Web API method: its arguments, its caller, and the table of methods."""

import base64
import json
import operator
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import dropwhile
from typing import Any, TypeVar

from sandbox.model import Channel, Json, Message
from sandbox.slack_errors import fail, limit
from sandbox.state import SandboxState

T = TypeVar("T")
TS = re.compile(r"\d{1,12}\.\d{6}")


class Call:
    """The arguments of a call. A JSON body has typed values, a form or query has text; both read the same here."""

    def __init__(self, state: SandboxState, args: Json) -> None:
        self.state = state
        self.workspace = state.workspace
        self.args = {k: v for k, v in args.items() if v is not None and k != "token"}

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name, default)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            fail("args.type", f"must be a string [json-pointer:/{name}]")
        return str(value)

    def need(self, name: str) -> str:
        """A required text."""
        value = self.text(name)
        if not value:
            fail("args.missing", f"missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.args.get(name, default)
        return value in (True, 1, "1", "true", "True")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.args.get(name, default))
        except (TypeError, ValueError):
            fail("args.type", f"must be a number [json-pointer:/{name}]")

    def json(self, name: str) -> Any:
        """An object or list: as such in a JSON body, as JSON text in a form."""
        value = self.args.get(name)
        if isinstance(value, str):
            if not value.strip():
                return None
            try:
                return json.loads(value)
            except ValueError:
                row = "block.format" if name == "blocks" else "args.type"
                fail(row, f"must be valid JSON [json-pointer:/{name}]")
        return value

    def channel(self, name: str = "channel", *, people: bool = False) -> Channel:
        """The conversation, if the bot may see it. `people`: a person's id means their direct messages."""
        key = self.need(name)
        ws = self.workspace
        if people and key in ws.users:
            if ws.users[key].is_bot:
                fail("users.dm_bot")
            return ws.im(key)
        channel = ws.channels.get(key) or (ws.channel(key) if people and not key.startswith("D") else None)
        if channel is None or (channel.kind != "channel" and ws.BOT not in channel.members):
            fail("channel.unknown")
        return channel

    def member_channel(self, name: str = "channel") -> Channel:
        """A conversation that the bot is in."""
        channel = self.channel(name)
        if self.workspace.BOT not in channel.members:
            fail("channel.outside")
        return channel

    def message(self, channel: Channel, name: str = "ts") -> Message:
        message = self.workspace.message(channel.id, self.need(name))
        if message is None:
            fail("message.unknown")
        return message

    def page_of(
        self,
        items: list[T],
        default: int,
        name: Callable[[T], str],
        *,
        at_most: int = 1000,
        comes_before: Callable[[str, str], bool] = operator.ne,
    ) -> tuple[list[T], Json]:
        """A page of items, and the response_metadata with the cursor, which holds the `name` of the item that comes
        next. `comes_before`: whether an item stands before the one of the other name, which may be there no more."""
        count = self.number("limit", default)
        if not 1 <= count <= limit("limit"):
            fail("limit")
        count = min(count, at_most)
        if cursor := self.text("cursor"):
            try:
                prefix, _, following = base64.b64decode(cursor, validate=True).decode().partition(":")
            except ValueError:
                fail("cursor")
            if prefix != "next":
                fail("cursor")
            items = list(dropwhile(lambda item: comes_before(name(item), following), items))
        page, more = items[:count], items[count:]
        return page, {"next_cursor": base64.b64encode(f"next:{name(more[0])}".encode()).decode() if more else ""}


Handler = Callable[[Call], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Web API, as its page on docs.slack.dev/reference/methods describes it."""

    name: str
    run: Handler
    scopes: tuple[str, ...]
    """Any one of these is enough; none is needed if empty."""
    tier: int
    """1 to 4; 0 means the method has limits of its own (chat.postMessage: by channel)."""
    app_token: bool = False


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str, tier: int, app_token: bool = False) -> Callable[[Handler], Handler]:
    """Register a function as a method."""

    def register(run: Handler) -> Handler:
        METHODS[name] = Method(name, run, scopes, tier, app_token)
        return run

    return register
