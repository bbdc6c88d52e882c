"""What is to be seen, and waiting for it."""

import asyncio
from collections.abc import Callable

from sandbox.control.ask import Ask, BadRequest, act
from sandbox.model import Json, Message
from sandbox.plain import thread_text


def messages_of(ask: Ask) -> list[Message]:
    ws, channel, thread_ts = ask.room.workspace, ask.channel(), ask.text("thread_ts")
    return ws.thread(channel.id, thread_ts) if thread_ts else ws.history(channel.id)


def _shown(ask: Ask, message: Message) -> Json:
    wire = ask.room.workspace.wire(message) | {"channel": message.channel}
    return wire | {"plain": thread_text(ask.room.workspace, [message], names=False)}


@act("messages")
async def messages(ask: Ask) -> Json:
    return {"messages": [_shown(ask, m) for m in messages_of(ask)]}


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
            pool = messages_of(ask)
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
