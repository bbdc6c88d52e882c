"""Administer the workspace: people, channels, settings, scopes, the token."""

import dataclasses

from sandbox.control.request import BadRequest, ControlRequest, endpoint
from sandbox.ids import new_id
from sandbox.model import Channel, Json, User


@endpoint("create-channel")
async def create_channel(request: ControlRequest) -> Json:
    ws = request.state.workspace
    creator = request.user()
    names = [str(m) for m in request.fields.get("members") or []]
    people = [u for n in names if (u := ws.user(n)) is not None]
    channel = Channel(
        new_id("C"),
        request.text("name"),
        "group" if request.fields.get("private") else "channel",
        int(float(ws.clock.ts())),
        creator.id,
        list(dict.fromkeys([creator.id, *(u.id for u in people)])),
    )
    ws.save_channel(channel)
    return {"channel": channel.to_api(ws.BOT)}


@endpoint("join")
async def join(request: ControlRequest) -> Json:
    request.state.workspace.join(request.channel(), request.user().id, request.text("inviter"))
    return {}


@endpoint("leave")
async def leave(request: ControlRequest) -> Json:
    request.state.workspace.leave(request.channel(), request.user().id)
    return {}


@endpoint("archive")
async def archive(request: ControlRequest) -> Json:
    channel = request.channel()
    channel.archived = request.fields.get("archived", True) is True
    request.state.workspace.save_channel(channel)
    return {}


@endpoint("add-user")
async def add_user(request: ControlRequest) -> Json:
    ws = request.state.workspace
    team = ws.OTHER_TEAM if request.fields.get("external") else ws.TEAM
    user = ws.add_user(
        User(
            new_id("U"),
            request.text("name"),
            request.text("real_name") or request.text("name").title(),
            team,
            is_guest=bool(request.fields.get("guest")),
            is_admin=bool(request.fields.get("admin")),
            tz=request.text("tz", "Europe/London"),
            locale=request.text("locale"),
            selectable=bool(request.fields.get("selectable")),
        )
    )
    return {"user": ws.user_to_api(user, with_locale=True)}


@endpoint("set-locale")
async def set_locale(request: ControlRequest) -> Json:
    """Set a person's language, or without `user` the workspace's."""
    user = request.user() if request.text("user") else None
    try:
        request.state.workspace.set_locale(request.text("locale"), user)
    except ValueError as e:
        raise BadRequest(str(e)) from e
    return {}


@endpoint("set-group")
async def set_group(request: ControlRequest) -> Json:
    """Set the members of a user group; `name` is shown in mentions."""
    ws = request.state.workspace
    people = [ws.user(str(name)) for name in request.fields.get("users") or []]
    if None in people:
        raise BadRequest("there is no such person")
    ws.set_group(request.text("group"), [user.id for user in people if user], request.text("name"))
    return {}


@endpoint("reset")
async def reset(request: ControlRequest) -> Json:
    """Begin again with a new workspace."""
    await request.state.reset()
    return {}


@endpoint("settings")
async def settings(request: ControlRequest) -> Json:
    try:
        request.state.settings.update(request.fields)
    except ValueError as e:
        raise BadRequest(str(e)) from e
    return {"settings": request.state.settings.as_dict()}


@endpoint("token")
async def token(request: ControlRequest) -> Json:
    """Make the bot's token good, revoked, or inactive."""
    state = request.text("state", "good")
    if state not in ("good", "revoked", "inactive"):
        raise BadRequest("state is good, revoked or inactive")
    request.state.token_state = state
    return {}


@endpoint("scopes")
async def scopes(request: ControlRequest) -> Json:
    """Grant exactly these scopes instead of the manifest's."""
    given = frozenset(str(s) for s in request.fields.get("scopes") or [])
    request.state.set_manifest(dataclasses.replace(request.state.manifest, scopes=given))
    return {"scopes": sorted(given)}
