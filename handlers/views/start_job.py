"""The modal *Start fine-tuning*: checked before it closes, submitted after."""

from typing import Any

import orjson
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from bot.access import Act
from bot.errors import Invalid
from bot.jobs.job import Origin
from handlers.blocks.start_form import StartForm, read_start_modal
from handlers.blocks.start_modal import CALLBACK_ID
from handlers.inbox import Inbox, acknowledge
from handlers.submission import model_options, submit
from handlers.turn import Turn


def register(app: AsyncApp, inbox: Inbox) -> None:
    async def submitted(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        form = read_start_modal(body["view"]["state"]["values"])
        if isinstance(form, dict):
            await acknowledge(ack, response_action="errors", errors=form)
            await inbox.settle(str(context["inbox_key"]))
            return
        await acknowledge(ack)
        await inbox.work(_submit, body, context)

    app.view(CALLBACK_ID)(submitted)


async def _submit(turn: Turn) -> None:
    view = turn.body["view"]
    place = orjson.loads(view["private_metadata"])
    # Only the ids too long for a menu's value need the models to be read again.
    form = read_start_modal(view["state"]["values"], await model_options(turn.services))
    if not isinstance(form, StartForm):
        raise Invalid(" ".join(form.values()))
    dataset = await turn.dataset(place["dataset"], Act.SUBMIT) if place.get("dataset") else None
    channel = await turn.services.people.channel(place["channel"])
    origin = Origin(turn.services.team, place["channel"], channel.private, place.get("thread_ts"))
    await submit(
        turn, form, identity=f"view/{view['id']}", origin=origin, dataset=dataset, file_id=place.get("file_id")
    )
