"""The modal that asks what would have been right, and what came of it."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import Block, CheckboxesElement, InputBlock, MarkdownBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.conversations.answers import GivenAnswer
from bot.errors import Invalid
from bot.feedback.feedback import Corrected, Correction, Names
from bot.feedback.rating import Rating, Reason, Why
from bot.models.names import short_name
from bot.providers.chat import ToolCall
from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, line, message, option, plain, section
from handlers.blocks.text import bold, code, escape, person, pieces, quoted, size
from handlers.chat.blocks import stream_text
from handlers.chat.call_blocks import MOST_SHOWN, pretty, shown_calls
from handlers.chat.markdown import cut
from texts import feedback as texts
from texts.formats import enumerated, labelled, sentences
from texts.thread_examples import waits_for_review
from training_files.tools import LONGEST_NAME

CORRECT: Final = "answer_correct"

_ROOM: Final = 3_000  # characters of a text input
_MOST: Final = 20  # inputs: 60,000 characters
_TEXT: Final = "text"
_WHY: Final = "why"
_COMMENT: Final = "comment"
_NAME: Final = "name"
_ARGUMENTS: Final = "arguments"
_LONGEST_COMMENT: Final = 1_000
_SHOWN: Final = 2_000  # characters of a correction in the thread


class About(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the modal carries along: which answer, where it stands, when what the person saw was edited, and a digest of
    that: somebody else may have corrected it by the time it is sent."""

    channel: str
    conversation_id: str
    asked_ts: str
    seen_at: float | None = None
    seen: str = ""


class Entered(msgspec.Struct, frozen=True):
    """What was filled in. `is_changed`: something else than stood there. `why`: nothing where it was not asked.
    `calls`: name and arguments of each call for which there are fields, by its number."""

    about: About
    text: str
    is_changed: bool
    why: Why
    calls: dict[int, tuple[str, str]] = {}

    def correction(self, answer: GivenAnswer) -> Correction:
        """Calls without fields stay as they are."""
        calls = []
        for number, call in enumerate(answer.answer.tool_calls):
            name, arguments = self.calls.get(number, (call.name, call.arguments))
            same = arguments.strip() == pretty(call.arguments).strip()
            calls.append(ToolCall(call.id, name.strip(), call.arguments if same else _one_line(arguments)))
        return Correction(self.text, tuple(calls))


def correct_modal(answer: GivenAnswer, *, rated_bad: bool) -> View:
    """Whoever found it bad is also asked what was wrong."""
    conversation = answer.conversation
    note = texts.private_needs_agreement() if conversation.private else ""
    texts_shown = pieces(answer.answer.content, _ROOM)[:_MOST]
    # Reasons alone will do below a thumb; an answer that calls functions need say nothing; the end may be left out.
    may_be_empty = rated_bad or bool(answer.answer.tool_calls)
    inputs = [
        InputBlock(
            block_id=f"{_TEXT}/{number}",
            label=plain(texts.goes_on_label() if number else texts.answer_label(), HINT),
            element=PlainTextInputElement(
                action_id=_TEXT, multiline=True, max_length=_ROOM, initial_value=piece or None
            ),
            optional=may_be_empty or number > 0,
        )
        for number, piece in enumerate(texts_shown)
    ]
    calls = dict(_shown_calls(answer))
    seen = _digest(texts_shown, calls)
    about = About(conversation.channel, conversation.id, answer.asked_ts, answer.answer.edited_at, seen)
    return modal(
        texts.title(),
        [section(sentences(texts.intro(), note)), *(_why() if rated_bad else ()), *inputs, *_calls(calls)],
        callback_id=CORRECT,
        submit=texts.send_button(),
        private_metadata=msgspec.json.encode(about).decode(),
    )


def read(view: Mapping[str, Any]) -> Entered:
    values: dict[str, dict[str, dict[str, Any]]] = (view.get("state") or {}).get("values") or {}

    def value(block_id: str, of: str = "value") -> Any:
        return values.get(block_id, {}).get(block_id.partition("/")[0], {}).get(of)

    written: list[str] = []
    while (block_id := f"{_TEXT}/{len(written)}") in values:
        written.append(str(value(block_id) or ""))
    reasons = tuple(Reason(chosen["value"]) for chosen in value(_WHY, "selected_options") or ())
    why = Why(reasons, str(value(_COMMENT) or "").strip())
    numbers = [int(block_id.partition("/")[2]) for block_id in values if block_id.startswith(f"{_NAME}/")]
    calls = {
        number: (str(value(f"{_NAME}/{number}") or ""), str(value(f"{_ARGUMENTS}/{number}") or ""))
        for number in numbers
    }
    about = msgspec.json.decode(view["private_metadata"], type=About)
    return Entered(about, "".join(written), _digest(written, calls) != about.seen, why, calls)


FIELD: Final = f"{_TEXT}/0"


