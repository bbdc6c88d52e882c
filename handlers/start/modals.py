"""The modal *Start fine-tuning*: it closes when the job is stored, and says where it is refused."""

from typing import Any

from bot.access import Action
from bot.errors import Invalid
from bot.jobs.job import Origin
from handlers.start.buttons import place_of
from handlers.start.start_form import StartForm, read_start_modal, words_in
from handlers.start.submission import submit
from handlers.start.trainable_models import model_options, tuned_options
from handlers.turn import Turn


def wrong(values: dict[str, Any]) -> dict[str, str]:
    form = read_start_modal(values)
    return form if isinstance(form, dict) else {}


async def submitted(turn: Turn) -> None:
    view = turn.body["view"]
    place = place_of(view)
    # Only the ids too long for a menu's value need the models to be read again.
    options = [*await model_options(turn.services), *await tuned_options(turn)]
    form = read_start_modal(view["state"]["values"], options)
    if not isinstance(form, StartForm):
        raise Invalid(" ".join(form.values()))
    dataset_id = words_in(view["state"]["values"]).get("file") or place.dataset
    dataset = await turn.dataset(dataset_id, Action.SUBMIT) if dataset_id else None
    channel = await turn.services.people.channel(place.channel)
    thread_ts = dataset.thread_ts if dataset and dataset.channel == place.channel else place.thread_ts
    origin = Origin(turn.services.team, place.channel, channel.private, thread_ts)
    await submit(turn, form, identity=f"view/{view['id']}", origin=origin, dataset=dataset, file_id=place.file_id)
