"""reactions.add, remove, get."""

import re

from sandbox.api.call import Call, method
from sandbox.model import Json
from sandbox.slack_errors import fail


@method("reactions.add", "reactions:write", tier=3)
async def add(call: Call) -> Json:
    message = call.message(call.member_channel(), "timestamp")
    if not call.workspace.react(message, call.workspace.BOT, _name(call), add=True):
        fail("reaction.twice")
    return {}


@method("reactions.remove", "reactions:write", tier=2)
async def remove(call: Call) -> Json:
    message = call.message(call.member_channel(), "timestamp")
    if not call.workspace.react(message, call.workspace.BOT, _name(call), add=False):
        fail("reaction.none")
    return {}


@method("reactions.get", "reactions:read", tier=3)
async def get(call: Call) -> Json:
    channel = call.member_channel()
    message = call.message(channel, "timestamp")
    return {"type": "message", "channel": channel.id, "message": call.workspace.to_api(message)}


def _name(call: Call) -> str:
    name = call.need("name").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        fail("reaction.bad")
    return name
