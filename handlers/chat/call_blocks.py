"""Functions that a model calls: shown with their arguments, and the modal that asks what they return."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.conversations.answer_events import FunctionCalls
from bot.providers.chat import ToolCall
from handlers.blocks.answer import about, footer
from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, actions, button, context, message, plain, section
from handlers.blocks.text import code, code_block, person
from texts import chat as texts

GIVE_RESULT: Final = "call_result"
GO_ON_WITHOUT: Final = "call_without"
CALLBACK_ID: Final = "call_results"

# Of one call; a message holds some 10,000 characters.
_ARGUMENTS: Final = 2_500
_RESULT: Final = 1_000
# More fields are not asked for in one modal, nor more calls shown in one message.
MOST_SHOWN: Final = 10
# What a Slack input holds.
LONGEST_RESULT: Final = 3_000


class CallPlace(msgspec.Struct, frozen=True):
    """What the modal carries: where the call stands, and whose answer it is."""

    channel: str
    thread_ts: str
    message_ts: str
    conversation: str
    asked_ts: str


def calls(conversation_id: str, asked_ts: str, called: Sequence[ToolCall]) -> Message:
    """In the thread, for whoever can say what the functions return."""
    text = texts.calls(len(called))
    value = about(conversation_id, asked_ts)
    return message(
        f"{text} {', '.join(call.name for call in called)}",
        [
            section(text),
            *shown_calls(called),
            actions(
                button(texts.give_result_button(), GIVE_RESULT, value, style="primary"),
                button(texts.go_on_without_button(), GO_ON_WITHOUT, value),
            ),
            *footer(conversation_id, asked_ts),
        ],
    )


def answered_calls(called: FunctionCalls, person_id: str, place: CallPlace) -> Message:
    """In place of `calls`, once the model goes on."""
    text = texts.gone_on_without(person(person_id)) if called.waiting else texts.results_given(person(person_id))
    below = footer(place.conversation, place.asked_ts)
    return message(text, [*shown_calls(called.calls, called.results), context(text), *below])


def result_modal(called: FunctionCalls, place: CallPlace) -> View:
    """One field for each call that has no result yet."""
    blocks: list[Block] = []
    for number, call in enumerate(called.calls):
        if call.id in called.results or len(blocks) == 2 * MOST_SHOWN:
            continue
        blocks += [
            section(f"{code(call.name)}\n{code_block(pretty(call.arguments), _ARGUMENTS)}"),
            InputBlock(
                block_id=str(number),
                label=plain(texts.result_input(call.name), HINT),
                element=PlainTextInputElement(action_id="result", multiline=True, max_length=LONGEST_RESULT),
                hint=plain(texts.result_hint(), HINT),
            ),
        ]
    return modal(
        texts.result_title(),
        blocks,
        callback_id=CALLBACK_ID,
        submit=texts.give_result_submit(),
        private_metadata=msgspec.json.encode(place).decode(),
    )


def read_results(values: Mapping[str, Mapping[str, Mapping[str, Any]]], called: Sequence[ToolCall]) -> dict[str, str]:
    """What was filled in, by the ids of the calls."""
    entered = {number: values.get(str(number), {}).get("result", {}).get("value") for number in range(len(called))}
    return {called[number].id: str(value) for number, value in entered.items() if value is not None}


def shown_calls(called: Sequence[ToolCall], results: Mapping[str, str] | None = None) -> list[Block]:
    shown: list[Block] = []
    for call in called[:MOST_SHOWN]:
        text = f"{code(call.name)}\n{code_block(pretty(call.arguments), _ARGUMENTS)}"
        if results and call.id in results:
            text += f"\n{texts.returned()}\n{code_block(results[call.id], _RESULT)}"
        shown.append(section(text))
    if len(called) > MOST_SHOWN:
        shown.append(context(texts.more_calls(len(called) - MOST_SHOWN)))
    return shown


def pretty(arguments: str) -> str:
    """Indented where it is JSON; else as the model wrote it."""
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False, indent=2)
    except ValueError:
        return arguments
