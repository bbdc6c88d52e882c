"""One call of a Web API method: its arguments, its caller, and the table of methods."""

import base64
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.model import Channel, Json, Message
from sandbox.refusals import refuse

if TYPE_CHECKING:
    from sandbox.room import Room

T = TypeVar("T")
TS = re.compile(r"\d{1,12}\.\d{6}")


class Call:
    """Arguments come typed in a JSON body and as text in a form or query; both read the same here."""

    def __init__(self, room: "Room", args: Json) -> None:
        self.room = room
        self.workspace = room.workspace
        self.args = {k: v for k, v in args.items() if v is not None and k != "token"}

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name, default)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            refuse("args.type", f"must be a string [json-pointer:/{name}]")
        return str(value)

    def need(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if not value:
            refuse("args.missing", f"missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.args.get(name, default)
        return value in (True, 1, "1", "true", "True")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.args.get(name, default))
        except (TypeError, ValueError):
            refuse("args.type", f"must be a number [json-pointer:/{name}]")

    def json(self, name: str) -> Any:
        """A structure: itself in a JSON body, JSON text in a form."""
        value = self.args.get(name)
        if isinstance(value, str):
            if not value.strip():
                return None
            try:
                return json.loads(value)
            except ValueError:
                row = "block.format" if name == "blocks" else "args.type"
                refuse(row, f"must be valid JSON [json-pointer:/{name}]")
        return value

    def channel(self, name: str = "channel", *, people: bool = False) -> Channel:
        """The conversation, if the bot may know of it. `people`: a person's id stands for their DM."""
        key = self.need(name)
        ws = self.workspace
        if people and key in ws.users:
            if ws.users[key].is_bot:
                refuse("users.dm_bot")
            return ws.im(key)
        channel = ws.channels.get(key) or (ws.channel(key) if people and not key.startswith("D") else None)
        if channel is None or (channel.kind != "channel" and ws.BOT not in channel.members):
            refuse("channel.unknown")
        return channel

    def member_channel(self, name: str = "channel") -> Channel:
        """A conversation the bot is in."""
        channel = self.channel(name)
        if self.workspace.BOT not in channel.members:
            refuse("channel.outside")
        return channel

    def message(self, channel: Channel, name: str = "ts") -> Message:
        message = self.workspace.message(channel.id, self.need(name))
        if message is None:
            refuse("message.unknown")
        return message

    def page_of(self, items: list[T], default: int, *, most: int = 999) -> tuple[list[T], Json]:
        """Some items from `cursor` on, and the response_metadata that leads to the next."""
        count = self.number("limit", default)
        if not 1 <= count <= most + 1:
            refuse("limit")
        start = 0
        if cursor := self.text("cursor"):
            try:
                prefix, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
                start = int(number)
            except ValueError:
                refuse("cursor")
            if prefix != "next" or not 0 <= start <= len(items):
                refuse("cursor")
        page = items[start : start + count]
        end = start + len(page)
        following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
        return page, {"next_cursor": following}


Handler = Callable[[Call], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Web API, as its page on docs.slack.dev/reference/methods describes it."""

    name: str
    run: Handler
    scopes: tuple[str, ...]
    """Any one of these suffices; none are needed when it is empty."""
    tier: int
    """1 to 4; 0 is special (chat.postMessage: by channel)."""
    app_token: bool = False


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str, tier: int, app_token: bool = False) -> Callable[[Handler], Handler]:
    """Enter a function into the table of methods."""

    def enter(run: Handler) -> Handler:
        METHODS[name] = Method(name, run, scopes, tier, app_token)
        return run

    return enter
