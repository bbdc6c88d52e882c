"""What people do: talk, drop files, run commands, press buttons, fill in modals."""

import base64

from sandbox.control.ask import Ask, act
from sandbox.model import Json, Message, View


@act("say")
async def say(ask: Ask) -> Json:
    message = ask.room.acts.say(
        ask.user(),
        ask.channel(),
        ask.text("text"),
        thread_ts=ask.text("thread_ts"),
        broadcast=bool(ask.fields.get("broadcast")),
    )
    return {"channel": message.channel, "ts": message.ts, "message": ask.room.workspace.wire(message)}


@act("drop")
async def drop(ask: Ask) -> Json:
    files = [(str(f["name"]), base64.b64decode(f["content"])) for f in ask.fields.get("files") or []]
    message = ask.room.acts.drop(ask.user(), ask.channel(), files, ask.text("text"), ask.text("thread_ts"))
    return {
        "channel": message.channel,
        "ts": message.ts,
        "files": message.files,
        "message": ask.room.workspace.wire(message),
    }


@act("edit")
async def edit(ask: Ask) -> Json:
    ask.room.acts.edit(ask.user(), ask.message(), ask.text("text"))
    return {}


@act("delete")
async def delete(ask: Ask) -> Json:
    ask.room.acts.delete(ask.user(), ask.message())
    return {}


@act("delete-file")
async def delete_file(ask: Ask) -> Json:
    ask.room.acts.delete_file(ask.user(), ask.text("file"))
    return {}


@act("react")
async def react(ask: Ask) -> Json:
    add = not ask.fields.get("remove")
    done = ask.room.workspace.react(ask.message(), ask.user().id, ask.text("name").strip(":"), add=add)
    return {"changed": done}


# Commands, buttons, modals


@act("command")
async def command(ask: Ask) -> Json:
    reply = await ask.room.acts.command(
        ask.user(),
        ask.channel(),
        ask.text("command"),
        ask.text("text"),
        thread_ts=ask.text("thread_ts"),
    )
    return {"acked": reply.acked, "reason": reply.reason, "response": reply.payload}


@act("act")
async def press(ask: Ask) -> Json:
    """A button or menu, in a message (channel, ts) or a view (view_id)."""
    action_id, block_id, value = ask.text("action_id"), ask.text("block_id"), ask.fields.get("value")
    if ask.text("view_id"):
        reply = await ask.room.acts.act_in_view(ask.user(), ask.view(), action_id, block_id=block_id, value=value)
    else:
        reply = await ask.room.acts.act(ask.user(), ask.message(), action_id, block_id=block_id, value=value)
    return {"acked": reply.acked, "reason": reply.reason, "response": reply.payload}


@act("suggest")
async def suggest(ask: Ask) -> Json:
    holder: Message | View = ask.view() if ask.text("view_id") else ask.message()
    options = await ask.room.acts.suggest(ask.user(), holder, ask.text("action_id"), ask.text("value"))
    return {"options": options}


@act("submit")
async def submit(ask: Ask) -> Json:
    errors = await ask.room.acts.submit(ask.user(), ask.view(), ask.fields.get("values") or {})
    return {"errors": errors}


@act("close")
async def close(ask: Ask) -> Json:
    await ask.room.acts.close(ask.user(), ask.view())
    return {}


@act("home")
async def home(ask: Ask) -> Json:
    user = ask.user()
    ask.room.acts.open_home(user, ask.text("tab", "home"))
    view = ask.room.views.homes.get(user.id)
    return {"view": ask.room.views.wire(view) if view else None}


@act("views")
async def views(ask: Ask) -> Json:
    """The modals open for a person, the top one last, with the errors shown in them; and the Home tab."""
    user = ask.user()
    stack = ask.room.views.stacks.get(user.id, [])
    home = ask.room.views.homes.get(user.id)
    return {
        "views": [ask.room.views.wire(v) | {"errors": v.errors} for v in stack],
        "home": ask.room.views.wire(home) if home else None,
    }
