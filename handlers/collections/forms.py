"""The modals in which a collection is described, merged and filtered."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import msgspec
from slack_sdk.models.blocks import (
    CheckboxesElement,
    DatePickerElement,
    InputBlock,
    PlainTextInputElement,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

from bot.collections.collection import Collection, Example
from bot.collections.selection import Filter
from bot.models.names import short_name
from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, OPTION_VALUE, OPTIONS, option, plain, section
from handlers.blocks.text import bold, clean, pieces, quoted, size
from handlers.request import Request
from texts import collections as texts

DESCRIBE: Final = "collection_describe"
MERGE: Final = "collection_merge"
FILTER: Final = "collection_filter"
_LONGEST_NAME: Final = 200  # a set that is named after a model has a long one
_LONGEST_LICENCE: Final = 3_000
_LONGEST_TEXT: Final = 200

NAME: Final = "name"
_LICENCE: Final = "licence"
_INTO: Final = "into"
_CONTRIBUTOR: Final = "contributor"
_ORIGIN: Final = "origin"
_MODEL: Final = "model"
_TEXT: Final = "text"
_SINCE: Final = "since"
_UNTIL: Final = "until"
_REPEATED: Final = "repeated"


class About(msgspec.Struct, frozen=True):
    """What a modal carries along: which collection, and where it was opened."""

    channel: str
    collection_id: str
    thread_ts: str | None = None


def about(request: Request, collection: Collection) -> About:
    return About(request.channel, collection.id, request.thread_ts)


def describe_modal(collection: Collection, where: About) -> View:
    return modal(
        texts.describe_title(),
        [
            InputBlock(
                block_id=NAME,
                label=plain(texts.name_label(), HINT),
                element=PlainTextInputElement(
                    action_id=NAME,
                    max_length=_LONGEST_NAME,
                    initial_value=pieces(clean(collection.name), _LONGEST_NAME)[0],
                ),
            ),
            InputBlock(
                block_id=_LICENCE,
                label=plain(texts.licence_label(), HINT),
                hint=plain(texts.licence_hint(), HINT),
                element=PlainTextInputElement(
                    action_id=_LICENCE,
                    multiline=True,
                    max_length=_LONGEST_LICENCE,
                    initial_value=pieces(clean(collection.licence), _LONGEST_LICENCE)[0] or None,
                ),
                optional=True,
            ),
        ],
        callback_id=DESCRIBE,
        submit=texts.save_button(),
        private_metadata=_json(where),
    )


def merge_modal(collection: Collection, targets: Sequence[Collection], where: About) -> View:
    options = [option(one.name, one.id) for one in targets[:OPTIONS]]
    return modal(
        texts.merge_title(),
        [
            section(texts.merge_intro(bold(quoted(collection.name, 80)))),
            InputBlock(
                block_id=_INTO,
                label=plain(texts.merge_label(), HINT),
                element=StaticSelectElement(action_id=_INTO, options=options),
            ),
        ],
        callback_id=MERGE,
        submit=texts.merge_submit(),
        private_metadata=_json(where),
    )


def filter_modal(collection: Collection, examples: Sequence[Example], where: About) -> View:
    """Offers what there is among the `examples`."""
    return modal(
        texts.filter_title(),
        [
            section(texts.filter_intro(bold(quoted(collection.name, 80)))),
            InputBlock(
                block_id=_CONTRIBUTOR,
                label=plain(texts.contributor_label(), HINT),
                element=UserSelectElement(action_id=_CONTRIBUTOR),
                optional=True,
            ),
            *_choices(examples),
            InputBlock(
                block_id=_TEXT,
                label=plain(texts.text_label(), HINT),
                element=PlainTextInputElement(action_id=_TEXT, max_length=_LONGEST_TEXT),
                optional=True,
            ),
            InputBlock(
                block_id=_SINCE,
                label=plain(texts.since_label(), HINT),
                hint=plain(texts.date_hint(), HINT),
                element=DatePickerElement(action_id=_SINCE),
                optional=True,
            ),
            InputBlock(
                block_id=_UNTIL,
                label=plain(texts.until_label(), HINT),
                hint=plain(texts.date_hint(), HINT),
                element=DatePickerElement(action_id=_UNTIL),
                optional=True,
            ),
            InputBlock(
                block_id=_REPEATED,
                label=plain(texts.repeated_label(), HINT),
                element=CheckboxesElement(action_id=_REPEATED, options=[option(texts.repeated_option(), _REPEATED)]),
                optional=True,
            ),
            InputBlock(
                block_id=NAME,
                label=plain(texts.new_name_label(), HINT),
                hint=plain(texts.new_name_hint(), HINT),
                element=PlainTextInputElement(action_id=NAME, max_length=_LONGEST_NAME),
                optional=True,
            ),
        ],
        callback_id=FILTER,
        submit=texts.filter_submit(),
        private_metadata=_json(where),
    )


def read_about(view: Mapping[str, Any]) -> About:
    return msgspec.json.decode(view["private_metadata"], type=About)


def read_description(view: Mapping[str, Any]) -> tuple[str, str]:
    """Name and note about the licence."""
    return _text(view, NAME), _text(view, _LICENCE)


def read_target(view: Mapping[str, Any]) -> str:
    return _chosen(view, _INTO) or ""


def read_filter(view: Mapping[str, Any]) -> tuple[Filter, str]:
    """What examples are to have in common, and the name of a new collection for them, if one was given."""
    ticked = _entered(view, _REPEATED).get("selected_options") or ()
    until = _day(view, _UNTIL)
    return (
        Filter(
            contributor=_entered(view, _CONTRIBUTOR).get("selected_user"),
            origin=_chosen(view, _ORIGIN),
            model=_chosen(view, _MODEL),
            text=_text(view, _TEXT),
            since=day.timestamp() if (day := _day(view, _SINCE)) else None,
            until=(until + timedelta(days=1)).timestamp() if until else None,
            repeated=bool(ticked),
        ),
        _text(view, NAME),
    )


def _choices(examples: Sequence[Example]) -> Iterator[InputBlock]:
    origins = dict.fromkeys(example.origin for example in examples)
    if origins:
        options = [option(texts.origin(one), one) for one in origins]
        yield InputBlock(
            block_id=_ORIGIN,
            label=plain(texts.origin_label(), HINT),
            element=StaticSelectElement(action_id=_ORIGIN, options=options),
            optional=True,
        )
    models = dict.fromkeys(example.model for example in examples if example.model)
    if fitting := [one for one in models if size(one) <= OPTION_VALUE][:OPTIONS]:
        options = [option(short_name(one), one) for one in fitting]
        yield InputBlock(
            block_id=_MODEL,
            label=plain(texts.model_label(), HINT),
            element=StaticSelectElement(action_id=_MODEL, options=options),
            optional=True,
        )


def _entered(view: Mapping[str, Any], block_id: str) -> dict[str, Any]:
    values: dict[str, dict[str, dict[str, Any]]] = (view.get("state") or {}).get("values") or {}
    return next(iter(values.get(block_id, {}).values()), {})


def _text(view: Mapping[str, Any], block_id: str) -> str:
    return clean(str(_entered(view, block_id).get("value") or "")).strip()


def _chosen(view: Mapping[str, Any], block_id: str) -> str | None:
    return cast(str | None, (_entered(view, block_id).get("selected_option") or {}).get("value"))


def _day(view: Mapping[str, Any], block_id: str) -> datetime | None:
    day = _entered(view, block_id).get("selected_date")
    return datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None


def _json(where: About) -> str:
    return msgspec.json.encode(where).decode()
