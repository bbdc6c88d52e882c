"""The window in which is said which answers of a channel become a training set."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    PlainTextInputElement,
    StaticSelectElement,
    UserMultiSelectElement,
)
from slack_sdk.models.blocks.block_elements import FileInputElement
from slack_sdk.models.views import View

from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, option, plain, section
from handlers.blocks.text import clip
from texts import support as texts

CALLBACK_ID: Final = "answers"
_NAME: Final = "name"
_DAYS: Final = "days"
_ACCEPTING: Final = "accepting"
_EXPORT: Final = "export"
_SPANS: Final = (7, 30, 90, 365)
_DEFAULT: Final = 90
_LONGEST_NAME: Final = 100


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the window carries: where it was opened."""

    channel: str
    thread_ts: str | None = None


class Form(msgspec.Struct, frozen=True):
    """`export`: Slack's file, where one was put in."""

    name: str
    days: int
    accepting: tuple[str, ...]
    export: dict[str, Any] | None


def answers_modal(state: State, name: str = "") -> View:
    """`name`: what the training set is to be called; "" where nobody has said."""
    blocks: list[Block] = [section(texts.intro()), _name(name), _days(), _accepting(), _export()]
    return modal(
        texts.modal_title(),
        blocks,
        callback_id=CALLBACK_ID,
        submit=texts.make_button(),
        private_metadata=msgspec.json.encode(state).decode(),
    )


def state_of(view: Mapping[str, Any]) -> State:
    return msgspec.json.decode(view["private_metadata"], type=State)


def read(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Form:
    def field(name: str) -> Mapping[str, Any]:
        return (values.get(name) or {}).get(name) or {}

    return Form(
        name=str(field(_NAME).get("value") or "").strip() or texts.set_name(),
        days=int((field(_DAYS).get("selected_option") or {}).get("value") or _DEFAULT),
        accepting=tuple(field(_ACCEPTING).get("selected_users") or ()),
        export=next(iter(field(_EXPORT).get("files") or ()), None),
    )


def _name(typed: str) -> InputBlock:
    name = clip(typed or texts.set_name(), _LONGEST_NAME)
    return InputBlock(
        block_id=_NAME,
        label=plain(texts.name_field(), HINT),
        element=PlainTextInputElement(action_id=_NAME, initial_value=name, max_length=_LONGEST_NAME),
    )


def _days() -> InputBlock:
    options = {days: option(texts.span_option(days), str(days)) for days in _SPANS}
    label, hint = texts.days_field()
    return InputBlock(
        block_id=_DAYS,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=StaticSelectElement(action_id=_DAYS, options=list(options.values()), initial_option=options[_DEFAULT]),
    )


def _accepting() -> InputBlock:
    label, hint = texts.accepting_field()
    return InputBlock(
        block_id=_ACCEPTING,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=UserMultiSelectElement(action_id=_ACCEPTING),
        optional=True,
    )


def _export() -> InputBlock:
    label, hint = texts.export_field()
    return InputBlock(
        block_id=_EXPORT,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=FileInputElement(action_id=_EXPORT, filetypes=["json"], max_files=1),
        optional=True,
    )
