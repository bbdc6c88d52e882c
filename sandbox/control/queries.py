"""Read what people see, and wait for it."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from fnmatch import fnmatchcase

from sandbox.control.request import BadRequest, ControlRequest, endpoint
from sandbox.elements import find
from sandbox.model import Json, Message
from sandbox.plain_text import thread_text


def messages_of(request: ControlRequest) -> list[Message]:
    ws, channel, thread_ts = request.state.workspace, request.channel(), request.text("thread_ts")
    return ws.thread(channel.id, thread_ts) if thread_ts else ws.history(channel.id)


def _shown(request: ControlRequest, message: Message) -> Json:
    api = request.state.workspace.to_api(message) | {"channel": message.channel}
    return api | {"plain": thread_text(request.state.workspace, [message], names=False)}


@endpoint("messages")
async def messages(request: ControlRequest) -> Json:
    return {"messages": [_shown(request, m) for m in messages_of(request)]}


@endpoint("ephemerals")
async def ephemerals(request: ControlRequest) -> Json:
    user, ws = request.user(), request.state.workspace
    found = [m for c in ws.channels for m in ws.messages(c) if m.ephemeral_to == user.id]
    return {"messages": [_shown(request, m) for m in sorted(found, key=lambda m: m.ts)]}


@endpoint("channels")
async def channels(request: ControlRequest) -> Json:
    ws = request.state.workspace
    return {"channels": [c.to_api(ws.BOT) | {"members": c.members} for c in ws.channels.values()]}


@endpoint("users")
async def users(request: ControlRequest) -> Json:
    ws = request.state.workspace
    return {"users": [ws.user_to_api(u, with_locale=True) for u in ws.users.values()]}


@endpoint("status")
async def status(request: ControlRequest) -> Json:
    return {"status": request.state.statuses.get(request.channel().id, request.text("thread_ts"))}


@endpoint("session")
async def session(request: ControlRequest) -> Json:
    """The agent's session of a thread, with `can_stop`; null where there is none."""
    return {"session": _session(request)}


def _session(request: ControlRequest) -> Json | None:
    found = request.state.agents.session(request.channel().id, request.text("thread_ts"))
    return asdict(found) | {"can_stop": request.state.user_actions.can_stop(found)} if found else None


# Waiting


@endpoint("wait-message")
async def wait_message(request: ControlRequest) -> Json:
    """Wait for a message (for `user`: an ephemeral one) that meets all conditions that are given.

    contains, author, after -- a part of its text, who posted it, the time stamp after which it was posted
    event_type, payload -- its metadata; patterns such as `*/started` for fields of the payload
    action_id, block_id -- a button or menu, or a block, that it has
    """
    contains, after, author = request.text("contains"), request.text("after"), request.text("author")
    ephemeral_to = request.user().id if request.text("user") else ""

    def found() -> Json | None:
        if ephemeral_to:
            pool = [m for m in request.state.workspace.messages(request.channel().id) if m.ephemeral_to == ephemeral_to]
        else:
            pool = messages_of(request)
        for message in pool:
            if message.ts <= after or (author and message.user != request.user("author").id):
                continue
            shown = _shown(request, message)
            if (contains in shown["plain"] or contains in message.text) and _is_marked(request, message):
                return shown
        return None

    message = await until(request, found)
    return {"message": message}


def _is_marked(request: ControlRequest, message: Message) -> bool:
    """Whether a message has the wanted metadata, element and block."""
    metadata = message.metadata or {"event_type": "", "event_payload": {}}
    if request.text("event_type") not in ("", metadata["event_type"]):
        return False
    wanted: Json = request.fields.get("payload") or {}
    if not all(fnmatchcase(str(metadata["event_payload"].get(name)), pattern) for name, pattern in wanted.items()):
        return False
    blocks, action_id = message.blocks or [], request.text("action_id")
    if action_id and find(blocks, action_id) is None:
        return False
    return request.text("block_id") in ("", *(block["block_id"] for block in blocks))


@endpoint("wait-session")
async def wait_session(request: ControlRequest) -> Json:
    """Until a thread is a session (with this `status` and `title` if given)."""

    def found() -> Json | None:
        now = _session(request)
        fits = now and all(request.text(name) in ("", now[name]) for name in ("status", "title"))
        return now if fits else None

    return {"session": await until(request, found)}


@endpoint("wait-prompts")
async def wait_prompts(request: ControlRequest) -> Json:
    """Until a prompt stands in a person's Messages tab whose title contains a text."""
    channel = request.state.workspace.im(request.user().id)

    def found() -> Json | None:
        title, listed = request.state.user_actions.prompts(channel)
        titles = [prompt["title"] for prompt in listed]
        return {"title": title, "prompts": listed} if any(request.text("contains") in t for t in titles) else None

    return await until(request, found)


@endpoint("wait-view")
async def wait_view(request: ControlRequest) -> Json:
    """Until a modal is open for a person (with `callback_id` or `title` if given)."""
    user = request.user()

    def found() -> Json | None:
        view = request.state.views.top(user.id)
        if view is None or request.text("callback_id") not in ("", view.body.get("callback_id")):
            return None
        if request.text("title") not in ("", view.body.get("title", {}).get("text")):
            return None
        return request.state.views.to_api(view) | {"errors": view.errors}

    return {"view": await until(request, found)}


@endpoint("wait-home")
async def wait_home(request: ControlRequest) -> Json:
    """Until a person's Home tab contains a text."""
    user = request.user()

    def found() -> Json | None:
        view = request.state.views.homes.get(user.id)
        api = request.state.views.to_api(view) if view else None
        return api if api and request.text("contains") in str(api["blocks"]) else None

    return {"view": await until(request, found)}


@endpoint("wait-connected")
async def wait_connected(request: ControlRequest) -> Json:
    """Until the app has a Socket Mode connection."""
    if not await request.state.deliverer.sockets.wait_connected(request.seconds()):
        raise BadRequest("the app did not connect in time")
    return {"connections": request.state.deliverer.sockets.count}


async def until(request: ControlRequest, found: Callable[[], Json | None]) -> Json:
    async with request.state.workspace.changes.watch() as changes:
        try:
            async with asyncio.timeout(request.seconds()):
                while (result := found()) is None:
                    if await changes.get() is None:
                        raise BadRequest("the workspace has ended")
                return result
        except TimeoutError:
            raise BadRequest(f"not there within {request.seconds():g} s: {request.fields}") from None
