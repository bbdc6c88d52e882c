"""The modal *Decline a job*: a reason is asked for before it closes."""

from typing import Any

from handlers.blocks.approval import read_reason


def wrong(values: dict[str, Any]) -> dict[str, str]:
    return {"reason": "Say in a few words why."} if read_reason(values) is None else {}
