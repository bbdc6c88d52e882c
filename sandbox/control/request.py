"""A request of the control API, and the table of its endpoints."""

from collections.abc import Awaitable, Callable

from sandbox.model import Channel, Json, Message, User, View
from sandbox.state import SandboxState


class BadRequest(ValueError):
    """A control request with invalid fields; the message says why."""


class ControlRequest:
    """A control request with its fields."""

    def __init__(self, state: SandboxState, fields: Json) -> None:
        self.state = state
        self.fields = fields

    def text(self, name: str, default: str = "") -> str:
        return str(self.fields.get(name) or default)

    def user(self, name: str = "user") -> User:
        user = self.state.workspace.user(self.text(name))
        if user is None:
            raise BadRequest(f"there is no person {self.text(name)!r}")
        return user

    def channel(self, name: str = "channel") -> Channel:
        """By id or name; `@ana` or a person's id means their direct messages with the bot."""
        ws, key = self.state.workspace, self.text(name)
        channel = ws.channel(key)
        if channel is None and (user := ws.user(key)) is not None:
            return ws.im(user.id)
        if channel is None:
            raise BadRequest(f"there is no channel {key!r}")
        return channel

    def message(self) -> Message:
        message = self.state.workspace.message(self.channel().id, self.text("ts"))
        if message is None:
            raise BadRequest(f"there is no message {self.text('ts')!r} in {self.text('channel')!r}")
        return message

    def view(self) -> View:
        view = self.state.views.get(self.text("view_id"))
        if view is None:
            raise BadRequest(f"there is no view {self.text('view_id')!r}; it may have been closed")
        return view

    def seconds(self) -> float:
        return float(self.fields.get("timeout", 10))


Handler = Callable[[ControlRequest], Awaitable[Json]]
ENDPOINTS: dict[str, Handler] = {}


def endpoint(path: str) -> Callable[[Handler], Handler]:
    def register(run: Handler) -> Handler:
        ENDPOINTS[path] = run
        return run

    return register
