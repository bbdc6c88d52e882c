"""Refuses the messages and views that Slack refuses."""

import dataclasses
import json
from typing import Any

from sandbox.block_elements import check_text, longer
from sandbox.blocks import check, text_length
from sandbox.model import Json
from sandbox.refusals import Refused, limit, refuse
from sandbox.workspace import Workspace

VIEW_FIELDS = frozenset(
    {"type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close"}
    | {"notify_on_close", "external_id", "submit_disabled"}
)


def blocks(value: Any, surface: str, workspace: Workspace) -> list[Json]:
    """The blocks of a message, checked."""
    checked = check(value, surface, workspace)
    if text_length([b for b in checked if b["type"] not in ("markdown", "table")]) > limit("blocks.total"):
        refuse("blocks.total")
    return checked


def view(value: Any, kind: str, workspace: Workspace) -> Json:
    """A modal or Home view, checked. What is wrong with its blocks comes as invalid_arguments, as in Slack."""
    if not isinstance(value, dict):
        refuse("view.type", "view must be an object [json-pointer:/view]")
    if value.get("type") != kind:
        refuse("view.type", f"must be {kind} [json-pointer:/view/type]")
    if len(json.dumps(value).encode()) > limit("view.size"):
        refuse("view.size")
    for name in value:
        if name not in VIEW_FIELDS:
            refuse("view.type", f"invalid additional property: {name} [json-pointer:/view]")
    try:
        check(value.get("blocks"), kind, workspace, most="view.blocks")
        if kind == "modal":
            check_text(value.get("title"), "view.title", "/view/title", plain=True)
            for name in ("submit", "close"):
                if value.get(name) is not None:
                    check_text(value[name], f"view.{name}", f"/view/{name}", plain=True)
            if not value.get("submit") and any(b["type"] == "input" for b in value["blocks"]):
                refuse("view.submit", "a view with inputs needs submit [json-pointer:/view]")
        longer(value.get("private_metadata", ""), "view.metadata", "/view/private_metadata")
        longer(value.get("callback_id", ""), "view.callback", "/view/callback_id")
    except Refused as e:
        raise Refused(dataclasses.replace(e.rule, error="invalid_arguments"), e.details, e.extra) from None
    return value
