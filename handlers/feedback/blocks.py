"""The modal that asks what would have been right, and what came of it."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.conversations.answers import GivenAnswer
from bot.feedback.feedback import Corrected, Names
from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, line, plain, section
from handlers.blocks.text import bold, code, escape, person, pieces, quoted
from texts import feedback as texts
from texts.formats import sentences

CORRECT: Final = "answer_correct"

_ROOM: Final = 3_000  # characters of a text input
_MOST: Final = 20  # inputs: 60,000 characters
_TEXT: Final = "text"


class About(msgspec.Struct, frozen=True):
    """What the modal carries along: which answer, and where it stands."""

    channel: str
    conversation_id: str
    asked_ts: str


def correct_modal(answer: GivenAnswer) -> View:
    conversation = answer.conversation
    note = texts.private_needs_agreement() if conversation.private else ""
    inputs = [
        InputBlock(
            block_id=f"{_TEXT}/{number}",
            label=plain(texts.goes_on_label() if number else texts.answer_label(), HINT),
            element=PlainTextInputElement(
                action_id=_TEXT, multiline=True, max_length=_ROOM, initial_value=piece or None
            ),
            optional=True,
        )
        for number, piece in enumerate(pieces(answer.answer.content, _ROOM)[:_MOST])
    ]
    about = About(conversation.channel, conversation.id, answer.asked_ts)
    return modal(
        texts.title(),
        [section(sentences(texts.intro(), note)), *inputs],
        callback_id=CORRECT,
        submit=texts.send_button(),
        private_metadata=msgspec.json.encode(about).decode(),
    )


def read(view: Mapping[str, Any]) -> tuple[About, str]:
    """Which answer, and what would have been right."""
    values: dict[str, dict[str, dict[str, Any]]] = (view.get("state") or {}).get("values") or {}
    written: list[str] = []
    while (block_id := f"{_TEXT}/{len(written)}") in values:
        written.append(str(values[block_id][_TEXT].get("value") or ""))
    return msgspec.json.decode(view["private_metadata"], type=About), "".join(written)


FIELD: Final = f"{_TEXT}/0"
"""The block below which it is said what is wrong."""


def names(model: str) -> Names:
    return Names(texts.corrections(model), texts.preferences(model))


def rated(rating: bool | None) -> Message:
    return line(texts.withdrawn() if rating is None else texts.thanks())


def went_to(done: Corrected) -> Message:
    corrections, preferences = (bold(escape(one.collection.name)) for one in (done.example, done.pair))
    said = texts.went_to(corrections, done.example.size, preferences, done.pair.size)
    return line(sentences(said, texts.see(code("/finetune datasets"))))


def corrected(user: str, text: str) -> Message:
    return line(f"{texts.corrected(person(user))}\n{quoted(text, 2_000)}")
