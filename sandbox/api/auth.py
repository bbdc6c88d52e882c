"""auth.test, api.test, apps.connections.open, team.info, bots.info."""

from sandbox.api.call import Call, method
from sandbox.model import Json


@method("api.test", tier=4)
async def api_test(call: Call) -> Json:
    return {"args": {k: v for k, v in call.args.items() if k != "token"}}


@method("auth.test", tier=4)
async def auth_test(call: Call) -> Json:
    ws = call.workspace
    return {
        "url": ws.base_url + "/",
        "team": ws.name,
        "user": ws.users[ws.BOT].name,
        "team_id": ws.TEAM,
        "user_id": ws.BOT,
        "bot_id": ws.BOT_ID,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", "connections:write", tier=3, app_token=True)
async def connections_open(call: Call) -> Json:
    ticket = call.state.deliverer.sockets.ticket()
    base = call.workspace.base_url.replace("http://", "ws://", 1)
    return {"url": f"{base}/link/?ticket={ticket}&app_id={call.workspace.APP}"}


@method("team.info", "team:read", tier=3)
async def team_info(call: Call) -> Json:
    ws = call.workspace
    return {"team": {"id": ws.TEAM, "name": ws.name, "domain": ws.DOMAIN, "email_domain": "", "icon": {}}}


@method("bots.info", "users:read", tier=3)
async def bots_info(call: Call) -> Json:
    ws = call.workspace
    if call.text("bot", ws.BOT_ID) != ws.BOT_ID:
        return {"ok": False, "error": "bot_not_found"}
    bot = ws.users[ws.BOT]
    return {
        "bot": {
            "id": ws.BOT_ID,
            "deleted": False,
            "name": bot.real_name,
            "updated": 1_700_000_000,
            "app_id": ws.APP,
            "user_id": ws.BOT,
            "icons": {},
        }
    }
