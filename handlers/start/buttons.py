"""*Start fine-tuning* on a report: opens the modal, and shows it anew when something is chosen in it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import structlog

from bot.access import Action
from bot.datasets.dataset import Dataset
from bot.errors import BotError, Invalid
from bot.jobs.throughput import seconds_per_token
from bot.notices.interfaces import PostRefused
from bot.providers.protocol import Auto, Hyperparameters
from bot.spending.budget import NotAdmitted
from handlers.start.blocks.admission_preview import hindrance, outlook
from handlers.start.blocks.modal import choice, chosen_validation, start_modal
from handlers.start.start_form import FIELDS, ModelOption, StartForm, parse_field, read_model_value, words_in
from handlers.start.submission import foresee, recent_datasets, validation_files
from handlers.start.trainable_models import model_options, tuned_options
from handlers.turn import Turn
from training_files import Report

log = structlog.get_logger()

_MODELS_SECONDS: Final = 2.0
_JOBS: Final = 200
# What Slack carries with a window is 3,000 characters; the rest is ids.
_MOST_KEPT: Final = 2_000

# The hash of a window as somebody may still see it, and the one that it got since, not by anything they chose.
_replaced: dict[str, str] = {}
_MOST_REPLACED: Final = 1_000


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the window carries: where the job will be born, and of what. `dataset`, or `file_id` for a file that the
    provider has; with `choose` the training file is chosen in the window. `kept`: what was typed into fields that are
    not shown at the moment. `diverged`: the learning rate multiplier with which an earlier run did.
    """

    channel: str
    dataset: str | None = None
    file_id: str | None = None
    thread_ts: str | None = None
    choose: bool = False
    kept: dict[str, str] = {}
    diverged: str = ""


def place_of(view: Mapping[str, Any]) -> Place:
    return msgspec.json.decode(view["private_metadata"], type=Place)


async def pressed(turn: Turn) -> None:
    dataset = await turn.dataset(turn.words, Action.SUBMIT)
    if dataset.report is None or not dataset.report.ok:
        raise Invalid("This file has errors and cannot be trained on. Its report says what to mend.")
    await open_modal(turn, Place(turn.channel, dataset.id, thread_ts=dataset.thread_ts), dataset)


async def open_modal(turn: Turn, place: Place, dataset: Dataset | None, words: Mapping[str, str] | None = None) -> None:
    """With `words` filled in. Raises PostRefused where Slack's three seconds for opening a window are over."""
    if turn.trigger_id is None:
        raise BotError("A window can only be opened from a button or a slash command.")
    view = await _view(turn, place, dataset, words or {})
    try:
        await turn.services.poster.open_view(turn.trigger_id, view)
    except PostRefused as error:
        # Used already: the first attempt, whose answer was lost, has opened it.
        if not (turn.again and str(error) == "exchanged_trigger_id"):
            raise


async def changed(turn: Turn) -> None:
    """The model, the method, the epochs or a file: other fields, another estimate. What was typed stays. What stands in
    both files is told as soon as it is counted.
    """
    view = turn.body["view"]
    place = place_of(view)
    words = place.kept | words_in(view["state"]["values"])
    options = await _options_in_time(turn, None)
    words["provider"], words["model"] = read_model_value(words.get("model", ""), options)
    dataset_id = words.pop("file", "") or place.dataset
    dataset = await turn.dataset(dataset_id, Action.SUBMIT) if dataset_id else None
    if dataset is not None:
        place = msgspec.structs.replace(place, dataset=dataset.id)
    poster = turn.services.poster
    seen = _replaced.get(view.get("hash", ""), view.get("hash"))
    try:
        shown = await poster.update_view(view["id"], await _view(turn, place, dataset, words), seen=seen)
        if dataset is not None and await _counted_overlap(turn, dataset, words):
            latest = await poster.update_view(view["id"], await _view(turn, place, dataset, words), seen=shown)
            _replaced[shown] = latest
            if len(_replaced) > _MOST_REPLACED:
                del _replaced[next(iter(_replaced))]
    except PostRefused as error:
        # Something newer was chosen meanwhile, which shows the window anew, or it was closed.
        log.info("window not shown anew", why=str(error))


async def _counted_overlap(turn: Turn, dataset: Dataset, words: Mapping[str, str]) -> bool:
    """Whether what stands in both files had to be counted now, and there is something to tell."""
    overlaps = turn.services.overlaps
    chosen = chosen_validation(dataset, words, await validation_files(turn, dataset))
    if chosen is None or not overlaps.is_due(dataset, chosen):
        return False
    await overlaps.count(dataset, chosen)
    return overlaps.known(dataset, chosen) > 0


async def _view(turn: Turn, place: Place, dataset: Dataset | None, words: Mapping[str, str]) -> dict[str, Any]:
    services = turn.services
    options = await _options_in_time(turn, dataset.report if dataset else None)
    models = _with_wanted(options, words, services.providers.default.name)
    offered = await validation_files(turn, dataset)
    chosen = chosen_validation(dataset, words, offered)
    view = start_modal(
        dataset=dataset,
        file_id=place.file_id,
        models=models,
        words=words,
        paces=seconds_per_token(await services.jobs.latest(_JOBS), services.providers.default.name),
        datasets_for_validation=offered,
        files=await recent_datasets(turn) if place.choose else (),
        provider=services.providers.default.name,
        diverged=place.diverged,
        overlap=services.overlaps.known(dataset, chosen) if dataset and chosen else 0,
        outlook=await _outlook(turn, place, dataset, models, words) if models else "",
    )
    shown = {block.block_id for block in view.blocks}
    kept = {name: text for name, text in words.items() if text and name in FIELDS and name not in shown}
    if sum(map(len, kept.values())) > _MOST_KEPT:
        kept = {}
    view.private_metadata = msgspec.json.encode(msgspec.structs.replace(place, kept=kept)).decode()
    return dict(view.to_dict())


async def _outlook(
    turn: Turn, place: Place, dataset: Dataset | None, models: Sequence[ModelOption], words: Mapping[str, str]
) -> str:
    """What would become of the job, as far as the fields that its price depends on can be read."""
    model, _, method = choice(dataset, models, words)
    try:
        epochs: int | Auto = parse_field("epochs", words.get("epochs", ""))
    except ValueError:
        return ""
    form = StartForm(model.provider, model.id, Hyperparameters(epochs))
    try:
        return outlook(await foresee(turn, form, method, place.channel, dataset, place.file_id))
    except NotAdmitted as error:
        return hindrance(error)


def _with_wanted(options: list[ModelOption], words: Mapping[str, str], provider: str) -> list[ModelOption]:
    """A checkpoint, or an old fine-tuned model, is offered where the window was opened to go on from it."""
    wanted = words.get("model", "")
    if not wanted.startswith("ft:") or any(option.id == wanted for option in options):
        return options
    return [*options, ModelOption(wanted, provider, wanted, tuned=True)]


async def _options_in_time(turn: Turn, report: Report | None) -> list[ModelOption]:
    """What can be trained, before the three seconds are over in which Slack lets a window be opened."""
    deadline = asyncio.get_running_loop().time() + _MODELS_SECONDS
    try:
        async with asyncio.timeout_at(deadline):
            base = await model_options(turn.services, report)
    except TimeoutError as error:
        name = turn.services.providers.default.name
        raise BotError(f"{name} takes too long to say what can be trained. Please try again in a minute.") from error
    try:
        async with asyncio.timeout_at(deadline):
            return [*base, *await tuned_options(turn, report)]
    except TimeoutError:
        return base
