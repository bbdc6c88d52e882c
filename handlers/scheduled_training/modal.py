"""The modal *Train regularly*."""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
from slack_sdk.models.blocks import InputBlock, NumberInputElement, PlainTextInputElement, StaticSelectElement
from slack_sdk.models.views import View

from bot.collections.collection import Collection
from bot.errors import Invalid
from bot.retraining.cron import WORDS, read_times
from bot.retraining.schedule import AT_LEAST, Schedule
from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, option, plain, section
from handlers.blocks.retraining import SCHEDULE
from handlers.blocks.text import bold, quoted
from texts import scheduled_training as texts
from texts.errors import sentence

_EVERY: Final = "every"
_OTHER: Final = "other"
_AT_LEAST: Final = "at_least"
_LONGEST: Final = 100


class About(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the modal carries along. `words`: settings that were given with the command."""

    channel: str
    collection_id: str
    words: dict[str, str] = {}


class Entered(msgspec.Struct, frozen=True):
    about: About
    every: str
    at_least: str


def schedule_modal(channel: str, collection: Collection, schedule: Schedule | None) -> View:
    """`schedule`: as it is now, if there is one."""
    options = [option(texts.named_times(word), word) for word in (*WORDS, _OTHER)]
    times = schedule.times if schedule else WORDS["weekly"]
    word = next((word for word, fields in WORDS.items() if fields == times), _OTHER)
    about = About(channel, collection.id, schedule.words if schedule else {})
    return modal(
        texts.title(),
        [
            section(texts.intro(bold(quoted(collection.name, 80)))),
            InputBlock(
                block_id=_EVERY,
                label=plain(texts.every_label(), HINT),
                hint=plain(texts.every_hint(), HINT),
                element=StaticSelectElement(
                    action_id=_EVERY,
                    options=options,
                    initial_option=next(one for one in options if one.value == word),
                ),
            ),
            InputBlock(
                block_id=_OTHER,
                label=plain(texts.other_label(), HINT),
                hint=plain(texts.other_hint(), HINT),
                element=PlainTextInputElement(
                    action_id=_OTHER, max_length=_LONGEST, initial_value=times if word == _OTHER else None
                ),
                optional=True,
            ),
            InputBlock(
                block_id=_AT_LEAST,
                label=plain(texts.at_least_label(), HINT),
                element=NumberInputElement(
                    action_id=_AT_LEAST,
                    is_decimal_allowed=False,
                    min_value="1",
                    initial_value=str(schedule.at_least if schedule else AT_LEAST),
                ),
            ),
        ],
        callback_id=SCHEDULE,
        submit=texts.save_button(),
        private_metadata=msgspec.json.encode(about).decode(),
    )


def read(view: Mapping[str, Any]) -> Entered:
    about = msgspec.json.decode(view["private_metadata"], type=About)
    return Entered(about, *_read(view["state"]["values"]))


def wrong(values: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each field that is wrong, by block_id."""
    every, _ = _read(values)
    try:
        read_times(every)
    except Invalid as error:
        return {_OTHER: sentence(error)}
    return {}


def _read(values: Mapping[str, Any]) -> tuple[str, str]:
    entered: dict[str, dict[str, Any]] = {id: next(iter(inputs.values()), {}) for id, inputs in values.items()}
    chosen = cast(str, (entered.get(_EVERY, {}).get("selected_option") or {}).get("value") or "")
    other = cast(str, entered.get(_OTHER, {}).get("value") or "")
    # What is typed was meant, whatever stands above it.
    every = other if other.strip() or chosen == _OTHER else chosen
    return every, cast(str, entered.get(_AT_LEAST, {}).get("value") or "")
