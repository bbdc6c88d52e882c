"""files.getUploadURLExternal, completeUploadExternal, info, list, delete."""

import asyncio
from typing import Any

from sandbox.api.call import Call, method
from sandbox.api.chat import thread_of
from sandbox.elements import with_ids
from sandbox.model import Channel, File, Json
from sandbox.slack_errors import fail, limit
from sandbox.validation import check_message_blocks


def visible(call: Call, file_id: str) -> File:
    """Raises unless it is a file that the bot may read."""
    ws = call.workspace
    file = ws.files.get(file_id)
    if file is None or file.state in ("uploading", "uploaded"):
        fail("file.unknown")
    if file.state == "deleted":
        fail("file.deleted")
    if not ws.app_reads(file):
        fail("file.unknown")
    return file


@method("files.getUploadURLExternal", "files:write", tier=4)
async def get_upload_url(call: Call) -> Json:
    name = call.text("filename")
    if not name:
        fail("file.name", "missing required field: filename")
    length = call.number("length", 0)
    if length < limit("file.length"):
        fail("file.length", "length must be at least 1")
    if length > limit("file.size"):
        fail("file.size")
    alt = call.text("alt_txt")
    if len(alt) > limit("file.alt"):
        fail("file.alt", "alt_txt is too long")
    file = call.workspace.new_file(call.workspace.BOT, name, alt_text=alt)
    token = call.state.uploads.open(file.id, length)
    return {"upload_url": f"{call.workspace.base_url}/upload/v1/{token}", "file_id": file.id}


@method("files.completeUploadExternal", "files:write", tier=4)
async def complete_upload(call: Call) -> Json:
    ws = call.workspace
    listed: Any = call.json("files")
    if not isinstance(listed, list) or not listed or not all(isinstance(f, dict) for f in listed):
        fail("args.missing", "missing required field: files")
    files: list[File] = []
    for entry in listed:
        file = ws.files.get(str(entry.get("id")))
        if file is None or file.state == "uploading":
            fail("file.unknown")
        if file.state != "uploaded":
            fail("file.again")
        file.title = str(entry.get("title") or file.name)
        files.append(file)
    comment, blocks = call.text("initial_comment"), call.json("blocks")
    if comment and blocks:
        fail("file.both", "initial_comment and blocks cannot be used together")
    if blocks:
        blocks = with_ids(check_message_blocks(blocks, ws))
    channel: Channel | None = None
    thread_ts = ""
    if call.text("channel_id"):
        channel = call.member_channel("channel_id")
        thread_ts = thread_of(call, channel)
    for file in files:
        file.state = "hosted"
        ws.save_file(file)
    if channel is not None:
        call.state.deliverer.spawn(_share(call, channel, files, comment, blocks, thread_ts))
    return {"files": [ws.file_to_api(f) for f in files]}


async def _share(
    call: Call, channel: Channel, files: list[File], comment: str, blocks: list[Json] | None, thread_ts: str
) -> None:
    """Sharing is asynchronous in Slack: the call's response comes first, without a message ts."""
    await asyncio.sleep(call.state.settings.upload_share_delay)
    ids = [f.id for f in files if f.state == "hosted"]
    call.workspace.post(
        channel,
        call.workspace.BOT,
        comment,
        blocks=blocks,
        files=ids,
        subtype="file_share",
        thread_ts=thread_ts,
    )


@method("files.info", "files:read", tier=4)
async def info(call: Call) -> Json:
    file = visible(call, call.need("file"))
    return {
        "file": call.workspace.file_to_api(file, with_shares=True),
        "comments": [],
        "response_metadata": {"next_cursor": ""},
    }


@method("files.list", "files:read", tier=3)
async def list_(call: Call) -> Json:
    ws = call.workspace
    files = [
        f
        for f in ws.files.values()
        if f.state == "hosted"
        and ws.app_reads(f)
        and call.text("channel") in ("", *f.shares)
        and call.text("user") in ("", f.user)
    ]
    count, page = max(1, call.number("count", 100)), max(1, call.number("page", 1))
    shown = files[(page - 1) * count : page * count]
    return {
        "files": [ws.file_to_api(f, with_shares=True) for f in shown],
        "paging": {"count": count, "total": len(files), "page": page, "pages": -(-len(files) // count)},
    }


@method("files.delete", "files:write", tier=3)
async def delete(call: Call) -> Json:
    file = visible(call, call.need("file"))
    if file.user != call.workspace.BOT:
        fail("file.delete.other")
    call.workspace.delete_file(file)
    return {}
