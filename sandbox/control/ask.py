"""One request of the control API, and the table of everything that can be asked."""

from collections.abc import Awaitable, Callable

from sandbox.model import Channel, Json, Message, User, View
from sandbox.room import Room


class BadRequest(ValueError):
    """A control request that makes no sense; the message says why."""


class Ask:
    """One control request, its fields by name."""

    def __init__(self, room: Room, fields: Json) -> None:
        self.room = room
        self.fields = fields

    def text(self, name: str, default: str = "") -> str:
        return str(self.fields.get(name) or default)

    def user(self, name: str = "user") -> User:
        user = self.room.workspace.user(self.text(name))
        if user is None:
            raise BadRequest(f"there is no person {self.text(name)!r}")
        return user

    def channel(self, name: str = "channel") -> Channel:
        """By id or name; `@ana` or a person's id means their direct messages with the bot."""
        ws, key = self.room.workspace, self.text(name)
        channel = ws.channel(key)
        if channel is None and (user := ws.user(key)) is not None:
            return ws.im(user.id)
        if channel is None:
            raise BadRequest(f"there is no channel {key!r}")
        return channel

    def message(self) -> Message:
        message = self.room.workspace.message(self.channel().id, self.text("ts"))
        if message is None:
            raise BadRequest(f"there is no message {self.text('ts')!r} in {self.text('channel')!r}")
        return message

    def view(self) -> View:
        view = self.room.views.get(self.text("view_id"))
        if view is None:
            raise BadRequest(f"there is no view {self.text('view_id')!r}; it may have been closed")
        return view

    def seconds(self) -> float:
        return float(self.fields.get("timeout", 10))


Answer = Callable[[Ask], Awaitable[Json]]
ACTS: dict[str, Answer] = {}


def act(path: str) -> Callable[[Answer], Answer]:
    def enter(run: Answer) -> Answer:
        ACTS[path] = run
        return run

    return enter
