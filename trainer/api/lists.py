"""Lists as the protocol pages them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from trainer.api.objects import Page

T = TypeVar("T")


def list_object(objects: Sequence[T], *, more: bool = False) -> Page[T]:
    """One page; `more` says whether another follows after its last object."""
    ids: list[Any] = [cast("Any", one)["id"] for one in objects]
    return {
        "object": "list",
        "data": list(objects),
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
        "has_more": more,
    }
