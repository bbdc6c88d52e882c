"""The windows of *Mend*: checked before they close, worked on after."""

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from handlers import mending
from handlers.blocks import mend_window as blocks
from handlers.blocks import windows
from handlers.inbox import SECONDS_AT_ONCE, Inbox, acknowledge


def register(app: AsyncApp, inbox: Inbox) -> None:
    async def columns(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        chosen = blocks.read_columns(body["view"]["state"]["values"])
        if isinstance(chosen, dict):
            await acknowledge(ack, response_action="errors", errors=chosen)
            await inbox.settle(str(context["inbox_key"]))
            return
        waiting = windows.looking(blocks.CONVERT, "the examples").to_dict()
        await acknowledge(ack, response_action="update", view=waiting)
        inbox.begin(mending.columns_chosen, body, context)

    app.view(blocks.COLUMNS)(columns)
    app.view(blocks.REPAIRS)(inbox.submission(mending.repairs_chosen, seconds=SECONDS_AT_ONCE))
