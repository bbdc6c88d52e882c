"""The workspace behind people's backs: channels, settings, scopes, and trouble on demand."""

import dataclasses

from sandbox.control.ask import Ask, BadRequest, act
from sandbox.faults import Fault
from sandbox.ids import new_id
from sandbox.model import Channel, Json, User


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


@act("set-group")
async def set_group(ask: Ask) -> Json:
    """A user group of exactly these people; `name` is what a mention of it shows."""
    ws = ask.room.workspace
    people = [ws.user(str(name)) for name in ask.fields.get("users") or []]
    if None in people:
        raise BadRequest("There is no such person.")
    ws.set_group(ask.text("group"), [user.id for user in people if user], ask.text("name"))
    return {}


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
