"""The window in which is said what a teacher model is to write. What that would cost stands in it, and follows the
teacher and the number."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import (
    Block,
    ExternalDataSelectElement,
    InputBlock,
    PlainTextInputElement,
    StaticSelectElement,
)
from slack_sdk.models.blocks.basic_components import DispatchActionConfig
from slack_sdk.models.blocks.block_elements import FileInputElement
from slack_sdk.models.views import View

from bot.errors import Invalid
from bot.generation.generation import GenerationRequest, Instructions, Pair, Topic
from bot.generation.generations import require_sensible
from handlers.blocks.modals import modal
from handlers.blocks.model_name import model_options
from handlers.blocks.parts import HINT, PLACEHOLDER, context, option, plain, section
from handlers.blocks.text import clean, size
from texts import generation as texts
from texts.errors import sentence
from texts.evaluations import question

CALLBACK_ID: Final = "generate"
TEACHER: Final = "generate_teacher"
N: Final = "generate_n"
CHANGES: Final = (TEACHER, N)
"""The fields on whose change the plan is made anew, by action_id."""
_TOPICS: Final = "topics"
_DOCUMENT: Final = "document"
_DOCUMENT_TYPES: Final = ["txt", "md", "markdown", "json"]
_ROLES: Final = "roles"
_STYLE: Final = "style"
_IMITATE: Final = "imitate"
_UNANSWERABLE: Final = "unanswerable"
_SYSTEM: Final = "system"
_DEFAULT_N: Final = 100
_SHARES: Final = (0.0, 0.1, 0.2, 0.3)
# A Slack input holds 3,000 characters.
_LONG: Final = 3_000

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""As Slack sends them: `view["state"]["values"]`, by block_id and action_id."""


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the window carries: where it was opened."""

    channel: str
    thread_ts: str | None = None


class Form(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands in the fields, as it was typed."""

    teacher: str = ""
    n: str = str(_DEFAULT_N)
    topics: str = ""
    roles: str = ""
    style: str = ""
    imitate: str = ""
    unanswerable: float = 0.0
    system: str = ""

    @property
    def request(self) -> GenerationRequest:
        """Raises Invalid."""
        return GenerationRequest(
            Instructions(
                teacher=self.teacher,
                n=_count(self.n),
                roles=_lines(self.roles),
                style=self.style,
                imitate=_pairs(self.imitate),
                unanswerable=self.unanswerable,
                system=self.system,
            ),
            tuple(Topic(one) for one in _lines(self.topics)),
        )


def generation_modal(state: State, form: Form, names: Mapping[str, str], plan: str) -> View:
    """`names`: what the teacher is called, by its id. `plan` is mrkdwn; "" where there is none yet."""
    blocks: list[Block] = [
        _teacher(form.teacher, names),
        _n(form.n),
        section(plan) if plan else context(texts.choose_first()),
        _text(_TOPICS, texts.topics_field(), form.topics),
        _document(),
        _text(_ROLES, texts.roles_field(), form.roles),
        _text(_STYLE, texts.style_field(), form.style),
        _text(_IMITATE, texts.imitate_field(), form.imitate),
        _share(form.unanswerable),
        _text(_SYSTEM, texts.system_field(), form.system),
    ]
    return modal(
        texts.modal_title(),
        blocks,
        callback_id=CALLBACK_ID,
        submit=texts.start_button(),
        close=question.not_now_button(),
        private_metadata=msgspec.json.encode(state).decode(),
    )


def state_of(view: Mapping[str, Any]) -> State:
    return msgspec.json.decode(view["private_metadata"], type=State)


def read(values: Values) -> Form:
    share = (_field(values, _UNANSWERABLE).get("selected_option") or {}).get("value")
    return Form(
        teacher=str((_field(values, TEACHER).get("selected_option") or {}).get("value") or ""),
        n=_typed(values, N),
        topics=_typed(values, _TOPICS),
        roles=_typed(values, _ROLES),
        style=_typed(values, _STYLE),
        imitate=_typed(values, _IMITATE),
        unanswerable=float(share or 0.0),
        system=_typed(values, _SYSTEM),
    )


def document(values: Values) -> dict[str, Any] | None:
    """Slack's file, from which topics are to be drawn."""
    return next(iter(_field(values, _DOCUMENT).get("files") or ()), None)


def wrong(values: Values) -> dict[str, str]:
    """A sentence for each field that is wrong, by block_id."""
    form = read(values)
    if document(values) is not None and not form.topics:
        form = msgspec.structs.replace(form, topics=_TOPICS)  # they are drawn later
    try:
        require_sensible(form.request)
    except Invalid as error:
        return {N if error.field == "n" else str(error.field): sentence(error)}
    return {}


def _teacher(chosen: str, names: Mapping[str, str]) -> InputBlock:
    label, placeholder, hint = texts.teacher_field()
    return InputBlock(
        block_id=TEACHER,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=ExternalDataSelectElement(
            action_id=TEACHER,
            placeholder=plain(placeholder, PLACEHOLDER),
            initial_option=next(iter(model_options({chosen: names.get(chosen, chosen)})), None) if chosen else None,
            min_query_length=0,
        ),
        dispatch_action=True,
    )


def _n(typed: str) -> InputBlock:
    label, hint = texts.n_field()
    return InputBlock(
        block_id=N,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=PlainTextInputElement(
            action_id=N,
            initial_value=typed or None,
            max_length=20,
            dispatch_action_config=DispatchActionConfig(trigger_actions_on=["on_character_entered"]),
        ),
        dispatch_action=True,
    )


def _document() -> InputBlock:
    label, hint = texts.document_field()
    return InputBlock(
        block_id=_DOCUMENT,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=FileInputElement(action_id=_DOCUMENT, filetypes=_DOCUMENT_TYPES, max_files=1),
        optional=True,
    )


def _text(name: str, label_and_hint: tuple[str, str], typed: str) -> InputBlock:
    label, hint = label_and_hint
    return InputBlock(
        block_id=name,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=PlainTextInputElement(
            action_id=name,
            multiline=True,
            initial_value=clean(typed) if 0 < size(typed) <= _LONG else None,
            max_length=_LONG,
        ),
        optional=True,
    )


def _share(chosen: float) -> InputBlock:
    label, hint = texts.unanswerable_field()
    options = {share: option(texts.share_option(share), str(share)) for share in _SHARES}
    return InputBlock(
        block_id=_UNANSWERABLE,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=StaticSelectElement(
            action_id=_UNANSWERABLE,
            options=list(options.values()),
            initial_option=options.get(chosen, options[0.0]),
        ),
    )


def _field(values: Values, name: str) -> Mapping[str, Any]:
    return (values.get(name) or {}).get(name) or {}


def _typed(values: Values, name: str) -> str:
    return str(_field(values, name).get("value") or "").strip()


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _pairs(text: str) -> tuple[Pair, ...]:
    """A question on a line, its answer below, an empty line between two. Raises Invalid."""
    pairs = []
    for one in re.split(r"\n\s*\n", text.strip()):
        question, _, answer = one.strip().partition("\n")
        if not question:
            continue
        if not answer.strip():
            raise Invalid("imitated_without_answer", _IMITATE, question=question[:100])
        pairs.append(Pair(question.strip(), answer.strip()))
    return tuple(pairs)


def _count(typed: str) -> int:
    """Raises Invalid."""
    digits = re.sub(r"[\s,，]", "", typed)
    if not re.fullmatch(r"\d{1,6}", digits):
        raise Invalid("not_a_count", N, name="n", value=typed)
    return int(digits)
