"""The modal *Move models*: which, and where to."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import InputBlock, Option, OptionGroup, StaticMultiSelectElement, StaticSelectElement
from slack_sdk.models.views import View

from bot.models.names import short_name
from bot.models.trainable import TrainableModel
from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, OPTION, OPTION_VALUE, OPTIONS, option, plain, section
from handlers.blocks.text import size
from texts import moves as texts
from texts import start as start_texts
from texts.formats import full_day

CALLBACK_ID: Final = "move_models"
_WHERE: Final = "where"
_MODELS: Final = "models"


class Target(msgspec.Struct, frozen=True):
    """What the modal carries: where it was opened."""

    channel: str
    thread_ts: str | None = None


def move_modal(
    models: Mapping[str, date | None], chosen: Sequence[str], offered: Sequence[TrainableModel], target: Target
) -> View:
    """`models`: those that can be moved, with the day on which each stops answering; `chosen` of them. `offered`: base
    models at other providers. Of both at least one that a menu carries; of models that it does not, the number is told:
    the command takes them."""
    fitting = [model for model in models if is_carried(model)][:OPTIONS]
    options = {
        model: option(short_name(model), model, texts.until(full_day(day)) if (day := models[model]) else None)
        for model in fitting
    }
    places: dict[str, list[Option]] = {}
    for one in [one for one in offered if is_carried(value_of(one))][:OPTIONS]:
        places.setdefault(one.provider, []).append(option(f"{one.provider} · {one.label}", value_of(one)))
    groups = [OptionGroup(label=plain(provider, OPTION), options=some) for provider, some in places.items()]
    where, where_hint = texts.where_field()
    which, which_hint = texts.models_field()
    return modal(
        texts.modal_title(),
        [
            section(texts.about_modal()),
            InputBlock(
                block_id=_WHERE,
                label=plain(where, HINT),
                hint=plain(where_hint, HINT),
                element=StaticSelectElement(
                    action_id=_WHERE, option_groups=groups, initial_option=next(iter(places.values()))[0]
                ),
            ),
            InputBlock(
                block_id=_MODELS,
                label=plain(which, HINT),
                hint=plain(which_hint, HINT),
                element=StaticMultiSelectElement(
                    action_id=_MODELS,
                    options=list(options.values()),
                    initial_options=[options[model] for model in chosen if model in options] or None,
                ),
            ),
            *([section(texts.not_listed(left))] if (left := len(models) - len(fitting)) else []),
        ],
        callback_id=CALLBACK_ID,
        submit=texts.show_plan_button(),
        close=start_texts.not_now_button(),
        private_metadata=msgspec.json.encode(target).decode(),
    )


def chosen_in(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> tuple[str, str, tuple[str, ...]]:
    """The provider, the base model there, and the models to be moved."""
    where = str((values.get(_WHERE, {}).get(_WHERE, {}).get("selected_option") or {}).get("value") or "")
    provider, _, base = where.partition("|")
    models = values.get(_MODELS, {}).get(_MODELS, {}).get("selected_options") or []
    return provider, base, tuple(str(one["value"]) for one in models)


def value_of(model: TrainableModel) -> str:
    """What the menu carries for a base model there."""
    return f"{model.provider}|{model.id}"


def is_carried(value: str) -> bool:
    """Whether a menu can carry it."""
    return 0 < size(value) <= OPTION_VALUE
