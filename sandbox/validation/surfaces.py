"""The checks for a whole message or view."""

import dataclasses
import json
from typing import Any

from sandbox.elements import flat
from sandbox.model import Json
from sandbox.slack_errors import SlackError, fail, limit
from sandbox.validation.blocks import MESSAGE, check_blocks, text_length
from sandbox.validation.elements import check_length, check_text
from sandbox.workspace import Workspace

VIEW_FIELDS = frozenset(
    {"type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close"}
    | {"notify_on_close", "external_id", "submit_disabled"}
)


def check_message_blocks(value: Any, workspace: Workspace) -> list[Json]:
    """The blocks of a message. Raises SlackError for blocks that Slack refuses."""
    checked = check_blocks(value, MESSAGE, workspace)
    if sum(map(text_length, flat(checked))) > limit("blocks.total"):
        fail("blocks.total")
    workspace.offered.blocks(checked)
    return checked


def check_view(value: Any, kind: str, workspace: Workspace) -> Json:
    """A modal or Home view. Errors in its blocks are reported as invalid_arguments, as Slack does."""
    if not isinstance(value, dict):
        fail("view.type", "view must be an object [json-pointer:/view]")
    if value.get("type") != kind:
        fail("view.type", f"must be {kind} [json-pointer:/view/type]")
    if len(json.dumps(value).encode()) > limit("view.size"):
        fail("view.size")
    for name in value:
        if name not in VIEW_FIELDS:
            fail("view.type", f"invalid additional property: {name} [json-pointer:/view]")
    try:
        check_blocks(value.get("blocks"), kind, workspace, most="view.blocks")
        if kind == "modal":
            check_text(value.get("title"), "view.title", "/view/title", plain=True)
            for name in ("submit", "close"):
                if value.get(name) is not None:
                    check_text(value[name], f"view.{name}", f"/view/{name}", plain=True)
            if not value.get("submit") and any(b["type"] == "input" for b in value["blocks"]):
                fail("view.submit", "a view with inputs needs submit [json-pointer:/view]")
        check_length(value.get("private_metadata", ""), "view.metadata", "/view/private_metadata")
        check_length(value.get("callback_id", ""), "view.callback", "/view/callback_id")
    except SlackError as e:
        raise SlackError(dataclasses.replace(e.definition, error="invalid_arguments"), e.details, e.extra) from None
    workspace.offered.view(value)
    return value
