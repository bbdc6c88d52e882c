"""Refuses the messages and views that Slack refuses."""

from typing import Any

from sandbox.model import Json
from sandbox.refusals import limit, refuse
from sandbox.workspace import Workspace


def blocks(value: Any, surface: str, workspace: Workspace) -> list[Json]:
    if not isinstance(value, list) or not all(isinstance(b, dict) and b.get("type") for b in value):
        refuse("block.format", "blocks must be a list of blocks")
    if len(value) > limit("block.count"):
        refuse("block.count", f"no more than {limit('block.count')} items allowed [json-pointer:/blocks]")
    return value


def view(value: Any, kind: str, workspace: Workspace) -> Json:
    if not isinstance(value, dict) or value.get("type") != kind:
        refuse("view.type")
    blocks(value.get("blocks"), kind, workspace)
    return value
