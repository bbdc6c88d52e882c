"""views.open, push, update, publish."""

from typing import Any

from sandbox import strict
from sandbox.api.call import Call, method
from sandbox.model import Json
from sandbox.refusals import refuse


def _body(call: Call, kind: str) -> Json:
    value: Any = call.json("view")
    if value is None:
        refuse("args.missing", "missing required field: view")
    return strict.view(value, kind, call.workspace)


@method("views.open", tier=4)
async def open_(call: Call) -> Json:
    body = _body(call, "modal")
    trigger = call.room.triggers.redeem(call.text("trigger_id") or call.need("interactivity_pointer"))
    view = call.room.views.open(trigger.user, body, channel=trigger.channel)
    return {"view": call.room.views.wire(view)}


@method("views.push", tier=4)
async def push(call: Call) -> Json:
    body = _body(call, "modal")
    trigger = call.room.triggers.redeem(call.text("trigger_id") or call.need("interactivity_pointer"))
    view = call.room.views.push(trigger.user, body)
    return {"view": call.room.views.wire(view)}


@method("views.update", tier=4)
async def update(call: Call) -> Json:
    views = call.room.views
    view_id = call.text("view_id")
    view = views.get(view_id) if view_id else views.external(call.need("external_id"))
    if view is None:
        refuse("view.unknown")
    if call.text("hash") and call.text("hash") != view.hash:
        refuse("view.hash")
    views.update(view, _body(call, view.body["type"]))
    return {"view": views.wire(view)}


@method("views.publish", tier=4)
async def publish(call: Call) -> Json:
    user = call.need("user_id")
    if not call.room.manifest.home_tab:
        refuse("view.home")
    if user not in call.workspace.users:
        refuse("user.unknown")
    home = call.room.views.homes.get(user)
    if call.text("hash") and home is not None and call.text("hash") != home.hash:
        refuse("view.hash")
    return {"view": call.room.views.wire(call.room.views.publish(user, _body(call, "home")))}
