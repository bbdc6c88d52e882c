"""The modals that shortcuts open. A global shortcut knows no channel, so it is chosen there (docs.slack.dev, Shortcuts,
read 2026-11-30)."""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ConversationFilter,
    ConversationSelectElement,
    ExternalDataSelectElement,
    InputBlock,
    PlainTextInputElement,
    SectionBlock,
)
from slack_sdk.models.views import View

from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.model_name import MODEL_SEARCH
from handlers.blocks.parts import HINT, PLACEHOLDER, context, line, plain, section
from handlers.blocks.text import link, person, quoted
from texts import shortcuts as texts

START: Final = "start_a_fine_tune"
CHAT: Final = "chat_with_a_model"
NEEDS_ME: Final = "what_needs_me"
TRAIN: Final = "train_on_this_file"
ASK: Final = "ask_a_model"

_CHANNEL: Final = "channel"
_QUESTION: Final = "question"
_LONGEST_QUESTION: Final = 3_000


class About(msgspec.Struct, frozen=True):
    """What *Ask a model* carries along: the message, and its thread."""

    channel: str
    thread_ts: str
    message_ts: str


def where_to_start() -> View:
    return modal(
        texts.start_title(),
        [section(texts.start_intro()), _channel(texts.start_channel_hint())],
        callback_id=START,
        submit=texts.next_button(),
    )


def waiting() -> View:
    return modal(texts.start_title(), [section(texts.looking())])


def whom_to_talk_to() -> View:
    return modal(
        texts.chat_title(),
        [_model(), _channel(texts.chat_channel_hint())],
        callback_id=CHAT,
        submit=texts.open_button(),
    )


def what_to_ask(about: About) -> View:
    return modal(
        texts.ask_title(),
        [
            section(texts.ask_intro()),
            _model(),
            InputBlock(
                block_id=_QUESTION,
                label=plain(texts.question_label(), HINT),
                element=PlainTextInputElement(action_id=_QUESTION, multiline=True, max_length=_LONGEST_QUESTION),
            ),
        ],
        callback_id=ASK,
        submit=texts.ask_button(),
        private_metadata=msgspec.json.encode(about).decode(),
    )


def needing(shown: Message) -> View:
    """What was sent to the person's direct messages, where the buttons are."""
    return modal(texts.needs_title(), [*_without_buttons(shown), context(texts.buttons_there())])


def asks(user: str, question: str) -> Message:
    """For the thread: what the model is asked."""
    return line(texts.asks(person(user), quoted(question, _LONGEST_QUESTION)))


def under_way(thread: str) -> Message:
    """`thread`: where it is."""
    return line(texts.file_checked_now(link(thread, texts.its_thread())))


def read_channel(view: Mapping[str, Any]) -> str:
    return cast(str, _entered(view, _CHANNEL).get("selected_conversation") or "")


def read_model(view: Mapping[str, Any]) -> str:
    return cast(str, (_entered(view, MODEL_SEARCH).get("selected_option") or {}).get("value") or "")


def read_question(view: Mapping[str, Any]) -> str:
    return cast(str, _entered(view, _QUESTION).get("value") or "").strip()


def read_about(view: Mapping[str, Any]) -> About:
    return msgspec.json.decode(view["private_metadata"], type=About)


def _channel(hint: str) -> InputBlock:
    return InputBlock(
        block_id=_CHANNEL,
        label=plain(texts.channel_label(), HINT),
        hint=plain(hint, HINT),
        element=ConversationSelectElement(
            action_id=_CHANNEL,
            default_to_current_conversation=True,
            filter=ConversationFilter(include=["public", "private"], exclude_bot_users=True),
        ),
    )


def _model() -> InputBlock:
    return InputBlock(
        block_id=MODEL_SEARCH,
        label=plain(texts.model_label(), HINT),
        element=ExternalDataSelectElement(
            action_id=MODEL_SEARCH, placeholder=plain(texts.model_placeholder(), PLACEHOLDER), min_query_length=0
        ),
    )


def _entered(view: Mapping[str, Any], block_id: str) -> dict[str, Any]:
    inputs = ((view.get("state") or {}).get("values") or {}).get(block_id) or {}
    return next(iter(inputs.values()), {})


def _without_buttons(shown: Message) -> list[Block]:
    kept = [block for block in shown.blocks if not isinstance(block, ActionsBlock)]
    return [
        SectionBlock(text=block.text, expand=True) if isinstance(block, SectionBlock) and block.accessory else block
        for block in kept
    ]
