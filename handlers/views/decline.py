"""The window *Decline a job*: a reason is asked for before it closes."""

from typing import Any

from slack_bolt.app.async_app import AsyncApp

from handlers.actions import approval
from handlers.blocks.approval import CALLBACK_ID, read_reason
from handlers.inbox import Inbox


def register(app: AsyncApp, inbox: Inbox) -> None:
    app.view(CALLBACK_ID)(inbox.submission(approval.declined, _wrong))


def _wrong(values: dict[str, Any]) -> dict[str, str]:
    return {"reason": "Say in a few words why."} if read_reason(values) is None else {}
