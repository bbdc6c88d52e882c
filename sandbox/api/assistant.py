"""assistant.threads.setStatus, setTitle, setSuggestedPrompts."""

from sandbox.api.call import Call, method
from sandbox.model import Json
from sandbox.slack_errors import fail, limit


@method("assistant.threads.setStatus", "chat:write", "assistant:write", tier=3)
async def set_status(call: Call) -> Json:
    channel = call.member_channel("channel_id")
    thread_ts = call.need("thread_ts")
    parent = call.workspace.message(channel.id, thread_ts)
    if parent is None or parent.is_reply:
        fail("thread.bad")
    loading = call.json("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > limit("status.messages"):
        fail("status.messages", "no more than 10 items allowed [json-pointer:/loading_messages]")
    call.state.statuses.set(channel.id, thread_ts, call.text("status"))
    return {}


@method("assistant.threads.setTitle", "assistant:write", tier=3)
async def set_title(call: Call) -> Json:
    call.member_channel("channel_id")
    call.need("thread_ts")
    call.need("title")
    return {}


@method("assistant.threads.setSuggestedPrompts", "assistant:write", tier=3)
async def set_suggested_prompts(call: Call) -> Json:
    call.member_channel("channel_id")
    prompts = call.json("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
        fail("args.type", "prompts must hold 1 to 4 prompts")
    return {}