def field_of(error: Invalid) -> str:
    """The block below which it is said what is wrong."""
    in_call = re.search(r"\btool_calls\[(\d+)\]\.function\.(name|arguments)", str(error.values.get("at")))
    return f"{in_call[2]}/{in_call[1]}" if in_call else FIELD


def names(model: str) -> Names:
    name = short_name(model)
    return Names(texts.corrections(name), texts.preferences(name))


def rated(rating: bool | None, ratings: Sequence[Rating]) -> Message:
    return line(sentences(texts.withdrawn() if rating is None else texts.thanks(), _so_far(ratings)))


def reasons_kept() -> Message:
    return line(texts.reasons_kept())


def ratings(found: Sequence[Rating]) -> Message:
    """How many are for it and against it, and what each person says was wrong."""
    if not found:
        return line(texts.nobody_rated())
    reasons = [labelled(person(one.user), _said(one.why)) for one in found if one.why]
    return line("\n".join([_so_far(found), *reasons]))


def went_to(done: Corrected) -> Message:
    corrections, pair = done.example.collection.name, done.pair
    if pair is None:
        said = texts.went_without_pair(bold(escape(corrections)), done.example.size)
        see = texts.see_corrections(_view(corrections))
    else:
        preferences = pair.collection.name
        said = texts.went_to(bold(escape(corrections)), done.example.size, bold(escape(preferences)), pair.size)
        see = texts.see(_view(corrections), _view(preferences))
    others = ""
    if done.meanwhile is not None:
        tell = texts.yours_holds if done.holds else texts.theirs_holds
        others = tell(person(done.meanwhile))
    review = done.example.review or (pair is not None and pair.review)
    return line(sentences(said, waits_for_review() if review else "", others, see))


def corrected(user: str, correction: Correction, *, holds: bool) -> Message:
    said = (texts.corrected if holds else texts.corrected_before)(person(user))
    blocks: list[Block] = [section(said)]
    if correction.text.strip():
        shown = stream_text(correction.text)
        if size(shown) > _SHOWN:
            shown = f"{cut(shown, _SHOWN)[0]}\n…"
        blocks.append(MarkdownBlock(text=shown))
    words = [correction.text, *(call.name for call in correction.calls)]
    return message(f"{said}\n{quoted(' '.join(words), _SHOWN)}", [*blocks, *shown_calls(correction.calls)])


def _view(collection: str) -> str:
    return code(f"/finetune datasets {collection}", 250)


def _shown_calls(answer: GivenAnswer) -> Iterator[tuple[int, tuple[str, str]]]:
    """Name and arguments of each call that fits into fields, by its number."""
    for number, call in enumerate(answer.answer.tool_calls[:MOST_SHOWN]):
        arguments = pretty(call.arguments)
        if size(arguments) <= _ROOM and len(call.name) <= LONGEST_NAME:
            yield number, (call.name, arguments)


def _digest(texts: Sequence[str], calls: Mapping[int, tuple[str, str]]) -> str:
    """Of what stands in the fields, each of which Slack may have trimmed."""
    said = [*texts, *(part for _, call in sorted(calls.items()) for part in call)]
    trimmed = [one.strip().replace("\r\n", "\n") for one in said]
    return hashlib.sha256(msgspec.json.encode(trimmed)).hexdigest()[:16]


def _calls(calls: Mapping[int, tuple[str, str]]) -> Iterator[Block]:
    for number, (name, arguments) in calls.items():
        yield InputBlock(
            block_id=f"{_NAME}/{number}",
            label=plain(texts.call_label(number + 1), HINT),
            element=PlainTextInputElement(action_id=_NAME, max_length=LONGEST_NAME, initial_value=name or None),
        )
        yield InputBlock(
            block_id=f"{_ARGUMENTS}/{number}",
            label=plain(texts.arguments_label(number + 1), HINT),
            element=PlainTextInputElement(
                action_id=_ARGUMENTS, multiline=True, max_length=_ROOM, initial_value=arguments or None
            ),
        )


def _one_line(arguments: str) -> str:
    """As models write them; what is no JSON as it was typed, for the check to say so."""
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False)
    except ValueError:
        return arguments


def _why() -> Iterator[Block]:
    yield InputBlock(
        block_id=_WHY,
        label=plain(texts.why_label(), HINT),
        element=CheckboxesElement(action_id=_WHY, options=[option(texts.reason(one), one) for one in Reason]),
        optional=True,
    )
    yield InputBlock(
        block_id=_COMMENT,
        label=plain(texts.comment_label(), HINT),
        element=PlainTextInputElement(action_id=_COMMENT, multiline=True, max_length=_LONGEST_COMMENT),
        optional=True,
    )


def _so_far(ratings: Sequence[Rating]) -> str:
    good = sum(one.good for one in ratings)
    return texts.rated_so_far(good, len(ratings) - good) if ratings else ""


def _said(why: Why) -> str:
    reasons = [texts.reason(one) for one in why.reasons]
    return enumerated([*reasons, *([quoted(why.comment, _LONGEST_COMMENT)] if why.comment else [])])
