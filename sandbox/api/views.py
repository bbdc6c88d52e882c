"""views.open, push, update, publish."""

from typing import Any

from sandbox.api.call import Call, method
from sandbox.model import Json
from sandbox.slack_errors import fail
from sandbox.validation import check_view


def _body(call: Call, kind: str) -> Json:
    value: Any = call.json("view")
    if value is None:
        fail("args.missing", "missing required field: view")
    return check_view(value, kind, call.workspace)


@method("views.open", tier=4)
async def open_(call: Call) -> Json:
    body = _body(call, "modal")
    trigger = call.state.triggers.redeem(call.text("trigger_id") or call.need("interactivity_pointer"))
    view = call.state.views.open(trigger.user, body, channel=trigger.channel)
    return {"view": call.state.views.to_api(view)}


@method("views.push", tier=4)
async def push(call: Call) -> Json:
    body = _body(call, "modal")
    trigger = call.state.triggers.redeem(call.text("trigger_id") or call.need("interactivity_pointer"))
    view = call.state.views.push(trigger.user, body)
    return {"view": call.state.views.to_api(view)}


@method("views.update", tier=4)
async def update(call: Call) -> Json:
    views = call.state.views
    view_id = call.text("view_id")
    view = views.get(view_id) if view_id else views.external(call.need("external_id"))
    if view is None:
        fail("view.unknown")
    if call.text("hash") and call.text("hash") != view.hash:
        fail("view.hash")
    views.update(view, _body(call, view.body["type"]))
    return {"view": views.to_api(view)}


@method("views.publish", tier=4)
async def publish(call: Call) -> Json:
    user = call.need("user_id")
    if not call.state.manifest.home_tab:
        fail("view.home")
    if user not in call.workspace.users:
        fail("user.unknown")
    home = call.state.views.homes.get(user)
    if call.text("hash") and home is not None and call.text("hash") != home.hash:
        fail("view.hash")
    return {"view": call.state.views.to_api(call.state.views.publish(user, _body(call, "home")))}
