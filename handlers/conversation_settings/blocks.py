"""The windows in which a conversation's system message, parameters, functions and model are changed, and how they are
read."""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import (
    Block,
    ExternalDataSelectElement,
    InputBlock,
    PlainTextInputElement,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.conversations.conversation import Attachment, Conversation
from bot.conversations.settings import PARAMETERS, parameters_of, read_settings, words_of
from handlers.blocks.modals import modal
from handlers.blocks.model_name import named
from handlers.blocks.parts import HINT, OPTIONS, PLACEHOLDER, option, plain, section
from handlers.blocks.text import pieces
from handlers.chat import blocks as chat
from texts import conversation_settings as texts
from texts.errors import sentence

MODEL_SEARCH: Final = "conversation_model_search"

_ROOM: Final = 3_000  # characters of a text input
_MOST: Final = 20  # inputs: 60,000 characters
_FIELD: Final = "value"
_MODEL: Final = "model"
FILE: Final = "file"
"""The block with the menu of files."""

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""As Slack sends them: `view["state"]["values"]`, by block_id and action_id."""


class About(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a window carries along: which conversation, and the parameters that it showed."""

    channel: str
    conversation_id: str
    shown: dict[str, str] = {}


def about(view: Mapping[str, Any]) -> About:
    return msgspec.json.decode(view["private_metadata"], type=About)


def system_modal(conversation: Conversation) -> View:
    inputs = _long_text(conversation.system or "", texts.system_button(), texts.system_hint())
    return _modal(conversation, texts.system_button(), inputs, chat.SYSTEM)


def parameters_modal(conversation: Conversation) -> View:
    shown = words_of(parameters_of(conversation))
    inputs = [
        _text_input(name, name, shown.get(name, ""), texts.parameter_hint(name), multiline=name == "stop")
        for name in PARAMETERS
    ]
    return _modal(conversation, texts.parameters_button(), inputs, chat.PARAMETERS, shown)


def functions_modal(conversation: Conversation, files: Mapping[str, Attachment]) -> View:
    """`files`: JSON files, by their keys, from which the functions can be taken instead."""
    written = json.dumps(conversation.tools, ensure_ascii=False, indent=1) if conversation.tools else ""
    inputs = _long_text(written, texts.functions_button(), texts.functions_hint())
    if files:
        options = [option(file.name, key) for key, file in islice(files.items(), OPTIONS)]
        inputs.append(
            InputBlock(
                block_id=FILE,
                label=plain(texts.functions_file(), HINT),
                element=StaticSelectElement(action_id=_FIELD, options=options),
                hint=plain(texts.functions_file_hint(), HINT),
                optional=True,
            )
        )
    return _modal(conversation, texts.functions_button(), inputs, chat.FUNCTIONS)


def model_modal(conversation: Conversation) -> View:
    inputs: list[Block] = [
        section(texts.model_intro(named(conversation.model))),
        InputBlock(
            block_id=_MODEL,
            label=plain(texts.model_button(), HINT),
            element=ExternalDataSelectElement(
                action_id=MODEL_SEARCH, placeholder=plain(texts.model_placeholder(), PLACEHOLDER), min_query_length=0
            ),
        ),
    ]
    return _modal(conversation, texts.model_button(), inputs, chat.MODEL)


def read_text(values: Values) -> str:
    """What was written into the inputs of a long text."""
    return "".join(_typed(values, name) for name in map(_part, range(_MOST)) if name in values)


def read_words(values: Values) -> dict[str, str]:
    """The parameters as typed, by name."""
    return {name: _typed(values, name) for name in PARAMETERS if name in values}


def read_file(values: Values) -> str | None:
    """The key of the file that was chosen."""
    return _chosen(values, FILE) or None


def read_model(values: Values) -> str:
    return _chosen(values, _MODEL)


def wrong_parameters(values: Values) -> dict[str, str]:
    """A sentence for each field that is wrong, by block_id."""
    read = read_settings(read_words(values))
    return {name: sentence(error) for name, error in read.items()} if isinstance(read, dict) else {}


def _part(number: int) -> str:
    """The block of one input of a long text."""
    return f"text/{number}"


FIRST: Final = _part(0)
"""The block below which it is said what is wrong with a long text."""


def _typed(values: Values, block_id: str) -> str:
    entered = next(iter(values[block_id].values()))
    return str(entered.get("value") or "")


def _chosen(values: Values, block_id: str) -> str:
    """The value of the option; "" for none."""
    entered = next(iter(values.get(block_id, {}).values()), {})
    return str((entered.get("selected_option") or {}).get("value") or "")


def _long_text(text: str, label: str, hint: str) -> list[Block]:
    """In as many inputs as it needs."""
    return [
        _text_input(_part(number), texts.goes_on(label) if number else label, piece, "" if number else hint)
        for number, piece in enumerate(pieces(text, _ROOM)[:_MOST])
    ]


def _text_input(block_id: str, label: str, text: str, hint: str, *, multiline: bool = True) -> Block:
    return InputBlock(
        block_id=block_id,
        label=plain(label, HINT),
        element=PlainTextInputElement(
            action_id=_FIELD, multiline=multiline, max_length=_ROOM, initial_value=text or None
        ),
        hint=plain(hint, HINT) if hint else None,
        optional=True,
    )


def _modal(
    conversation: Conversation, title: str, inputs: Sequence[Block], callback_id: str, shown: Mapping[str, str] = {}
) -> View:
    return modal(
        title,
        inputs,
        callback_id=callback_id,
        submit=texts.save_button(),
        private_metadata=msgspec.json.encode(About(conversation.channel, conversation.id, dict(shown))).decode(),
    )
