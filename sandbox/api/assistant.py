"""assistant.threads.setStatus, setTitle, setSuggestedPrompts."""

from sandbox.agents import Prompts
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


@method("assistant.threads.setSuggestedPrompts", "assistant:write", tier=4)
async def set_suggested_prompts(call: Call) -> Json:
    """Pin prompts at the top of an agent's Messages tab. With thread_ts, as for older assistants, nothing happens."""
    channel = call.member_channel("channel_id")
    prompts = call.json("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= limit("prompts.count"):
        fail("prompts.count", "must hold 1 to 4 prompts [json-pointer:/prompts]")
    for i, prompt in enumerate(prompts):
        if not isinstance(prompt, dict) or not all(_filled(prompt.get(name)) for name in ("title", "message")):
            fail("args.type", f"needs title and message [json-pointer:/prompts/{i}]")
    if call.state.manifest.agent and not call.text("thread_ts"):
        kept = [{name: prompt[name] for name in ("title", "message")} for prompt in prompts]
        call.state.agents.pin(Prompts(channel.id, call.text("title"), kept))
    return {}


def _filled(value: object) -> bool:
    return isinstance(value, str) and bool(value)
