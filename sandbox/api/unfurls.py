"""chat.unfurl: what stands below a person's message for a link in it."""

import json
from typing import Any

from sandbox.api.call import TS, Call, method
from sandbox.elements import with_ids
from sandbox.model import Json, Message
from sandbox.slack_errors import fail
from sandbox.unfurls import domain_of, links_of
from sandbox.validation import check_message_blocks


@method("chat.unfurl", "links:write", tier=3)
async def unfurl(call: Call) -> Json:
    ws, domains = call.workspace, call.state.manifest.unfurl_domains
    message = _message(call)
    unfurls = _unfurls(call)
    if not domains:
        fail("unfurl.service")
    there = {link["url"] for link in links_of(message.text, domains)}
    attachments = {str(each.get("from_url")): each for each in message.attachments or []}
    for url, shown in unfurls.items():
        if not domain_of(url, domains):
            fail("unfurl.url")
        if url not in there:
            fail("unfurl.absent")
        if not isinstance(shown, dict) or not shown:
            fail("unfurl.content")
        if shown.get("blocks"):
            shown = shown | {"blocks": with_ids(check_message_blocks(shown["blocks"], ws))}
        attachments[url] = shown | {"from_url": url, "app_unfurl_url": url, "is_app_unfurl": True, "app_id": ws.APP}
    # The app hears of it as of any change, but the message does not count as edited.
    previous = ws.to_api(message)
    ws.edit(message, quiet=True, attachments=list(attachments.values()))
    if ws.observer:
        ws.observer.changed(message, previous)
    return {}


def _message(call: Call) -> Message:
    """Also where the app is not in the conversation."""
    for name in ("channel", "ts"):
        if not call.text(name):
            fail(f"unfurl.{name}")
    channel = call.workspace.channels.get(call.text("channel"))
    if channel is None:
        fail("unfurl.channel.unknown")
    ts = call.text("ts")
    message = call.workspace.message(channel.id, ts) if TS.fullmatch(ts) else None
    if message is None or message.ephemeral_to:
        fail("unfurl.message")
    return message


def _unfurls(call: Call) -> dict[str, Any]:
    value = call.args.get("unfurls")
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except ValueError:
            fail("unfurl.format")
    if not value:
        fail("unfurl.none")
    if not isinstance(value, dict):
        fail("unfurl.format")
    return value
