"""chat.postMessage, update, delete, postEphemeral, getPermalink."""

import json
from typing import Any

from sandbox.api.call import TS, Call, method
from sandbox.elements import with_ids
from sandbox.model import Channel, Json, Message
from sandbox.slack_errors import fail, limit
from sandbox.validation import check_message_blocks


def thread_of(call: Call, channel: Channel, *, strictly: bool = False) -> str:
    """The thread to post into, from the argument thread_ts: a parent's time stamp, or empty.

    chat.postMessage accepts a parent that does not exist: it posts into the channel itself, and only the missing
    `message.thread_ts` shows this (slack-go/slack#1571; read 2026-11-21). A reply's time stamp means its thread.
    With `strictly` both fail, as for chat.startStream.
    """
    ts = call.text("thread_ts")
    if not ts:
        return ""
    if not TS.fullmatch(ts):
        fail("thread.bad", "thread_ts is not a time stamp")
    parent = call.workspace.message(channel.id, ts)
    if parent is not None and parent.ephemeral_to:
        parent = None
    if strictly and (parent is None or parent.is_reply):
        fail("thread.bad", "thread_ts must be the time stamp of a parent message")
    return (parent.thread_ts or parent.ts) if parent else ""


def content(call: Call) -> Json:
    """The text, blocks and attachments of a new message, validated."""
    blocks = call.json("blocks")
    attachments = call.json("attachments")
    text, markdown = call.text("text"), call.text("markdown_text")
    if markdown:
        if text or blocks:
            fail("text.markdown.conflict")
        if len(markdown) > limit("text.markdown"):
            fail("text.markdown")
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    if attachments is not None:
        if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
            fail("attachments.format")
        if len(attachments) > limit("attachments.count"):
            fail("attachments.count")
        for attachment in attachments:
            if attachment.get("blocks"):
                attachment["blocks"] = with_ids(check_message_blocks(attachment["blocks"], call.workspace))
    if blocks is not None:
        blocks = with_ids(check_message_blocks(blocks, call.workspace)) or None
    return {"text": text, "blocks": blocks, "attachments": attachments or None}


def metadata(call: Call) -> Json | None:
    value: Any = call.json("metadata")
    if value is None:
        return None
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("event_type"), str)
        or not isinstance(value.get("event_payload"), dict)
    ):
        fail("metadata.format")
    if len(json.dumps(value)) > limit("metadata.size"):
        fail("metadata.size")
    return {"event_type": value["event_type"], "event_payload": value["event_payload"]}


def own_message(call: Call, channel: Channel, error: str) -> Message:
    message = call.message(channel)
    if message.ephemeral_to:
        fail("message.unknown")
    if message.user != call.workspace.BOT:
        fail(error)
    return message


@method("chat.postMessage", "chat:write", tier=0)
async def post_message(call: Call) -> Json:
    ws = call.workspace
    channel = call.channel(people=True)
    if channel.archived:
        fail("channel.archived")
    if ws.BOT not in channel.members and not (
        channel.kind == "channel" and "chat:write.public" in call.state.manifest.scopes
    ):
        fail("channel.outside")
    fields = content(call)
    if not (fields["text"] or fields["blocks"] or fields["attachments"]):
        fail("text.none")
    thread_ts = thread_of(call, channel)
    call.state.limits.post(channel.id)
    broadcast = bool(thread_ts) and call.flag("reply_broadcast")
    text = fields.pop("text")
    message = ws.post(
        channel,
        ws.BOT,
        text[: limit("text.post.cut")],
        thread_ts=thread_ts,
        broadcast=broadcast,
        subtype="thread_broadcast" if broadcast else "",
        metadata=metadata(call),
        **fields,
    )
    call.state.statuses.set(channel.id, thread_ts, "")
    warnings = {"response_metadata": {"warnings": ["message_truncated"]}} if text != message.text else {}
    return {"channel": channel.id, "ts": message.ts, "message": ws.to_api(message), **warnings}


@method("chat.update", "chat:write", tier=3)
async def update(call: Call) -> Json:
    ws = call.workspace
    channel = call.channel()
    message = own_message(call, channel, "message.update.other")
    if channel.archived:
        fail("channel.inactive")
    ws.expire_stream(message)
    if message.streaming == "streaming":
        fail("stream.update")
    if len(call.text("text")) > limit("text.update"):
        fail("text.update")
    fields = content(call)
    if not (fields["text"] or fields["blocks"] or fields["attachments"]):
        fail("text.none")
    # Attachments and metadata stay unless they are given; blocks are removed when only text is sent.
    if "attachments" not in call.args:
        fields["attachments"] = message.attachments
    fields["metadata"] = metadata(call) if "metadata" in call.args else message.metadata
    ws.edit(message, **fields)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": ws.to_api(message)}


@method("chat.delete", "chat:write", tier=3)
async def delete(call: Call) -> Json:
    channel = call.channel()
    message = own_message(call, channel, "message.delete.other")
    call.workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral", "chat:write", tier=4)
async def post_ephemeral(call: Call) -> Json:
    ws = call.workspace
    channel = call.member_channel()
    user = ws.users.get(call.need("user"))
    if user is None or user.id not in channel.members:
        fail("user.outside")
    fields = content(call)
    if not (fields["text"] or fields["blocks"] or fields["attachments"]):
        fail("text.none")
    message = ws.post(
        channel,
        ws.BOT,
        fields.pop("text"),
        ephemeral_to=user.id,
        thread_ts=thread_of(call, channel),
        **fields,
    )
    return {"message_ts": message.ts}


@method("chat.getPermalink", tier=0)
async def get_permalink(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel, "message_ts")
    return {"channel": channel.id, "permalink": call.workspace.permalink(channel.id, message)}
