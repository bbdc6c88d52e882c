"""users.info, users.list, users.conversations, usergroups.users.list."""

from sandbox.api.call import Call, method
from sandbox.model import Json
from sandbox.slack_errors import fail


@method("users.info", "users:read", tier=4)
async def info(call: Call) -> Json:
    ws = call.workspace
    user = ws.users.get(call.need("user"))
    if user is None:
        fail("user.unknown")
    return {"user": ws.user_to_api(user, with_locale=call.flag("include_locale"))}


@method("users.list", "users:read", tier=2)
async def list_(call: Call) -> Json:
    ws = call.workspace
    page, more = call.page_of([u for u in ws.users.values() if u.team_id == ws.TEAM], 1000, lambda user: user.id)
    return {
        "members": [ws.user_to_api(u, with_locale=call.flag("include_locale")) for u in page],
        "cache_ts": 1_700_000_000,
        "response_metadata": more,
    }


@method("users.conversations", "channels:read", "groups:read", "im:read", tier=3)
async def conversations(call: Call) -> Json:
    ws = call.workspace
    user = call.text("user", ws.BOT)
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im"}
    wanted = {kinds.get(t.strip(), "") for t in call.text("types", "public_channel").split(",")}
    found = [
        c
        for c in ws.channels.values()
        if c.kind in wanted and user in c.members and (c.kind == "channel" or ws.BOT in c.members)
    ]
    page, more = call.page_of(found, 100, lambda channel: channel.id)
    return {"channels": [c.to_api(user) for c in page], "response_metadata": more}


@method("usergroups.users.list", "usergroups:read", tier=2)
async def usergroup_users(call: Call) -> Json:
    group = call.need("usergroup")
    if not call.workspace.groups:
        fail("groups.plan")
    if group not in call.workspace.groups:
        fail("groups.unknown")
    return {"users": call.workspace.groups[group]}
