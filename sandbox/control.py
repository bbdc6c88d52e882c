"""The control API: what a person does on the page, a test does here (docs/sandbox.md lists it all).

Every address takes and gives JSON and needs the key. People and channels go by id or by name.
"""

import asyncio
import base64
import dataclasses
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.faults import Fault
from sandbox.ids import new_id
from sandbox.model import Channel, Json, Message, User, View
from sandbox.plain import thread_text
from sandbox.room import Room

__all__ = ["BadRequest", "routes"]


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
_TABLE: dict[str, Answer] = {}


def act(path: str) -> Callable[[Answer], Answer]:
    def enter(run: Answer) -> Answer:
        _TABLE[path] = run
        return run

    return enter


def routes(room: Room) -> list[BaseRoute]:
    def endpoint(run: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            fields: Json = dict(request.query_params)
            if request.method == "POST" and await request.body():
                try:
                    body = await request.json()
                except ValueError as e:
                    raise BadRequest(f"the body is not JSON: {e}") from e
                fields |= body
            return JSONResponse({"ok": True} | await run(Ask(room, fields)))

        return answer

    async def text(request: Request) -> Response:
        ask = Ask(room, dict(request.query_params))
        ws = room.workspace
        return PlainTextResponse(thread_text(ws, _messages(ask)))

    return [
        *(Route(f"/control/{path}", endpoint(run), methods=["GET", "POST"]) for path, run in _TABLE.items()),
        Route("/control/text", text),
    ]


# Talking


@act("say")
async def say(ask: Ask) -> Json:
    message = ask.room.acts.say(
        ask.user(),
        ask.channel(),
        ask.text("text"),
        thread_ts=ask.text("thread_ts"),
        broadcast=bool(ask.fields.get("broadcast")),
    )
    return {"channel": message.channel, "ts": message.ts, "message": ask.room.workspace.wire(message)}


@act("drop")
async def drop(ask: Ask) -> Json:
    files = [(str(f["name"]), base64.b64decode(f["content"])) for f in ask.fields.get("files") or []]
    message = ask.room.acts.drop(ask.user(), ask.channel(), files, ask.text("text"), ask.text("thread_ts"))
    return {
        "channel": message.channel,
        "ts": message.ts,
        "files": message.files,
        "message": ask.room.workspace.wire(message),
    }


@act("edit")
async def edit(ask: Ask) -> Json:
    ask.room.acts.edit(ask.user(), ask.message(), ask.text("text"))
    return {}


@act("delete")
async def delete(ask: Ask) -> Json:
    ask.room.acts.delete(ask.user(), ask.message())
    return {}


@act("delete-file")
async def delete_file(ask: Ask) -> Json:
    ask.room.acts.delete_file(ask.user(), ask.text("file"))
    return {}


@act("react")
async def react(ask: Ask) -> Json:
    add = not ask.fields.get("remove")
    done = ask.room.workspace.react(ask.message(), ask.user().id, ask.text("name").strip(":"), add=add)
    return {"changed": done}


# Commands, buttons, modals


@act("command")
async def command(ask: Ask) -> Json:
    reply = await ask.room.acts.command(
        ask.user(),
        ask.channel(),
        ask.text("command"),
        ask.text("text"),
        thread_ts=ask.text("thread_ts"),
    )
    return {"acked": reply.acked, "reason": reply.reason, "response": reply.payload}


@act("act")
async def press(ask: Ask) -> Json:
    """A button or menu, in a message (channel, ts) or a view (view_id)."""
    action_id, block_id, value = ask.text("action_id"), ask.text("block_id"), ask.fields.get("value")
    if ask.text("view_id"):
        reply = await ask.room.acts.act_in_view(ask.user(), ask.view(), action_id, block_id=block_id, value=value)
    else:
        reply = await ask.room.acts.act(ask.user(), ask.message(), action_id, block_id=block_id, value=value)
    return {"acked": reply.acked, "reason": reply.reason, "response": reply.payload}


@act("suggest")
async def suggest(ask: Ask) -> Json:
    holder: Message | View = ask.view() if ask.text("view_id") else ask.message()
    options = await ask.room.acts.suggest(ask.user(), holder, ask.text("action_id"), ask.text("value"))
    return {"options": options}


@act("submit")
async def submit(ask: Ask) -> Json:
    errors = await ask.room.acts.submit(ask.user(), ask.view(), ask.fields.get("values") or {})
    return {"errors": errors}


@act("close")
async def close(ask: Ask) -> Json:
    await ask.room.acts.close(ask.user(), ask.view())
    return {}


@act("home")
async def home(ask: Ask) -> Json:
    user = ask.user()
    ask.room.acts.open_home(user, ask.text("tab", "home"))
    view = ask.room.views.homes.get(user.id)
    return {"view": ask.room.views.wire(view) if view else None}


@act("views")
async def views(ask: Ask) -> Json:
    """The modals open for a person, the top one last, with the errors shown in them; and the Home tab."""
    user = ask.user()
    stack = ask.room.views.stacks.get(user.id, [])
    home = ask.room.views.homes.get(user.id)
    return {
        "views": [ask.room.views.wire(v) | {"errors": v.errors} for v in stack],
        "home": ask.room.views.wire(home) if home else None,
    }


# Reading


def _messages(ask: Ask) -> list[Message]:
    ws, channel, thread_ts = ask.room.workspace, ask.channel(), ask.text("thread_ts")
    return ws.thread(channel.id, thread_ts) if thread_ts else ws.history(channel.id)


def _shown(ask: Ask, message: Message) -> Json:
    wire = ask.room.workspace.wire(message) | {"channel": message.channel}
    return wire | {"plain": thread_text(ask.room.workspace, [message], names=False)}


@act("messages")
async def messages(ask: Ask) -> Json:
    return {"messages": [_shown(ask, m) for m in _messages(ask)]}


@act("ephemerals")
async def ephemerals(ask: Ask) -> Json:
    user, ws = ask.user(), ask.room.workspace
    found = [m for c in ws.channels for m in ws.messages(c) if m.ephemeral_to == user.id]
    return {"messages": [_shown(ask, m) for m in sorted(found, key=lambda m: m.ts)]}


@act("channels")
async def channels(ask: Ask) -> Json:
    ws = ask.room.workspace
    return {"channels": [c.wire(ws.BOT) | {"members": c.members} for c in ws.channels.values()]}


@act("users")
async def users(ask: Ask) -> Json:
    ws = ask.room.workspace
    return {"users": [u.wire(home_team=ws.TEAM, with_locale=True) for u in ws.users.values()]}


@act("status")
async def status(ask: Ask) -> Json:
    return {"status": ask.room.statuses.get(ask.channel().id, ask.text("thread_ts"))}


# Waiting


@act("wait-message")
async def wait_message(ask: Ask) -> Json:
    """Until a message (or an ephemeral one for `user`) contains a text; `after` ignores older ones."""
    contains, after, author = ask.text("contains"), ask.text("after"), ask.text("author")
    ephemeral_to = ask.user().id if ask.text("user") else ""

    def found() -> Json | None:
        if ephemeral_to:
            pool = [m for m in ask.room.workspace.messages(ask.channel().id) if m.ephemeral_to == ephemeral_to]
        else:
            pool = _messages(ask)
        for message in pool:
            if message.ts <= after or (author and message.user != ask.user("author").id):
                continue
            shown = _shown(ask, message)
            if contains in shown["plain"] or contains in message.text:
                return shown
        return None

    message = await _until(ask, found)
    return {"message": message}


@act("wait-view")
async def wait_view(ask: Ask) -> Json:
    """Until a modal is open for a person (with `callback_id` or `title` if given)."""
    user = ask.user()

    def found() -> Json | None:
        view = ask.room.views.top(user.id)
        if view is None or ask.text("callback_id") not in ("", view.body.get("callback_id")):
            return None
        if ask.text("title") not in ("", view.body.get("title", {}).get("text")):
            return None
        return ask.room.views.wire(view) | {"errors": view.errors}

    return {"view": await _until(ask, found)}


@act("wait-home")
async def wait_home(ask: Ask) -> Json:
    """Until a person's Home tab contains a text."""
    user = ask.user()

    def found() -> Json | None:
        view = ask.room.views.homes.get(user.id)
        wire = ask.room.views.wire(view) if view else None
        return wire if wire and ask.text("contains") in str(wire["blocks"]) else None

    return {"view": await _until(ask, found)}


@act("wait-connected")
async def wait_connected(ask: Ask) -> Json:
    """Until the app has a Socket Mode connection."""
    if not await ask.room.deliverer.sockets.wait_connected(ask.seconds()):
        raise BadRequest("the app did not connect in time")
    return {"connections": ask.room.deliverer.sockets.count}


async def _until(ask: Ask, found: Callable[[], Json | None]) -> Json:
    async with ask.room.workspace.changes.watch() as changes:
        try:
            async with asyncio.timeout(ask.seconds()):
                while (result := found()) is None:
                    if await changes.get() is None:
                        raise BadRequest("the sandbox stops")
                return result
        except TimeoutError:
            raise BadRequest(f"nothing of the kind within {ask.seconds():g} s: {ask.fields}") from None


# The workspace itself


@act("create-channel")
async def create_channel(ask: Ask) -> Json:
    ws = ask.room.workspace
    creator = ask.user()
    names = [str(m) for m in ask.fields.get("members") or []]
    people = [u for n in names if (u := ws.user(n)) is not None]
    channel = Channel(
        new_id("C"),
        ask.text("name"),
        "group" if ask.fields.get("private") else "channel",
        int(float(ws.clock.ts())),
        creator.id,
        list(dict.fromkeys([creator.id, *(u.id for u in people)])),
    )
    ws.save_channel(channel)
    return {"channel": channel.wire(ws.BOT)}


@act("join")
async def join(ask: Ask) -> Json:
    ask.room.workspace.join(ask.channel(), ask.user().id, ask.text("inviter"))
    return {}


@act("leave")
async def leave(ask: Ask) -> Json:
    ask.room.workspace.leave(ask.channel(), ask.user().id)
    return {}


@act("archive")
async def archive(ask: Ask) -> Json:
    channel = ask.channel()
    channel.archived = ask.fields.get("archived", True) is True
    ask.room.workspace.save_channel(channel)
    return {}


@act("add-user")
async def add_user(ask: Ask) -> Json:
    ws = ask.room.workspace
    team = ws.OTHER_TEAM if ask.fields.get("stranger") else ws.TEAM
    user = ws.add_user(
        User(
            new_id("U"),
            ask.text("name"),
            ask.text("real_name") or ask.text("name").title(),
            team,
            is_guest=bool(ask.fields.get("guest")),
            is_admin=bool(ask.fields.get("admin")),
            locale=ask.text("locale", "en-GB"),
            selectable=bool(ask.fields.get("selectable")),
        )
    )
    return {"user": user.wire(home_team=ws.TEAM)}


@act("settings")
async def settings(ask: Ask) -> Json:
    try:
        ask.room.settings.update(ask.fields)
    except ValueError as e:
        raise BadRequest(str(e)) from e
    return {"settings": ask.room.settings.wire()}


@act("token")
async def token(ask: Ask) -> Json:
    """Make the bot's token good, revoked, or inactive."""
    state = ask.text("state", "good")
    if state not in ("good", "revoked", "inactive"):
        raise BadRequest("state is good, revoked or inactive")
    ask.room.token_state = state
    return {}


@act("scopes")
async def scopes(ask: Ask) -> Json:
    """Grant exactly these scopes instead of the manifest's."""
    given = frozenset(str(s) for s in ask.fields.get("scopes") or [])
    ask.room.set_manifest(dataclasses.replace(ask.room.manifest, scopes=given))
    return {"scopes": sorted(given)}


@act("fault")
async def fault(ask: Ask) -> Json:
    if ask.fields.get("clear"):
        ask.room.faults.clear()
        return {"faults": []}
    if ask.text("method"):
        try:
            ask.room.faults.add(
                Fault(
                    ask.text("method"),
                    ask.text("kind"),
                    ask.text("value"),
                    int(ask.fields.get("times", 1)),
                    int(ask.fields.get("skip", 0)),
                    ask.text("match"),
                )
            )
        except ValueError as e:
            raise BadRequest(str(e)) from e
    return {"faults": ask.room.faults.wire()}


@act("disconnect")
async def disconnect(ask: Ask) -> Json:
    """Cut the app's sockets, or ask them to come back (`reason`: warning, refresh_requested, link_disabled)."""
    sockets = ask.room.deliverer.sockets
    count = sockets.count
    if ask.text("reason"):
        await sockets.refresh(ask.text("reason"))
    else:
        await sockets.close()
    return {"connections": count}


@act("deliveries")
async def deliveries(ask: Ask) -> Json:
    """What the app was told, and whether it acknowledged: newest last. `state`, `kind`, `name` filter."""
    log = [
        d.wire()
        for d in ask.room.deliverer.log
        if ask.text("state") in ("", d.state) and ask.text("kind") in ("", d.kind) and ask.text("name") in ("", d.name)
    ]
    return {"deliveries": log, "connections": ask.room.deliverer.sockets.count}


@act("redeliver")
async def redeliver(ask: Ask) -> Json:
    """Send an event once more, with the same event_id: what Slack does when an acknowledgement got lost."""
    for delivery in ask.room.deliverer.log:
        if ask.text("event_id") == delivery.id and delivery.kind == "events_api":
            ask.room.deliverer.event(delivery.payload)
            return {}
    raise BadRequest(f"no event {ask.text('event_id')!r} is remembered")
