"""The window *Decline a job*: a reason is asked for before it closes."""

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from handlers.actions import approval
from handlers.blocks.approval import CALLBACK_ID, read_reason
from handlers.inbox import Inbox, acknowledge


def register(app: AsyncApp, inbox: Inbox) -> None:
    async def submitted(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        if read_reason(body["view"]["state"]["values"]) is None:
            await acknowledge(ack, response_action="errors", errors={"reason": "Say in a few words why."})
            await inbox.settle(str(context["inbox_key"]))
            return
        await acknowledge(ack)
        inbox.begin(approval.declined, body, context)

    app.view(CALLBACK_ID)(submitted)
