"""conversations.info, list, members, open, history, replies, join."""

import operator

from sandbox.api.call import TS, Call, method
from sandbox.model import Channel, Json, Message
from sandbox.slack_errors import fail, limit

READ = {"channel": "channels:read", "group": "groups:read", "im": "im:read"}
HISTORY = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def _allow(call: Call, channel: Channel, table: dict[str, str]) -> None:
    """Check the scope for the conversation's kind."""
    call.state.need_scope(table[channel.kind])


@method("conversations.info", "channels:read", "groups:read", "im:read", tier=3)
async def info(call: Call) -> Json:
    channel = call.channel()
    _allow(call, channel, READ)
    api = channel.to_api(call.workspace.BOT, num_members=call.flag("include_num_members"))
    return {"channel": api | ({"locale": call.workspace.locale} if call.flag("include_locale") else {})}


@method("conversations.list", "channels:read", "groups:read", "im:read", tier=2)
async def list_(call: Call) -> Json:
    ws = call.workspace
    kinds = [TYPES.get(t.strip(), "") for t in call.text("types", "public_channel").split(",")]
    if "" in kinds:
        fail("args.type", "types must be public_channel, private_channel, im or mpim")
    for kind in kinds:
        if kind in READ:
            call.state.need_scope(READ[kind])
    found = [
        c
        for c in ws.channels.values()
        if c.kind in kinds
        and (c.kind == "channel" or ws.BOT in c.members)
        and not (c.archived and call.flag("exclude_archived"))
    ]
    page, more = call.page_of(found, 100, lambda channel: channel.id)
    return {"channels": [c.to_api(ws.BOT, num_members=True) for c in page], "response_metadata": more}


@method("conversations.members", "channels:read", "groups:read", "im:read", tier=4)
async def members(call: Call) -> Json:
    channel = call.channel()
    _allow(call, channel, READ)
    page, more = call.page_of(channel.members, 100, str)
    return {"members": page, "response_metadata": more}


@method("conversations.open", "im:write", tier=3)
async def open_(call: Call) -> Json:
    ws = call.workspace
    if call.text("channel"):
        channel = call.channel()
        if not channel.is_im:
            fail("channel.type")
    else:
        users = [u for u in call.text("users").split(",") if u]
        if not users:
            fail("users.none")
        if len(users) > 1:
            fail("args.type", "the sandbox has no group direct messages")
        if users[0] not in ws.users:
            fail("user.unknown")
        if ws.users[users[0]].is_bot:
            fail("users.dm_bot")
        channel = ws.im(users[0])
    api = channel.to_api(ws.BOT) if call.flag("return_im") else {"id": channel.id}
    return {"no_op": True, "already_open": True, "channel": api}


@method("conversations.join", "channels:join", tier=3)
async def join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != "channel":
        fail("channel.type")
    call.workspace.join(channel, call.workspace.BOT)
    return {"channel": channel.to_api(call.workspace.BOT)}


@method("conversations.leave", "channels:manage", "groups:write", tier=3)
async def leave(call: Call) -> Json:
    call.workspace.leave(call.member_channel(), call.workspace.BOT)
    return {}


@method("conversations.history", "channels:history", "groups:history", "im:history", tier=3)
async def history(call: Call) -> Json:
    channel = call.channel()
    _allow(call, channel, HISTORY)
    if call.workspace.BOT not in channel.members:
        fail("channel.outside")
    found = _between(call, call.workspace.history(channel.id))
    found.reverse()
    page, more = call.page_of(found, 100, _ts, at_most=_most(call), comes_before=operator.gt)
    return _answer(call, page, more)


@method("conversations.replies", "channels:history", "groups:history", "im:history", tier=3)
async def replies(call: Call) -> Json:
    channel = call.channel()
    _allow(call, channel, HISTORY)
    if call.workspace.BOT not in channel.members:
        fail("channel.outside")
    message = call.workspace.message(channel.id, call.need("ts"))
    if message is None or message.ephemeral_to:
        fail("thread.unknown")
    if message.is_reply:
        found = [message]
    else:
        thread = call.workspace.thread(channel.id, message.ts)
        # The parent is always included, whatever oldest and latest are.
        found = [thread[0], *_between(call, thread[1:])]
    page, more = call.page_of(found, 1000, _ts, at_most=_most(call), comes_before=operator.lt)
    return _answer(call, page, more)


def _most(call: Call) -> int:
    """How many messages a page has at most, whatever `limit` says."""
    return limit("history.items" if call.state.settings.app_distribution == "distributed" else "limit")


def _ts(message: Message) -> str:
    return message.ts


def _between(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = _bound(call, "oldest", "0"), _bound(call, "latest", "")
    inclusive = call.flag("inclusive")
    kept = []
    for message in messages:
        ts = float(message.ts)
        after = message.ts == oldest or ts > float(oldest) if inclusive else ts > float(oldest)
        before = not latest or (ts <= float(latest) if inclusive else ts < float(latest))
        if after and before:
            kept.append(message)
    return kept


def _bound(call: Call, name: str, default: str) -> str:
    value = call.text(name, default)
    if value and not (TS.fullmatch(value) or value.replace(".", "", 1).isdigit()):
        fail("args.type", f"{name} is not a time stamp")
    return value


def _answer(call: Call, page: list[Message], more: Json) -> Json:
    everything = call.flag("include_all_metadata")
    listed = []
    for message in page:
        api = call.workspace.to_api(message)
        if "metadata" in api and not everything:
            api["metadata"] = {"event_type": api["metadata"]["event_type"]}
        listed.append(api)
    return {"messages": listed, "has_more": bool(more["next_cursor"]), "pin_count": 0, "response_metadata": more}
