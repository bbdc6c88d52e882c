"""chat.startStream, appendStream, stopStream: messages that grow while people watch."""

import time
from typing import Any

from sandbox.api.call import Call, method
from sandbox.api.chat import metadata, thread_of
from sandbox.elements import with_ids
from sandbox.model import Channel, Json, Message
from sandbox.slack_errors import fail, limit
from sandbox.validation import check_message_blocks
from sandbox.validation.blocks import TASK_STATES

CHUNKS = {"markdown_text": "text", "task_update": "id", "plan_update": "title", "blocks": "blocks"}


@method("chat.startStream", "chat:write", tier=2)
async def start_stream(call: Call) -> Json:
    ws = call.workspace
    channel = call.member_channel()
    thread_ts = thread_of(call, channel, strictly=True)
    if not thread_ts:
        fail("thread.bad", "missing required field: thread_ts")
    if not channel.is_im:
        # Slack's page asks for these in channels. Some users report that direct messages need them too.
        if not call.text("recipient_user_id"):
            fail("stream.user")
        if not call.text("recipient_team_id"):
            fail("stream.team")
    if (user := call.text("recipient_user_id")) and user not in ws.users:
        fail("user.unknown")
    if call.text("task_display_mode", "timeline") not in ("timeline", "plan", "dense"):
        fail("stream.mode")
    content = _content(call, "", [], _chunks(call))
    message = ws.post(
        channel,
        ws.BOT,
        "",
        thread_ts=thread_ts,
        streaming="streaming",
        stream_started=time.time(),
        blocks=None,
    )
    ws.edit(message, quiet=True, **content)
    call.state.statuses.set(channel.id, thread_ts, "")
    return {"channel": channel.id, "ts": message.ts}


@method("chat.appendStream", "chat:write", tier=4)
async def append_stream(call: Call) -> Json:
    channel = call.member_channel()
    message = _streaming(call, channel)
    chunks = _chunks(call)
    if not chunks:
        fail("args.missing", "missing required field: markdown_text or chunks")
    call.workspace.edit(message, quiet=True, **_content(call, message.text, message.blocks or [], chunks))
    return {"channel": channel.id, "ts": message.ts}


@method("chat.stopStream", "chat:write", tier=2)
async def stop_stream(call: Call) -> Json:
    ws = call.workspace
    channel = call.member_channel()
    message = _streaming(call, channel)
    chunks = _chunks(call)
    blocks = call.json("blocks")  # counted apart from those in chunks: 50 here, 50 there
    if blocks is not None:
        blocks = with_ids(check_message_blocks(blocks, ws))
    fields = _content(call, message.text, message.blocks or [], chunks)
    fields |= {"streaming": "completed", "metadata": metadata(call) or message.metadata}
    if blocks:
        fields["blocks"] = [*(fields["blocks"] or []), *blocks]
    before = ws.to_api(message)
    ws.edit(message, quiet=True, **fields)
    if ws.observer:
        ws.observer.changed(message, before)
    call.state.agents.finished(channel.id, message.thread_ts)
    return {"channel": channel.id, "ts": message.ts, "message": ws.to_api(message)}


def _streaming(call: Call, channel: Channel) -> Message:
    message = call.message(channel)
    if message.user != call.workspace.BOT:
        fail("stream.owner")
    call.workspace.expire_stream(message)
    if message.streaming == "stopped":
        fail("stream.stopped")
    if message.streaming != "streaming":
        fail("stream.state")
    return message


def _chunks(call: Call) -> list[Json]:
    """The new content, validated, always as chunks."""
    text, chunks = call.text("markdown_text"), call.json("chunks")
    if text and chunks:
        fail("stream.both", "markdown_text and chunks cannot be used together")
    if text:
        chunks = [{"type": "markdown_text", "text": text}]
    if chunks is None:
        return []
    if not isinstance(chunks, list):
        fail("stream.chunks", "chunks must be a list")
    for chunk in chunks:
        _check(chunk, call)
    return chunks


def _check(chunk: Any, call: Call) -> None:
    if not isinstance(chunk, dict) or chunk.get("type") not in CHUNKS:
        fail("stream.chunks", f"chunk type must be one of {', '.join(CHUNKS)}")
    field = CHUNKS[chunk["type"]]
    if field not in chunk:
        fail("stream.chunks", f"missing required field: {field}")
    match chunk["type"]:
        case "markdown_text":
            if not isinstance(chunk["text"], str):
                fail("stream.chunks", "text must be a string")
            if len(chunk["text"]) > limit("text.markdown"):
                fail("text.markdown")
        case "task_update":
            if chunk.get("status", "pending") not in TASK_STATES or not isinstance(chunk.get("title", ""), str):
                fail("stream.chunks", "status must be pending, in_progress, complete or error")
            for name in ("id", "title", "details", "output"):
                if len(str(chunk.get(name) or "")) > limit("stream.task"):
                    fail("stream.task", f"{name} must be less than {limit('stream.task') + 1} characters")
        case "blocks":
            check_message_blocks(chunk["blocks"], call.workspace)


def _content(call: Call, text: str, blocks: list[Json], chunks: list[Json]) -> Json:
    """Text and blocks with the chunks: text extends one markdown block; tasks and the plan's title are updated."""
    blocks = [dict(b) for b in blocks]
    for chunk in chunks:
        match chunk["type"]:
            case "markdown_text":
                text += chunk["text"]
                if blocks and blocks[-1]["type"] == "markdown":
                    blocks[-1]["text"] += chunk["text"]
                else:
                    blocks.append({"type": "markdown", "text": chunk["text"], "block_id": f"s{len(blocks)}"})
            case "task_update":
                card = {k: v for k, v in chunk.items() if k not in ("type", "id")}
                card = {"type": "task_card", "task_id": chunk["id"], "block_id": f"t-{chunk['id']}", **card}
                old = next((b for b in blocks if b.get("task_id") == chunk["id"]), None)
                if old is None:
                    blocks.append(card)
                else:
                    old |= card
            case "plan_update":
                old = next((b for b in blocks if b["type"] == "plan"), None)
                if old is None:
                    blocks.insert(0, {"type": "plan", "title": chunk["title"], "block_id": "plan"})
                else:
                    old["title"] = chunk["title"]
            case "blocks":
                blocks += with_ids(chunk["blocks"])
    # Tasks alone may be longer; with the first text everything counts.
    if text and len(text) + sum(map(_task_length, blocks)) > call.state.settings.stream_length:
        fail("stream.length")
    return {"text": text, "blocks": blocks or None}


def _task_length(block: Json) -> int:
    """The characters of a task card or a plan."""
    if block["type"] not in ("task_card", "plan"):
        return 0
    return sum(len(str(block.get(name) or "")) for name in ("title", "details", "output"))
