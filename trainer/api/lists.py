"""Lists as the protocol pages them."""

from __future__ import annotations

from typing import Any


def list_object(objects: list[dict[str, Any]], *, more: bool = False) -> dict[str, Any]:
    """One page; `more` says whether another follows after its last object."""
    return {
        "object": "list",
        "data": objects,
        "first_id": objects[0]["id"] if objects else None,
        "last_id": objects[-1]["id"] if objects else None,
        "has_more": more,
    }
