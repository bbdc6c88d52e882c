"""What people do: post, drop files, run commands, press buttons, fill in modals."""

import base64

from sandbox.control.request import ControlRequest, endpoint
from sandbox.model import Json, Message, View


@endpoint("say")
async def say(request: ControlRequest) -> Json:
    message = request.state.user_actions.say(
        request.user(),
        request.channel(),
        request.text("text"),
        thread_ts=request.text("thread_ts"),
        broadcast=bool(request.fields.get("broadcast")),
    )
    return {"channel": message.channel, "ts": message.ts, "message": request.state.workspace.to_api(message)}


@endpoint("drop")
async def drop(request: ControlRequest) -> Json:
    files = [(str(f["name"]), base64.b64decode(f["content"])) for f in request.fields.get("files") or []]
    message = request.state.user_actions.drop(
        request.user(), request.channel(), files, request.text("text"), request.text("thread_ts")
    )
    return {
        "channel": message.channel,
        "ts": message.ts,
        "files": message.files,
        "message": request.state.workspace.to_api(message),
    }


@endpoint("edit")
async def edit(request: ControlRequest) -> Json:
    request.state.user_actions.edit(request.user(), request.message(), request.text("text"))
    return {}


@endpoint("delete")
async def delete(request: ControlRequest) -> Json:
    request.state.user_actions.delete(request.user(), request.message())
    return {}


@endpoint("delete-file")
async def delete_file(request: ControlRequest) -> Json:
    request.state.user_actions.delete_file(request.user(), request.text("file"))
    return {}


@endpoint("react")
async def react(request: ControlRequest) -> Json:
    add = not request.fields.get("remove")
    done = request.state.workspace.react(request.message(), request.user().id, request.text("name").strip(":"), add=add)
    return {"changed": done}


# Commands, buttons, modals


@endpoint("command")
async def command(request: ControlRequest) -> Json:
    reply = await request.state.user_actions.command(
        request.user(),
        request.channel(),
        request.text("command"),
        request.text("text"),
        thread_ts=request.text("thread_ts"),
    )
    return {"acked": reply.acked, "reason": reply.reason, "response": reply.payload}


@endpoint("shortcut")
async def shortcut(request: ControlRequest) -> Json:
    """Run a shortcut: on a message (channel, ts), or a global one."""
    interactions, callback_id = request.state.interactions, request.text("callback_id")
    if request.text("ts"):
        reply = await interactions.run_message_shortcut(request.user(), request.message(), callback_id)
    else:
        reply = await interactions.run_shortcut(request.user(), callback_id)
    return {"acked": reply.acked, "reason": reply.reason, "response": reply.payload}


@endpoint("act")
async def press(request: ControlRequest) -> Json:
    """Press a button, or use a menu, of a message (channel, ts) or a view (view_id)."""
    action_id, block_id, value = request.text("action_id"), request.text("block_id"), request.fields.get("value")
    if request.text("view_id"):
        reply = await request.state.interactions.act_in_view(
            request.user(), request.view(), action_id, block_id=block_id, value=value
        )
    else:
        reply = await request.state.interactions.act(
            request.user(), request.message(), action_id, block_id=block_id, value=value
        )
    return {"acked": reply.acked, "reason": reply.reason, "response": reply.payload}


@endpoint("suggest")
async def suggest(request: ControlRequest) -> Json:
    holder: Message | View = request.view() if request.text("view_id") else request.message()
    options = await request.state.interactions.suggest(
        request.user(), holder, request.text("action_id"), request.text("value")
    )
    return {"options": options}


@endpoint("submit")
async def submit(request: ControlRequest) -> Json:
    errors = await request.state.interactions.submit(request.user(), request.view(), request.fields.get("values") or {})
    return {"errors": errors}


@endpoint("close")
async def close(request: ControlRequest) -> Json:
    await request.state.interactions.close(request.user(), request.view())
    return {}


@endpoint("home")
async def home(request: ControlRequest) -> Json:
    user = request.user()
    request.state.user_actions.open_home(user, request.text("tab", "home"))
    view = request.state.views.homes.get(user.id)
    return {"view": request.state.views.to_api(view) if view else None}


@endpoint("prompts")
async def prompts(request: ControlRequest) -> Json:
    """The suggested prompts in a person's Messages tab."""
    title, listed = request.state.user_actions.prompts(request.state.workspace.im(request.user().id))
    return {"title": title, "prompts": listed}


@endpoint("send-prompt")
async def send_prompt(request: ControlRequest) -> Json:
    user = request.user()
    channel = request.state.workspace.im(user.id)
    message = request.state.user_actions.send_prompt(user, channel, request.text("title"))
    return {"channel": message.channel, "ts": message.ts, "message": request.state.workspace.to_api(message)}


@endpoint("stop-session")
async def stop_session(request: ControlRequest) -> Json:
    request.state.user_actions.stop_session(request.user(), request.channel(), request.text("thread_ts"))
    return {}


@endpoint("rename-session")
async def rename_session(request: ControlRequest) -> Json:
    request.state.user_actions.rename_session(
        request.user(), request.channel(), request.text("thread_ts"), request.text("title")
    )
    return {}


@endpoint("views")
async def views(request: ControlRequest) -> Json:
    """A person's open modals with their errors, the top one last, and the Home tab."""
    user = request.user()
    stack = request.state.views.stacks.get(user.id, [])
    home = request.state.views.homes.get(user.id)
    return {
        "views": [request.state.views.to_api(v) | {"errors": v.errors} for v in stack],
        "home": request.state.views.to_api(home) if home else None,
    }
