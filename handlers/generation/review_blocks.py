"""What a teacher wrote, to be looked over: what came of it, a sample, and the window in which an example is edited."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.generation.generation import Counts, Draft, Generation
from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.model_name import named
from handlers.blocks.parts import HINT, actions, button, context, message, plain, section
from handlers.blocks.text import bold, clean, pieces, quoted
from handlers.generation.card import left_out
from texts import collections
from texts import generation as texts

SAMPLE: Final = "generation_sample"
KEEP_ALL: Final = "generation_keep"
KEEP: Final = "generated_keep"
EDIT: Final = "generated_edit"
DROP: Final = "generated_drop"
AGAIN: Final = "generated_again"
_QUESTION: Final = "question"
_ANSWER: Final = "answer"
_SHOWN: Final = 600
_LONG: Final = 3_000


class Spot(msgspec.Struct, frozen=True):
    """One example of a generation, as somebody has seen it; what its buttons bring back."""

    generation: str
    number: int
    version: str

    @property
    def value(self) -> str:
        return f"{self.generation} {self.number} {self.version}"


def read_spot(value: str) -> Spot:
    generation, number, version = value.split(" ")
    return Spot(generation, int(number), version)


class About(msgspec.Struct, frozen=True):
    """What the window carries: which example (a spot's value), and where it was opened."""

    channel: str
    spot: str
    thread_ts: str | None = None


def result(generation: Generation, counts: Counts) -> Message:
    """In the thread, once it has finished."""
    text = texts.finished(counts.kept, named(generation.teacher))
    lines = [bold(text)]
    if counts.kept < generation.instructions.n and generation.exhausted:
        lines.append(texts.fewer(counts.kept, generation.instructions.n))
    return message(
        text,
        [
            section("\n".join([*lines, *left_out(counts)])),
            context(texts.look_first()),
            actions(
                button(texts.sample_button(), SAMPLE, generation.id, style="primary"),
                button(texts.keep_all_button(), KEEP_ALL, generation.id),
            ),
        ],
    )


def sample(generation_id: str, drafts: Sequence[Draft], seen: int, of: int) -> Message:
    text = texts.reviewed(seen, of)
    if not drafts:
        blocks: list[Block] = [
            section(texts.all_seen()),
            actions(button(texts.keep_all_button(), KEEP_ALL, generation_id, style="primary")),
        ]
        return message(texts.all_seen(), blocks)
    blocks = [context(text)]
    for draft in drafts:
        blocks += _draft(generation_id, draft)
    blocks.append(actions(button(texts.keep_all_button(), KEEP_ALL, generation_id)))
    return message(text, blocks)


def edit_modal(draft: Draft, about: About) -> View:
    return modal(
        texts.edit_title(),
        [
            _input(_QUESTION, texts.question_label(), draft.question),
            _input(_ANSWER, texts.answer_label(), draft.answer),
        ],
        callback_id=EDIT,
        submit=texts.save_button(),
        private_metadata=msgspec.json.encode(about).decode(),
    )


def fits_window(draft: Draft) -> bool:
    """Whether it can be edited there without losing words."""
    return max(len(clean(draft.question)), len(clean(draft.answer))) <= _LONG


def read_about(view: Mapping[str, Any]) -> About:
    return msgspec.json.decode(view["private_metadata"], type=About)


def read_edited(view: Mapping[str, Any]) -> tuple[str, str]:
    """Question and answer."""
    values = view["state"]["values"]
    question, answer = (str(values[name][name].get("value") or "") for name in (_QUESTION, _ANSWER))
    return question, answer


def _draft(generation_id: str, draft: Draft) -> Iterator[Block]:
    spot = Spot(generation_id, draft.number, draft.version).value
    lines = [
        collections.asks(quoted(draft.question, _SHOWN)),
        collections.answers(quoted(draft.answer, _SHOWN)),
    ]
    yield section("\n".join(lines))
    if not draft.answerable:
        yield context(texts.unanswerable())
    yield actions(
        button(texts.keep_button(), KEEP, spot, style="primary"),
        button(texts.edit_button(), EDIT, spot),
        button(texts.again_button(), AGAIN, spot),
        button(texts.drop_button(), DROP, spot, style="danger"),
    )


def _input(name: str, label: str, text: str) -> InputBlock:
    return InputBlock(
        block_id=name,
        label=plain(label, HINT),
        element=PlainTextInputElement(
            action_id=name, multiline=True, max_length=_LONG, initial_value=pieces(clean(text), _LONG)[0] or None
        ),
    )
